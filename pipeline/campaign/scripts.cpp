#include "pipeline/campaign/scripts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "pipeline/dataset/shell_words.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr double gigabyte = 1e9;
constexpr std::uint64_t seconds_a_minute = 60, seconds_an_hour = 3600, seconds_a_day = 86400;
// Of the job that makes reports and pages: that of 1,000 people takes minutes and below 1 GB (docs/scaling.md).
constexpr std::uint64_t group_seconds = 2 * seconds_an_hour;
constexpr std::uint64_t group_bytes = 4'000'000'000;
// `wane participant --memory` takes no less: nobody can be measured with it.
constexpr std::uint64_t least_task_bytes = 100'000'000;

std::string whole_mebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + mebibyte - 1) / mebibyte) + "M";
}

// For --memory: never more than was asked for.
std::string gigabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(bytes) / gigabyte);
  return text.data();
}

// sbatch reads such a line as it reads its command line, and a '#' begins a comment.
void require_plain(const std::string& value, const std::string& option) {
  constexpr std::string_view others = "_-.,:/=@+%*[]&|()";
  const auto plain = [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  };
  if (std::all_of(value.begin(), value.end(), plain)) return;
  throw UsageError(option + " \"" + value + "\" cannot be passed on to Slurm: use letters, digits and " +
                   std::string(others) + ".");
}

void add_line(std::string& script, const std::string& option, const std::string& value) {
  if (!value.empty()) script += "#SBATCH --" + option + "=" + value + "\n";
}

std::string head_of(const JobRequest& request, const std::string& name, std::uint64_t memory_bytes,
                    const std::string& time, const std::string& log) {
  std::string script = "#!/bin/bash\n";
  add_line(script, "job-name", name);
  add_line(script, "output", log);
  script += "#SBATCH --open-mode=append\n#SBATCH --requeue\n#SBATCH --nodes=1\n#SBATCH --ntasks=1\n";
  add_line(script, "cpus-per-task", std::to_string(request.cpus));
  add_line(script, "mem", whole_mebibytes(memory_bytes));
  add_line(script, "time", time);
  add_line(script, "partition", request.partition);
  add_line(script, "account", request.account);
  add_line(script, "qos", request.qos);
  for (const std::string& option : request.more) script += "#SBATCH " + option + "\n";
  return script;
}

std::string change_to(const fs::path& folder) {
  return "cd -- " + shell_command({folder.string()});
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::vector<std::string> participant_words(const WaneCall& call, int threads, std::uint64_t memory_bytes) {
  std::vector<std::string> words = {call.program.string(), "participant", call.bids.string(), call.out.string()};
  append(words, call.shared_options);
  append(words, call.participant_options);
  append(words, {"--threads", std::to_string(threads), "--memory", gigabytes(memory_bytes)});
  return words;
}

std::vector<std::string> group_words(const WaneCall& call) {
  std::vector<std::string> words = {call.program.string(), "group", call.bids.string(), call.out.string()};
  append(words, call.shared_options);
  append(words, call.group_options);
  return words;
}

// The whole of `text` as a number; empty where it is none.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  constexpr std::uint64_t most = 1ULL << 40;  // so that what follows cannot overflow
  return number <= most ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto place = text.find(at);
    parts.push_back(text.substr(0, place));
    if (place == std::string_view::npos) return parts;
    text.remove_prefix(place + 1);
  }
}

}  // namespace

void require_plain(const JobRequest& request) {
  require_plain(request.partition, "--partition");
  require_plain(request.account, "--account");
  require_plain(request.qos, "--qos");
  for (const std::string& option : request.more) {
    require_plain(option, "--sbatch");
    if (!option.starts_with("--"))
      throw UsageError("--sbatch \"" + option + "\" is no option: write it as --sbatch=--constraint=haswell.");
  }
}

std::string task_table(const CampaignPlan& plan, const std::vector<ParticipantWork>& work) {
  std::string text;
  for (const CampaignTask& task : plan.tasks) {
    for (const std::size_t place : task.participants)
      text += (place == task.participants.front() ? "" : "\t") + work[place].participant_id;
    text += '\n';
  }
  return text;
}

