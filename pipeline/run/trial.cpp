#include "pipeline/run/trial.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/natural_order.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/dataset/covariates.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/participants.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/methods.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/quality_table.h"
#include "pipeline/report/tables.h"
#include "pipeline/report/trial_reports.h"
#include "pipeline/report/words.h"
#include "pipeline/run/blinding.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/run/log_before_blinding.h"
#include "pipeline/run/memory.h"
#include "pipeline/run/participant.h"
#include "pipeline/run/participant_guard.h"
#include "pipeline/run/run_log.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kInput = 3;
constexpr double kGigabyte = 1e9;

const char* in_words(ParticipantState state) {
  switch (state) {
    case ParticipantState::computed:
      return "measured";
    case ParticipantState::kept:
      return "up to date";
    case ParticipantState::failed:
      return "failed";
  }
  return "";
}

std::string gigabytes(std::uint64_t bytes) {
  const auto tenths = (bytes + 50'000'000) / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

// A failure outlives the process, so that `wane group` on a cluster can say why a participant has no report.
constexpr const char* failure_ending = "_failure.json";

fs::path failure_file(const fs::path& out, const std::string& participant_id) {
  return out / "logs" / (participant_id + failure_ending);
}

void record_failure(const fs::path& out, const ParticipantOutcome& outcome) {
  const Json json = {
      {"participant_id", outcome.participant_id}, {"reason", outcome.reason}, {"exit_code", outcome.exit_code}};
  write_text_atomically(failure_file(out, outcome.participant_id), json_text(json));
}

void remove_if_there(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
}

// Report, page and images: none is to be taken for this run's.
void remove_result(const fs::path& out, const std::string& participant_id) {
  remove_if_there(report_file(out, participant_id));
  remove_page_of(out, participant_id);
  remove_derivatives(out, participant_id);
}

std::vector<InputFile> reference_files_of(const TrialRequest& request) {
  std::vector<InputFile> files;
  for (const auto& name : template_file_names())
    files.push_back({"template/" + name, sha256_of_file(request.template_folder / name)});
  files.push_back({error_model_file_name, sha256_of_file(request.error_model)});
  return files;
}

std::uint64_t memory_budget(const TrialRequest& request) {
  if (request.memory_gb > 0) return static_cast<std::uint64_t>(request.memory_gb * kGigabyte);
  return available_memory_bytes() / 10 * 8;
}

std::uint64_t estimated_bytes_of(const DatasetParticipant& participant, const RunOptions& options) {
  std::vector<Grid> grids;
  for (const auto& visit : participant.visits) grids.push_back(declared_grid(visit.t1w));
  return estimated_bytes(grids, options);
}

// Of the measurement; what is kept of it, and how the trial's reports are made, do not change it.
std::string measurement_options(const RunOptions& options) {
  Json json = options_json(options);
  json.erase("output");
  json.erase("group");
  return json.dump();
}

QualityRules quality_rules_of(const TrialRequest& request) {
  return {quality_mode_named(request.options.group.quality).value_or(QualityMode::exclude), &request.decisions,
          request.options.quality};
}

// What the participants of one call share.
class TrialProcessor {
 public:
  // `blinding`: as OUT was when `dataset` was made of what may be known.
  TrialProcessor(const Dataset& dataset, const TrialRequest& request, BlindingState blinding, const TrialEvents& events)
      : dataset_(dataset),
        request_(request),
        events_(events),
        reference_{read_template(request.template_folder), read_error_model(request.error_model)},
        reference_files_(reference_files_of(request)),
        rules_(quality_rules_of(request)),
        wanted_(derivatives_named(request.options.output.derivatives).value_or(DerivativesKept::full)),
        log_(request.out),
        blinding_(blinding) {}

  std::vector<ParticipantOutcome> process_all() {
    log_start();
    const std::size_t count = dataset_.participants.size();
    std::vector<std::uint64_t> bytes(count);
    for (std::size_t n = 0; n < count; ++n) bytes[n] = estimated_bytes_of(dataset_.participants[n], request_.options);
    budget_ = memory_budget(request_);
    const WorkPlan plan = plan_work(bytes, request_.threads, budget_);
    say_plan(plan);

    // Where there is no memory left even to say so, it has been said before.
    std::vector<ParticipantOutcome> outcomes;
    for (const auto& participant : dataset_.participants) outcomes.push_back(out_of_memory(participant.participant_id));
    events_.begin(count);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      omp_set_num_threads(plan.threads_each);
      for (std::size_t n; (n = next++) < count;) process_into(outcomes[n], dataset_.participants[n], bytes[n]);
    };
    {
      // Threads of their own and no parallel loop: OpenMP would start the threads of the loops inside anew each time.
      std::vector<std::jthread> others;
      try {
        for (int other = 1; other < plan.participants_at_once; ++other) others.emplace_back(work);
      } catch (const std::system_error&) {
        events_.warn("The machine gives no more threads: " + std::to_string(others.size() + 1) +
                     " participants at once are measured.");
      }
      work();
    }
    omp_set_num_threads(request_.threads);
    if (request_.asked_by_label)
      for (const LeftOut& absent : dataset_.left_out) outcomes.push_back(failure_of(absent));
    log_.add("end", {{"participants", outcomes.size()}, {"exit_code", exit_code_of(outcomes)}});
    return outcomes;
  }

 private:
  void log_start() const {
    log_.add("start", {{"version", request_.program_version},
                       {"command", request_.command_line},
                       {"dataset", fs::absolute(dataset_.folder).string()},
                       {"threads", request_.threads},
                       {"options", options_json(request_.options)}});
  }

  void say_plan(const WorkPlan& plan) const {
    events_.note(std::to_string(dataset_.participants.size()) + " participants, " +
                 std::to_string(plan.participants_at_once) + " at once with " + std::to_string(plan.threads_each) +
                 (plan.threads_each == 1 ? " thread" : " threads") + " each, within " + gigabytes(budget_) +
                 " of memory");
  }

  // Somebody who was asked for and has nothing to measure.
  ParticipantOutcome failure_of(const LeftOut& absent) const {
    const ParticipantOutcome outcome{absent.participant_id, ParticipantState::failed,
                                     "There is nothing to measure: " + absent.reason + ".", kInput};
    log_.add("participant", {{"participant_id", outcome.participant_id},
                             {"state", in_words(outcome.state)},
                             {"reason", outcome.reason},
                             {"inputs", Json::array()}});
    events_.warn(outcome.participant_id + " failed: " + outcome.reason);
    return outcome;
  }

  // Throws nothing: one participant must not end the others. `outcome` is that of too little memory before.
  void process_into(ParticipantOutcome& outcome, const DatasetParticipant& participant, std::uint64_t bytes) noexcept {
    try {
      outcome = process(participant, bytes);
    } catch (const std::bad_alloc&) {
    } catch (...) {
      outcome.reason = "This is a bug in Wane, please report it.";  // shorter than what stands there: needs no memory
      outcome.exit_code = exit_code_bug;
    }
  }

  ParticipantOutcome process(const DatasetParticipant& participant, std::uint64_t bytes) {
    const std::string& id = participant.participant_id;
    Provenance provenance{
        request_.program_version, measurement_options(request_.options), {}, is_sloppy(request_.options)};
    std::optional<OutputLock> lock;
    ParticipantOutcome outcome = outcome_of(id, [&] {
      lock.emplace(locked(id));
      return ParticipantState::kept;
    });
    // Without the lock, what lies there may be another process's.
    bool measuring = false;
    if (lock) outcome = outcome_of(id, [&] { return process_or_keep(participant, bytes, provenance, measuring); });
    // A log that cannot be written (a full disk) must not take the others down; their own files will say so.
    const ParticipantOutcome logged = outcome_of(id, [&] {
      // What was not even begun (the scans' disk is away) leaves an earlier result; the record of the failure says that
      // it does not count until the participant is looked at again.
      if (lock && outcome.state == ParticipantState::failed && lock->still_there()) {
        if (measuring) remove_result(request_.out, id);
        record_failure(request_.out, outcome);
      }
      log_.add("participant", {{"participant_id", id},
                               {"state", in_words(outcome.state)},
                               {"reason", outcome.reason},
                               {"inputs", inputs_json(provenance.inputs)}});
      return outcome.state;
    });
    if (outcome.state != ParticipantState::failed && logged.state == ParticipantState::failed) outcome = logged;
    if (outcome.state == ParticipantState::failed) events_.warn(id + " failed: " + outcome.reason);
    if (outcome.state == ParticipantState::kept) events_.note(id + " is up to date and is not computed again.");
    events_.finished(id);
    return outcome;
  }

  OutputLock locked(const std::string& id) {
    OutputLock lock = lock_participant(request_.out, id);
    if (!lock.holds() && !said_no_locks_.exchange(true))
      events_.warn("The file system of " + request_.out.string() +
                   " has no locks: take care that no other Wane measures the same participants in it.");
    // `wane group --blind` and `wane unblind` wait for those who hold their lock, and for nobody else.
    if (blinding_state(request_.out) != blinding_)
      throw ResourceError("The results in " + request_.out.string() +
                          " were blinded or unblinded meanwhile: run the same command again.");
    const LeftBehind which = lock.holds() ? LeftBehind::all : LeftBehind::abandoned;
    remove_temporary_files_below(request_.out / id, which);
    remove_temporary_files(request_.out / "logs", which, id + "_failure.json");
    return lock;
  }

  // Else the folder would be made anew, with one participant in it and nothing that says whose it is.
  void require_still_there() const {
    std::error_code error;
    if (fs::is_directory(request_.out / "logs", error)) return;
    throw ResourceError("The output folder " + request_.out.string() +
                        " is gone: " + std::strerror(error ? error.value() : ENOENT) +
                        "; bring it back, or run the same command again from the beginning.");
  }

  // Fills in the inputs of `provenance` as soon as they are known; `measuring` is set where an earlier result is let
  // go.
  ParticipantState process_or_keep(const DatasetParticipant& participant, std::uint64_t bytes, Provenance& provenance,
                                   bool& measuring) {
    const std::string& id = participant.participant_id;
    require_links_inside(request_.out, request_.out / id, Depth::all);
    provenance.inputs = scan_files(participant, dataset_.folder);
    provenance.inputs.insert(provenance.inputs.end(), reference_files_.begin(), reference_files_.end());
    if (!request_.force && kept_up_to_date(participant, request_.out, provenance, rules_, wanted_)) {
      remove_if_there(failure_file(request_.out, id));
      return ParticipantState::kept;
    }
    measuring = true;
    remove_result(request_.out, id);
    if (bytes > budget_)
      throw ResourceError("It needs about " + gigabytes(bytes) + " of memory, and " + gigabytes(budget_) +
                          " may be used: allow more with --memory, or use a machine that has it.");
    run_participant(participant, dataset_.folder, request_.out, provenance, reference_, request_.options, rules_,
                    [&](const char* stage, int index) {
                      require_still_there();
                      events_.step(id, stage, index, participant_step_count);
                    });
    remove_if_there(failure_file(request_.out, id));
    return ParticipantState::computed;
  }

  const Dataset& dataset_;
  const TrialRequest& request_;
  const TrialEvents& events_;
  const ReferenceData reference_;
  const std::vector<InputFile> reference_files_;
  const QualityRules rules_;
  const DerivativesKept wanted_;
  const RunLog log_;
  const BlindingState blinding_;
  std::atomic<bool> said_no_locks_ = false;
  std::uint64_t budget_ = 0;
};

