#include "pipeline/campaign/status.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/natural_order.h"
#include "base/text_file.h"
#include "pipeline/campaign/campaign_folder.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/participant_json.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

// "2026-11-27T09:10:11Z"
std::optional<long> seconds_of(const std::string& utc) {
  std::tm parts{};
  const char* end = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&parts);
}

void take_line(const Json& line, LogFacts& facts) {
  const std::string event = text_member(line, "event");
  if (event == "group") {
    facts.reports_made = facts.reports_current = true;
    return;
  }
  const bool known = event == "start" || event == "participant" || event == "interrupted";
  if (!known || !line.contains("process") || !line["process"].is_number_integer()) return;
  LoggedProcess& process = facts.processes[{text_member(line, "host"), line["process"].get<long>()}];
  const auto time = seconds_of(text_member(line, "time"));
  if (event == "start") {
    process = {time, std::nullopt, 0, ""};  // the number may have been another's before
    facts.dataset = text_member(line, "dataset");
  } else if (event == "interrupted") {
    process.interrupted_by = text_member(line, "signal");
  } else if (text_member(line, "state") != "up to date") {
    facts.reports_current = false;
    if (text_member(line, "state") != "measured") return;
    process.last_participant = time;
    ++process.participants;
  }
}

std::string words_of(const LockHolder& holder) {
  return "machine " + holder.host + ", process " + std::to_string(holder.process) + ", since " + holder.since;
}

std::string why_stopped(const LockHolder& holder, const LogFacts& log) {
  const auto process = log.processes.find({holder.host, holder.process});
  const std::string signal = process == log.processes.end() ? "" : process->second.interrupted_by;
  if (signal == "SIGTERM") return "interrupted by a time limit or scancel (SIGTERM): " + words_of(holder);
  if (!signal.empty()) return "interrupted (" + signal + "): " + words_of(holder);
  return "killed without a word (memory limit, power, kill -9): " + words_of(holder);
}

ParticipantProgress progress_of(const std::string& id, const CampaignFacts& facts) {
  const auto lock = facts.locks.find(id);
  const bool has_report = facts.with_report.contains(id);
  if (lock != facts.locks.end() && lock->second.held) return {id, Progress::running, words_of(lock->second.holder)};
  // A lock that nobody holds is younger than any record of a failure: who fails takes it away.
  if (lock != facts.locks.end() && !has_report)
    return {id, Progress::stopped, why_stopped(lock->second.holder, facts.log)};
  if (const auto failure = facts.failures.find(id); failure != facts.failures.end())
    return {id, Progress::failed, failure->second.reason};
  return {id, has_report ? Progress::done : Progress::waiting, ""};
}

// Of one process, for one participant; empty where none has measured anybody.
std::optional<double> seconds_a_participant(const LogFacts& log) {
  double seconds = 0;
  std::size_t participants = 0;
  for (const auto& [name, process] : log.processes) {
    if (!process.started || !process.last_participant || process.participants == 0) continue;
    seconds += static_cast<double>(std::max(0L, *process.last_participant - *process.started));
    participants += process.participants;
  }
  if (participants == 0) return std::nullopt;
  return seconds / static_cast<double>(participants);
}