std::string array_script(const WaneCall& call, const JobRequest& request, std::size_t tasks, const fs::path& table) {
  std::string script = head_of(request, "wane", request.memory_bytes, request.time, "task-%a.log");
  add_line(script, "array", "1-" + std::to_string(tasks));
  // `exec`: the time limit's SIGTERM reaches Wane, which ends in order. The labels go last, because the option takes
  // all words after it.
  script += "set -euo pipefail\n" + change_to(call.folder) +
            "\n"
            "mapfile -t -s $((SLURM_ARRAY_TASK_ID - 1)) -n 1 line <" +
            shell_command({table.string()}) +
            "\n"
            "IFS=$'\\t' read -r -a labels <<<\"${line[0]}\"\n"
            "exec " +
            shell_command(participant_words(call, request.cpus, request.memory_bytes)) +
            " --participant-label \"${labels[@]}\"\n";
  return script;
}

std::string group_script(const WaneCall& call, const JobRequest& asked) {
  const std::uint64_t memory_bytes = asked.memory_bytes == 0 ? group_bytes : asked.memory_bytes;
  const bool shorter = !asked.time.empty() && slurm_time_seconds(asked.time, "--time") < group_seconds;
  const std::string time = shorter ? asked.time : slurm_time(group_seconds);
  return head_of(asked, "wane-group", memory_bytes, time, "group.log") + "set -euo pipefail\n" +
         change_to(call.folder) + "\nexec " + shell_command(group_words(call)) + " --threads " +
         std::to_string(asked.cpus) + "\n";
}

std::string command_list(const WaneCall& call, const CampaignPlan& plan, const std::vector<ParticipantWork>& work,
                         int threads) {
  std::string text;
  for (const CampaignTask& task : plan.tasks) {
    std::vector<std::string> words = participant_words(call, threads, plan.memory_bytes);
    words.emplace_back("--participant-label");
    for (const std::size_t place : task.participants) words.push_back(work[place].participant_id);
    text += change_to(call.folder) + " && " + shell_command(words) + "\n";
  }
  return text;
}

std::string group_command(const WaneCall& call) {
  return change_to(call.folder) + " && " + shell_command(group_words(call)) + "\n";
}

std::string slurm_time(std::uint64_t seconds) {
  const std::uint64_t minutes = (seconds + seconds_a_minute - 1) / seconds_a_minute;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%llu-%02llu:%02llu:00", static_cast<unsigned long long>(minutes / 1440),
                static_cast<unsigned long long>(minutes / 60 % 24), static_cast<unsigned long long>(minutes % 60));
  return text.data();
}

std::uint64_t slurm_memory_bytes(const std::string& text, const std::string& option) {
  constexpr std::string_view units = "KMGT";
  std::string_view digits = text;
  std::uint64_t unit = mebibyte;
  if (!digits.empty()) {
    const auto place = units.find(static_cast<char>(std::toupper(static_cast<unsigned char>(digits.back()))));
    if (place != std::string_view::npos) {
      unit = 1ULL << (10 * (place + 1));
      digits.remove_suffix(1);
    }
  }
  const auto number = number_of(digits);
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  if (number && *number > 0 && *number < most / unit) {
    if (*number * unit >= least_task_bytes) return *number * unit;
    throw UsageError(option + " \"" + text +
                     "\" is less than any participant needs: allow at least 100M, or leave out " + option +
                     " for what the scans need.");
  }
  throw UsageError(option + " \"" + text + "\" is no amount of memory: write 4G or 4000M, as Slurm does.");
}

std::uint64_t slurm_time_seconds(const std::string& text, const std::string& option) {
  const auto refuse = [&] {
    return UsageError(option + " \"" + text +
                      "\" is no time: write minutes, hours:minutes:seconds or days-hours:minutes, as Slurm does.");
  };
  std::string_view clock = text;
  std::optional<std::uint64_t> days;
  if (const auto dash = clock.find('-'); dash != std::string_view::npos) {
    days = number_of(clock.substr(0, dash));
    if (!days) throw refuse();
    clock.remove_prefix(dash + 1);
  }
  std::vector<std::uint64_t> parts;
  for (const std::string_view part : split(clock, ':')) {
    const auto number = number_of(part);
    if (!number) throw refuse();
    parts.push_back(*number);
  }
  if (parts.size() > 3) throw refuse();
  parts.resize(3);
  std::uint64_t seconds = 0;
  if (days || clock.find(':') != clock.rfind(':')) {  // hours first
    seconds = days.value_or(0) * seconds_a_day + parts[0] * seconds_an_hour + parts[1] * seconds_a_minute + parts[2];
  } else {  // minutes first
    seconds = parts[0] * seconds_a_minute + parts[1];
  }
  if (seconds == 0) throw refuse();
  return seconds;
}

}  // namespace wane