// The reason that an earlier `participant` left behind; empty where there is none.
std::string recorded_failure(const fs::path& out, const std::string& participant_id) {
  std::string reason = text_member(json_in_file(failure_file(out, participant_id)), "reason");
  if (reason.empty()) return "";
  while (reason.ends_with('.')) reason.pop_back();
  return "failed: " + reason;
}

std::vector<ParticipantEntry> entries_of(const Dataset& dataset) {
  std::vector<ParticipantEntry> entries;
  for (const auto& participant : dataset.participants)
    entries.push_back({participant.participant_id, participant.dose_group, participant.dose});
  return entries;
}

// Of many inputs the log names the list, which stands in trial_atrophy.json, one line for each input.
constexpr std::size_t most_logged_inputs = 2000;

Json logged_inputs(const std::vector<InputFile>& inputs) {
  if (inputs.size() <= most_logged_inputs) return inputs_json(inputs);
  return Json::array(
      {{{"path", "the " + std::to_string(inputs.size()) + " members of the list inputs in trial_atrophy.json"},
        {"sha256", sha256_of_text(json_line(inputs_json(inputs)))}}});
}

void write_report(const fs::path& out, const ReportText& report) {
  const fs::path file = out / report.path;
  make_folders_inside(out, file.parent_path());
  write_text_atomically(file, report.text);
}

