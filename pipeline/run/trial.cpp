#include "pipeline/run/trial.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/participants.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/blinding.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/run/failure_record.h"
#include "pipeline/run/memory.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/participant.h"
#include "pipeline/run/participant_guard.h"
#include "pipeline/run/report_pages.h"
#include "pipeline/run/report_trial.h"
#include "pipeline/run/run_log.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kInput = 3;

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

DerivativesKept wanted_derivatives(const RunOptions& options) {
  return derivatives_named(options.output.derivatives).value_or(DerivativesKept::full);
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
        wanted_(wanted_derivatives(request.options)),
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
        record_failure(request_.out, {id, outcome.reason, outcome.exit_code});
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
    remove_temporary_files(request_.out / "logs", which, failure_file(request_.out, id).filename().string());
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
      remove_failure(request_.out, id);
      return ParticipantState::kept;
    }
    measuring = true;
    remove_result(request_.out, id);
    if (bytes > budget_)
      throw ResourceError("It needs about " + gigabytes(bytes) + " of memory, and " + gigabytes(budget_) +
                          " may be used: allow more with --memory, or use a machine that has it.");
    const fs::path stages = request_.stages.empty() ? fs::path() : request_.stages / id;
    const auto at_step = [&](const char* stage, int index) {
      require_still_there();
      events_.step(id, stage, index, participant_step_count);
    };
    if (run_participant(participant, dataset_.folder, request_.out, provenance, reference_, request_.options, rules_,
                        at_step, stages))
      events_.note("Taken up from " + stages.string() + ": conform, align, extract and segment of " + id + ".");
    remove_failure(request_.out, id);
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

std::vector<std::size_t> participants_due(const Dataset& dataset, const TrialRequest& request) {
  const Dataset known = blinding_state(request.out) == BlindingState::blinded ? blinded(dataset) : dataset;
  const Provenance provenance{request.program_version, measurement_options(request.options),
                              reference_files_of(request), is_sloppy(request.options)};
  const QualityRules rules = quality_rules_of(request);
  const DerivativesKept wanted = wanted_derivatives(request.options);
  const std::set<std::string> failed = participants_with_failures(request.out);
  std::vector<char> due(known.participants.size());
  constexpr std::size_t block = 16;  // participants that a thread takes at once
  parallel_for(
      due.size(),
      [&](std::size_t n) {
        const DatasetParticipant& participant = known.participants[n];
        due[n] = failed.contains(participant.participant_id) ||
                 !looks_up_to_date(participant, known.folder, request.out, provenance, rules, wanted);
      },
      block);
  std::vector<std::size_t> places;
  for (std::size_t n = 0; n < due.size(); ++n)
    if (due[n]) places.push_back(n);
  return places;
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

}  // namespace wane