std::string about(double seconds) {
  constexpr double minute = 60, hour = 3600, day = 86400;
  const auto rounded = [&](double unit) {
    return std::to_string(std::lround(std::max(1.0, std::ceil(seconds / unit))));
  };
  if (seconds < 2 * minute) return rounded(1) + " s";
  if (seconds < 2 * hour) return rounded(minute) + " min";
  if (seconds < 2 * day) return rounded(hour) + " h";
  return rounded(day) + " days";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string table_of(const std::vector<const ParticipantProgress*>& rows) {
  constexpr std::size_t state_width = 9;
  std::size_t id_width = std::string("participant").size();
  for (const auto* row : rows) id_width = std::max(id_width, row->participant_id.size());
  std::string text = padded("participant", id_width + 2) + padded("state", state_width) + "why\n";
  for (const auto* row : rows) {
    std::string line =
        padded(row->participant_id, id_width + 2) + padded(in_words(row->progress), state_width) + one_line(row->why);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// The dataset's participants; those that OUT itself knows of where it cannot be read.
std::vector<std::string> participants_of(const std::string& dataset, const CampaignFacts& known,
                                         std::vector<std::string>& warnings) {
  if (!dataset.empty()) {
    try {
      std::vector<std::string> ids;
      const Dataset read = read_dataset(dataset, {});
      for (const auto& participant : read.participants) ids.push_back(participant.participant_id);
      return ids;
    } catch (const Error& error) {
      warnings.push_back(std::string("Who is still to be measured is not known: ") + error.what());
    }
  } else {
    warnings.push_back("Who is still to be measured is not known: the log names no dataset.");
  }
  std::set<std::string> ids = known.with_report;
  for (const auto& [id, failure] : known.failures) ids.insert(id);
  for (const auto& [id, lock] : known.locks) ids.insert(id);
  std::vector<std::string> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end(), natural_less);
  return sorted;
}

std::set<std::string> reports_in(const fs::path& out) {
  std::set<std::string> ids;
  std::error_code error, other;
  for (fs::directory_iterator it(out, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("sub-") && fs::is_regular_file(out / participant_json_path(name), other)) ids.insert(name);
  }
  return ids;
}

}  // namespace

const char* in_words(Progress progress) {
  switch (progress) {
    case Progress::done:
      return "done";
    case Progress::running:
      return "running";
    case Progress::failed:
      return "failed";
    case Progress::stopped:
      return "stopped";
    case Progress::waiting:
      return "waiting";
  }
  return "";
}

LogFacts log_facts(std::istream& log, const std::string& name) {
  LogFacts facts;
  for (std::string text; read_line(log, text, most_json_bytes, name);)
    if (const Json line = parse_json(text); line.is_object()) take_line(line, facts);
  return facts;
}

std::size_t CampaignStatus::count(Progress progress) const {
  return static_cast<std::size_t>(std::count_if(participants.begin(), participants.end(),
                                                [&](const auto& each) { return each.progress == progress; }));
}

CampaignStatus status_of(const CampaignFacts& facts) {
  CampaignStatus status;
  status.reports_made = facts.log.reports_made;
  status.reports_current = facts.log.reports_current;
  for (const std::string& id : facts.participants) status.participants.push_back(progress_of(id, facts));
  std::set<ProcessName> at_work;
  for (const auto& [id, lock] : facts.locks)
    if (lock.held) at_work.insert({lock.holder.host, lock.holder.process});
  status.processes = at_work.size();
  // Those under way are half done, taken together.
  const double left = static_cast<double>(status.count(Progress::waiting) + status.count(Progress::stopped)) +
                      0.5 * static_cast<double>(status.count(Progress::running));
  const auto each = seconds_a_participant(facts.log);
  if (each && left > 0 && !at_work.empty()) status.seconds_left = left * *each / static_cast<double>(at_work.size());
  return status;
}

ReadStatus read_status(const fs::path& out) {
  std::error_code error;
  if (!fs::is_directory(out / "logs", error))
    throw InputError("There is no run of Wane in " + out.string() +
                     ": name the output folder of wane run or wane slurm.");
  require_output_folder(out);
  CampaignFacts facts;
  // Locks first: who finishes meanwhile has a report when that is looked for.
  facts.locks = participant_locks(out);
  for (const std::string& id : participants_with_failures(out)) facts.failures[id] = recorded_failure(out, id);
  facts.with_report = reports_in(out);
  std::ifstream log(out / "logs" / "run.jsonl", std::ios::binary);
  facts.log = log_facts(log, (out / "logs" / "run.jsonl").string());
  ReadStatus read;
  read.dataset = facts.log.dataset;
  std::set<std::string> asked;
  if (const auto campaign = latest_campaign(out)) {
    read.dataset = campaign->record.dataset;
    asked.insert(campaign->record.asked.begin(), campaign->record.asked.end());
  }
  facts.participants = participants_of(read.dataset, facts, read.warnings);
  if (!asked.empty())
    std::erase_if(facts.participants, [&](const std::string& id) {
      return !asked.contains(id) && !facts.with_report.contains(id) && !facts.failures.contains(id) &&
             !facts.locks.contains(id);
    });
  read.status = status_of(facts);
  return read;
}

std::string status_text(const ReadStatus& read, const fs::path& out, bool all) {
  constexpr std::size_t state_width = 10;
  const CampaignStatus& status = read.status;
  std::string text;
  for (const Progress progress :
       {Progress::done, Progress::running, Progress::failed, Progress::stopped, Progress::waiting})
    text += padded(in_words(progress), state_width) + std::to_string(status.count(progress)) + "\n";
  text += padded("all", state_width) + std::to_string(status.participants.size()) + "\n";
  std::vector<const ParticipantProgress*> rows;
  for (const auto& each : status.participants)
    if (all || (each.progress != Progress::done && each.progress != Progress::waiting)) rows.push_back(&each);
  if (!rows.empty()) text += "\n" + table_of(rows);
  text += "\n";
  const std::size_t undone = status.participants.size() - status.count(Progress::done);
  if (status.seconds_left)
    text += "Time left: about " + about(*status.seconds_left) + " at the pace so far, " +
            std::to_string(status.processes) + (status.processes == 1 ? " process" : " processes") + " at work.\n";
  else if (status.processes > 0)
    text += "Time left: not known before the first participant is done.\n";
  else if (undone > 0)
    text +=
        "Nobody is being measured now. The same command as before measures who is missing: wane run, or wane slurm "
        "--submit.\n";
  else
    text += "Everybody is measured.\n";
  if (!status.reports_made)
    text += "The trial's reports are not made yet.\n";
  else
    text += status.reports_current ? "The trial's reports are up to date: " + out.string() + "\n"
                                   : "Participants were measured after the trial's reports were made.\n";
  return text;
}

}  // namespace wane