constexpr const char* quality_table_name = "quality";

// Written as it is made: see quality_table.
void write_quality_table(const fs::path& out, const Trial& trial, std::vector<fs::path>& files) {
  const fs::path table = out / (std::string(quality_table_name) + ".tsv");
  write_atomically(table, [&](const fs::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    quality_table(trial, out, [&](const std::string& piece) { stream << piece; });
    stream.close();
    if (!stream) throw_cannot_write(table, errno);
  });
  const fs::path dictionary = out / (std::string(quality_table_name) + ".json");
  write_text_atomically(dictionary, quality_table_head().dictionary);
  files.push_back(table);
  files.push_back(dictionary);
}

// Reports of dose groups that an earlier run wrote and that do not exist any more (renamed, unblinded).
void remove_other_dose_groups(const fs::path& out, const std::vector<fs::path>& written) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(out / "dose-groups", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("dose-") || !name.ends_with("_atrophy.json")) continue;
    if (std::find(written.begin(), written.end(), entry.path()) == written.end()) stale.push_back(entry.path());
  }
  for (const fs::path& file : stale) remove_if_there(file);
}

// Everything that trial_reports writes, and the pages.
void remove_trial_reports(const fs::path& out) {
  remove_pages(out);
  remove_if_there(out / "trial_atrophy.json");
  for (const TrialTable& table : trial_tables)
    for (const char* ending : {".tsv", ".json"}) remove_if_there(out / (std::string(table.name) + ending));
  for (const char* ending : {".tsv", ".json"}) remove_if_there(out / (std::string(quality_table_name) + ending));
  remove_other_dose_groups(out, {});
}

// A dataset as those who are blinded may know it.
struct Blinded {
  Dataset dataset;
  BlindingKey key;
  std::vector<std::string> groups;  // codes
};

// With OUT freed of any dose that an earlier run left there: the trial's reports are removed before they are made anew,
// because that can fail, or be hours away.
Blinded blinded_with_results(const Dataset& dataset, const TrialRequest& request, const TrialEvents& events) {
  // Who is being measured now would get the dose into the report.
  if (blinding_state(request.out) == BlindingState::never) require_nobody_under_way(request.out);
  Blinded known{blinded(dataset), blind(request.blind_key, dataset, request.out), {}};
  for (const auto& warning : known.key.warnings) events.warn(warning);
  known.groups = blinded_groups(dataset, known.key);
  remove_trial_reports(request.out);
  rewrite_doses(known.dataset, request.out);
  return known;
}

// Hashes of tables and of decisions are keyed while blinded. A plan names nobody.
std::vector<InputFile> keyed_where_blinded(std::vector<InputFile> inputs, const Blinded* blinded) {
  if (blinded)
    for (InputFile& input : inputs) input = keyed(input, blinded->key);
  return inputs;
}

// Relative to the dataset where it lies in it.
std::string name_in_dataset(const fs::path& file, const fs::path& dataset) {
  const fs::path relative = file.lexically_relative(dataset);
  return relative.empty() || relative.begin()->string() == ".." ? file.generic_string() : relative.generic_string();
}

// Reports and pages are mailed: where the dataset lies on somebody's machine is nobody's business.
std::string without_folder(std::string text, const fs::path& folder) {
  if (folder.empty()) return text;
  for (const char* before : {"'", " "}) {
    const std::string start = before + (folder / "").string();
    for (std::size_t at = 0; (at = text.find(start, at)) != std::string::npos;) text.replace(at, start.size(), before);
  }
  return text;
}

// Who failed when the participant was last looked at has no report, or one that does not count until then.
std::vector<LeftOut> without_failed(std::vector<ParticipantEntry>& entries, const fs::path& out,
                                    const fs::path& dataset) {
  std::set<std::string> failed;
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (const auto at = name.rfind(failure_ending); at != std::string::npos && name.starts_with("sub-"))
      failed.insert(name.substr(0, at));
  }
  std::vector<LeftOut> left_out;
  std::erase_if(entries, [&](const ParticipantEntry& entry) {
    if (!failed.contains(entry.participant_id)) return false;
    const std::string reason =
        without_folder(without_folder(recorded_failure(out, entry.participant_id), dataset), out);
    if (reason.empty()) return false;
    left_out.push_back({entry.participant_id, entry.dose_group, reason, entry.dose});
    return true;
  });
  return left_out;
}

Trial trial_of(const Dataset& dataset, const TrialRequest& request, CollectedReports& collected) {
  std::vector<ParticipantEntry> entries = entries_of(dataset);
  const std::vector<LeftOut> failed = without_failed(entries, request.out, dataset.folder);
  collected = collect_participant_reports(request.out, entries);
  Trial trial;
  trial.reports = std::move(collected.reports);
  trial.left_out = std::move(collected.left_out);
  trial.dose_unit = dataset.dose_unit;
  trial.warnings = dataset.warnings;
  trial.options = request.options.group;
  for (auto& report : trial.reports) apply_decisions(report, request.decisions);
  mark_same_data(trial.reports);
  if (!request.decisions.file.empty())
    trial.decisions = InputFile{name_in_dataset(request.decisions.file, dataset.folder), request.decisions.sha256};
  trial.warnings.insert(trial.warnings.end(), request.decisions.warnings.begin(), request.decisions.warnings.end());
  trial.left_out.insert(trial.left_out.end(), failed.begin(), failed.end());
  std::stable_sort(trial.left_out.begin(), trial.left_out.end(),
                   [](const LeftOut& a, const LeftOut& b) { return natural_less(a.participant_id, b.participant_id); });
  trial.left_out.insert(trial.left_out.end(), dataset.left_out.begin(), dataset.left_out.end());
  trial.warnings.insert(trial.warnings.end(), collected.warnings.begin(), collected.warnings.end());
  return trial;
}

// The version that reports were made with, where it is another one than this program's.
std::optional<std::string> other_version(const fs::path& report, const std::string& program_version) {
  const Json json = json_in_file(report);
  if (!json.is_object() || !json.contains("version") || json["version"] == program_version) return std::nullopt;
  return json["version"].is_string() ? json["version"].get<std::string>() : "unknown";
}

// The plan that was asked for, else the dataset's own, if it has one.
std::optional<PlanFile> plan_of(const Dataset& dataset, const GroupOptions& options) {
  if (!options.plan.empty()) return read_analysis_plan(options.plan);
  const fs::path own = dataset.folder / "analysis_plan.json";
  std::error_code error;
  if (!fs::exists(own, error)) return std::nullopt;
  return read_analysis_plan(own);
}

std::vector<InputFile> table_inputs(const Dataset& dataset) {
  std::vector<InputFile> inputs;
  for (const TableFile& table : dataset.tables)
    inputs.push_back({table.file.lexically_relative(dataset.folder).generic_string(), table.sha256});
  return inputs;
}

Covariates covariates_of(const Dataset& dataset, const RunOptions& options) {
  std::vector<std::string> ids;
  for (const auto& participant : dataset.participants) ids.push_back(participant.participant_id);
  return read_covariates(dataset.folder, options.dataset, options.group.covariates, ids);
}

// What the user names for the analysis. It is read before anything is changed: a mistake in it changes nothing.
struct AnalysisFiles {
  std::optional<PlanFile> plan;
  Covariates covariates;
  std::vector<CovariateColumn> other_columns;
};

// Of participants' folders the names alone: each is looked into when it is written.
void require_links_of_trial_inside(const fs::path& out) {
  require_links_inside(out, out, Depth::entries);
  for (const char* folder : {"logs", "dose-groups"}) require_links_inside(out, out / folder, Depth::all);
}

AnalysisFiles analysis_files_of(const Dataset& dataset, const RunOptions& options) {
  return {plan_of(dataset, options.group), covariates_of(dataset, options),
          other_columns(dataset.folder, options.dataset)};
}

std::set<std::string> ids_of(const Dataset& dataset) {
  std::set<std::string> ids;
  for (const auto& participant : dataset.participants) ids.insert(participant.participant_id);
  return ids;
}

}  // namespace

std::vector<ParticipantOutcome> process_trial(const Dataset& dataset, const TrialRequest& request,
                                              const TrialEvents& events) {
  request.options.validate();
  make_output_folder(request.out, request.program_version);
  require_links_of_trial_inside(request.out);
  require_nobody_under_way(request.out, ids_of(dataset));
  remove_leftovers(request.out);
  write_derivatives_description(request.out, request.program_version, dataset.folder);
  if (!request.blind_key.empty()) {
    const Blinded known = blinded_with_results(dataset, request, events);
    return TrialProcessor(known.dataset, request, BlindingState::blinded, events).process_all();
  }
  const BlindingState blinding = blinding_state(request.out);
  if (blinding == BlindingState::blinded) {
    const Dataset undosed = blinded(dataset);
    return TrialProcessor(undosed, request, blinding, events).process_all();
  }
  return TrialProcessor(dataset, request, blinding, events).process_all();
}

LookList look_list_of(const std::vector<ParticipantOutcome>& outcomes, const fs::path& out) {
  std::vector<ParticipantReport> reports;
  for (const auto& outcome : outcomes) {
    if (outcome.state == ParticipantState::failed) continue;
    const fs::path file = report_file(out, outcome.participant_id);
    try {
      reports.push_back(parse_participant_json(read_text_file(file, most_json_bytes), file.string()));
    } catch (const InputError&) {
      continue;  // another task is just writing it anew
    }
  }
  return look_list(reports, outcomes.size());
}

int exit_code_of(const std::vector<ParticipantOutcome>& outcomes) {
  int worst = 0;
  std::size_t failed = 0;
  for (const auto& outcome : outcomes) {
    if (outcome.state != ParticipantState::failed) continue;
    ++failed;
    worst = std::max(worst, outcome.exit_code);
  }
  if (failed == 0) return 0;
  return failed < outcomes.size() ? 1 : worst;
}

namespace {

[[noreturn]] void throw_no_report(const fs::path& out) {
  throw InputError("There is no participant's report in " + out.string() +
                   " that can be used: run `wane participant` or `wane run` first.");
}

// Whether everybody was measured with the template that comes with the program.
bool own_template_alone(const CollectedReports& collected, const TrialRequest& request) {
  std::error_code error;
  const fs::path own = request.program_files / template_head;
  return fs::exists(own, error) && collected.template_sha256 == std::set{sha256_of_file(own)};
}

MethodsFacts methods_facts(const CollectedReports& collected, const Json& options, const TrialRequest& request) {
  MethodsFacts facts;
  facts.version = request.program_version;
  facts.measured_versions = {collected.versions.begin(), collected.versions.end()};
  facts.options = json_line(options);
  facts.default_options = json_line(options_json(RunOptions()));
  facts.measured_alike = collected.options.has_value();
  facts.own_template = own_template_alone(collected, request);
  if (!facts.own_template)
    for (const std::string& sha256 : collected.template_sha256)
      if (!sha256.empty()) facts.template_sha256.push_back(sha256);
  facts.drift_measured = collected.drift_measured;
  return facts;
}

WrittenPages write_pages_of(const Dataset& dataset, const TrialAnalysis& analysis,
                            const std::vector<InputFile>& collected, const std::string& trial_report,
                            const Methods& methods, const TrialRequest& request, const TrialEvents& events) {
  // What `wane report` may take, of whatever the machine has: pages are to be made on any laptop.
  constexpr std::uint64_t most_bytes = 1'000'000'000;
  const PagesRequest pages{request.out,
                           request.program_files / "pages",
                           request.program_version,
                           request.threads,
                           std::min(memory_budget(request), most_bytes),
                           &request.decisions};
  return write_pages(dataset, analysis, collected, trial_report, methods, pages, {events.page_made, events.warn});
}

bool wants_pages(const TrialAnalysis& analysis, const TrialRequest& request, const TrialEvents& events) {
  if (!request.pages) return false;
  const std::size_t people = analysis.trial.reports.size();
  if (people <= most_participants_with_pages) return true;
  events.note("There are no pages: browsers do not open those of more than " +
              std::to_string(most_participants_with_pages) + " participants, and this trial has " +
              std::to_string(people) + ".");
  return false;
}

// A log that was changed or cut off may hide a look at the results.
void warn_of_a_broken_log(const fs::path& out, Trial& trial) {
  std::error_code error;
  if (!fs::is_regular_file(out / "logs" / "run.jsonl", error)) return;
  if (verify_log(out).broken)
    trial.warnings.push_back(
        "The run log is not whole: a line of it was changed, removed or put in, or was written by a Wane that did not "
        "chain lines yet, and what it tells of the plan and of earlier runs cannot be relied on (`wane log verify` "
        "names the line).");
}

// The log's line about this report; gives its SHA-256.
std::string log_report(const TrialAnalysis& analysis, const Provenance& provenance, std::size_t excluded,
                       const TrialRequest& request) {
  const Trial& trial = analysis.trial;
  Json line = {{"version", request.program_version},
               {"command", request.command_line},
               {"participants", trial.reports.size()},
               {"options", Json::parse(provenance.options)},
               {"blinded", trial.blinded},
               {"plan_sha256", trial.plan.file ? trial.plan.file->sha256 : "none"}};
  if (trial.decisions && trial.blinded)
    line["decisions_hmac_sha256"] = trial.decisions->hmac_sha256;
  else
    line["decisions_sha256"] = trial.decisions ? trial.decisions->sha256 : "none";
  line["excluded"] = excluded;
  line["inputs"] = logged_inputs(provenance.inputs);
  return RunLog(request.out).add("group", line);
}

// `dataset` as the reports may know it; `blinded` where they are blinded.
GroupResult report_known(const Dataset& dataset, AnalysisFiles files, const TrialRequest& request,
                         const TrialEvents& events, const Blinded* blinded) {
  CollectedReports collected;
  Trial trial = trial_of(dataset, request, collected);
  if (trial.reports.empty()) throw_no_report(request.out);

  trial.blinded = blinded != nullptr;
  if (blinded) trial.blinded_groups = blinded->groups;
  warn_of_a_broken_log(request.out, trial);
  trial.plan.file = std::move(files.plan);
  const std::string plan_sha256 = trial.plan.file ? trial.plan.file->sha256 : "none";
  trial.plan.fixed_sha256 = plan_at_first_blinded_run(request.out);
  if (trial.blinded && !trial.plan.fixed_sha256) trial.plan.fixed_sha256 = plan_sha256;
  trial.plan.unblinded_sha256 = plan_at_first_unblinded_run(request.out);
  if (!trial.blinded && !trial.plan.unblinded_sha256) trial.plan.unblinded_sha256 = plan_sha256;
  if (!trial.plan.fixed_sha256 && blinding_state(request.out) == BlindingState::unblinded)
    trial.warnings.push_back(
        "The log does not tell of the blinded run that there was: it was changed or removed, and what the plan was "
        "then is not known.");
  for (auto& column : files.covariates.columns)
    trial.covariates.push_back({column.name, std::move(column.value_of), column.category});
  if (!blinded)
    for (auto& column : files.other_columns) trial.other_columns.push_back({column.name, std::move(column.value_of)});
  for (const auto& note : files.covariates.notes) events.note(note);
  // While blinded no model uses them, and they quote participants.tsv.
  const auto& doubts = files.covariates.warnings;
  if (!blinded) trial.warnings.insert(trial.warnings.end(), doubts.begin(), doubts.end());
  Provenance provenance{request.program_version, json_line(options_json(request.options)), {}};
  if (collected.options) {
    provenance.options = *collected.options;
    // They are all of one version, so the first tells.
    if (const auto version = other_version(request.out / collected.inputs.front().path, request.program_version))
      trial.warnings.push_back("The participants' reports were made by version " + *version +
                               " of Wane, and this report by version " + request.program_version +
                               ": run `wane run` again, which measures them with this version.");
  } else {
    trial.warnings.push_back(
        "The participants' reports were made with different versions or options of Wane and may not be comparable: "
        "measure all with the same (wane run).");
  }
  if (const std::string sloppy = sloppy_sentence(trial.reports); !sloppy.empty()) {
    trial.warnings.push_back(sloppy);
    provenance.sloppy = true;
  }
  provenance.inputs = keyed_where_blinded(table_inputs(dataset), blinded);
  provenance.inputs.insert(provenance.inputs.end(), collected.inputs.begin(), collected.inputs.end());
  for (const auto& warning : trial.warnings)
    if (std::find(dataset.warnings.begin(), dataset.warnings.end(), warning) == dataset.warnings.end())
      events.warn(warning);

  Json options = Json::parse(provenance.options);
  options["group"] = options_json(request.options)["group"];
  provenance.options = json_line(options);
  if (trial.plan.file) provenance.inputs.push_back({trial.plan.file->name, trial.plan.file->sha256});
  if (trial.decisions) {
    trial.decisions = keyed_where_blinded({*trial.decisions}, blinded).front();
    provenance.inputs.push_back(*trial.decisions);
  }

  GroupResult result;
  const TrialAnalysis analysis = analyse(std::move(trial));
  result.look = look_list(analysis.trial.reports, analysis.trial.reports.size() + analysis.trial.left_out.size());
  // First, so that the report can name this line, and nobody sees results that the log does not know of.
  provenance.log_head_sha256 = log_report(analysis, provenance, result.look.excluded.size(), request);
  const bool pages = wants_pages(analysis, request, events);
  // Pages beside newer reports would show old numbers until they are made anew.
  remove_pages(request.out);
  std::string trial_report;
  trial_reports(analysis, provenance, [&](const ReportText& report) {
    write_report(request.out, report);
    result.files.push_back(request.out / report.path);
    if (pages && report.path == "trial_atrophy.json") trial_report = report.text;
  });
  write_quality_table(request.out, analysis.trial, result.files);
  remove_other_dose_groups(request.out, result.files);
  const Methods methods = methods_of(analysis, methods_facts(collected, options, request));
  result.files.push_back(request.out / methods_file_name);
  write_text_atomically(result.files.back(), methods_markdown(methods));
  if (pages) result.pages = write_pages_of(dataset, analysis, collected.inputs, trial_report, methods, request, events);
  result.summary = trial_summary(analysis, request.failed_now);
  return result;
}

}  // namespace

void require_blinding_as_before(const TrialRequest& request) {
  if (request.blind_key.empty() && blinding_state(request.out) == BlindingState::blinded)
    throw UsageError("The results in " + request.out.string() +
                     " are blinded: give --blind the key file, or unblind them with wane unblind.");
}

GroupResult report_trial(const Dataset& dataset, const TrialRequest& request, const TrialEvents& events,
                         const OutputLock&) {
  require_blinding_as_before(request);
  require_links_of_trial_inside(request.out);
  AnalysisFiles files = analysis_files_of(dataset, request.options);
  remove_leftovers(request.out);
  if (request.blind_key.empty()) {
    // An `unblind` that was killed may have left some reports without their doses.
    if (blinding_state(request.out) == BlindingState::unblinded) rewrite_doses(dataset, request.out);
    return report_known(dataset, std::move(files), request, events, nullptr);
  }
  // Also before anybody was measured: what is measured later knows by it that no dose may be written.
  make_output_folder(request.out, request.program_version);
  const Blinded known = blinded_with_results(dataset, request, events);
  return report_known(known.dataset, std::move(files), request, events, &known);
}

GroupResult unblind_trial(const Dataset& dataset, const TrialRequest& request, const fs::path& key,
                          const TrialEvents& events, const OutputLock&) {
  // Do everything that can fail before the irreversible step.
  require_links_of_trial_inside(request.out);
  AnalysisFiles files = analysis_files_of(dataset, request.options);
  const BlindingKey known = require_key_of(key, request.out);
  require_nobody_under_way(request.out);
  remove_leftovers(request.out);
  if (!any_participant_report(request.out, entries_of(dataset))) throw_no_report(request.out);
  // In the log before it is true: nothing is unblinded that the log does not know of.
  RunLog(request.out)
      .add("unblind",
           {{"version", request.program_version}, {"command", request.command_line}, {"key_sha256", known.sha256}});
  unblind(key, request.out);
  if (const auto lost = bring_log_back(request.out, key, known.secret)) events.warn(*lost);
  rewrite_doses(dataset, request.out);
  return report_known(dataset, std::move(files), request, events, nullptr);
}

}  // namespace wane
