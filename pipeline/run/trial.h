// A whole trial: every participant of a BIDS folder, then the reports of the dose groups and of the trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/quality_decisions.h"
#include "pipeline/report/look_list.h"
#include "pipeline/run/options.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/report_pages.h"

namespace wane {

struct TrialRequest {
  std::filesystem::path out;              // made where it does not exist
  std::filesystem::path template_folder;  // see pipeline/dataset/template_folder.h
  std::filesystem::path error_model;      // a file, see pipeline/report/error_model_json.h
  // The program's own files (share/wane: pages/, template/), for the reports.
  std::filesystem::path program_files;
  bool pages = true;  // else the reports have none, and those of an earlier run are removed
  RunOptions options;
  int threads = 1;
  double memory_gb = 0;          // never more participants in flight than fit into it; 0: 80 % of what is available
  std::filesystem::path stages;  // not empty: STAGES/sub-XX are work folders of the single stages, see run_participant
  bool force = false;            // compute participants anew even where their report is up to date
  bool asked_by_label = false;   // those whom the dataset left out were asked for: they count as failed
  std::set<std::string> failed_now = {};  // whose failure the caller lists: the summary does not
  QualityDecisions decisions = {};        // of people, see read_quality_decisions
  std::filesystem::path blind_key;        // not empty: blinded with this key, which is made where it does not exist
  std::string program_version;
  std::string command_line;  // for the log
};

// What is said on the way. All may be called from several threads at once.
struct TrialEvents {
  std::function<void(std::size_t participants)> begin;
  std::function<void(const std::string& participant, const char* step, int index, int count)> step;
  std::function<void(const std::string& participant)> finished;
  std::function<void(const std::string& sentence)> note;
  std::function<void(const std::string& sentence)> warn;
  std::function<void(std::size_t pages)> page_made;  // one more of so many
};

enum class ParticipantState { computed, kept, failed };

struct ParticipantOutcome {
  std::string participant_id;
  ParticipantState state = ParticipantState::computed;
  std::string reason;  // why it failed, a sentence
  int exit_code = 0;   // of the failure: 3 input, 5 resources, 70 a bug
};

// Processes every participant of the dataset and writes OUT/sub-XX. One that fails does not stop the others: its
// reason stands in the result, in the log, and in OUT/logs/sub-XX_failure.json. A participant whose report was made by
// the same version with the same options, template and scans is kept as it is; if only dose, dose group or dates
// changed, its report is brought up to date without looking at the scans again.
// The result is in the dataset's order; where participants were asked for by label, those left out follow as failed.
// Neither order nor threads change any result.
// While OUT is blinded, reports hold no dose and no dose group.
// What killed processes left under temporary names is removed; so is all that was written of a participant before the
// participant is measured anew, and of one that fails.
// Throws what concerns all: InputError (template), ResourceError (OUT cannot be written, or another process measures
// one of the participants in it), UsageError (options, a folder that is not Wane's).
std::vector<ParticipantOutcome> process_trial(const Dataset& dataset, const TrialRequest& request,
                                              const TrialEvents& events);

// Places in the dataset of those whom process_trial would measure or bring up to date: who has no report, failed when
// last measured, or whose report is of another version, other options, scans or dates. No scan is read, so that 10,000
// people take seconds: see looks_up_to_date.
std::vector<std::size_t> participants_due(const Dataset& dataset, const TrialRequest& request);

// Who of these participants needs a look, by the reports that they have in OUT.
LookList look_list_of(const std::vector<ParticipantOutcome>& outcomes, const std::filesystem::path& out);

// 0: none failed; 1: some failed; where no participant is left, the exit code of the failures (70 before 5 before 3).
int exit_code_of(const std::vector<ParticipantOutcome>& outcomes);

// Throws UsageError where OUT is blinded and the request has no key, so that nobody waits for measurements whose
// reports cannot be made.
void require_blinding_as_before(const TrialRequest& request);

struct GroupResult {
  std::vector<std::filesystem::path> files;  // the reports and tables written
  std::string summary;                       // the findings in a few lines, who is left out and why
  LookList look;                             // who needs a look
  WrittenPages pages;
};

// Writes the reports of dose groups and of the trial, the tables, methods.md and the pages, from what participants left
// in OUT. `dataset` may be without scans where no pages are made.
// Participants of the dataset without a report are left out, with the reason of their failure where there is one.
// With request.blind_key, no file of OUT holds a dose or says who is in which group, and dose responses are not
// computed. `reports`: the lock of lock_reports(request.out). Throws InputError where OUT holds no report of any
// participant of the dataset; UsageError where OUT is blinded and the request is not.
GroupResult report_trial(const Dataset& dataset, const TrialRequest& request, const TrialEvents& events,
                         const OutputLock& reports);

// Gives the blinded results in OUT their dose groups and doses back, and makes the trial's reports anew. Throws
// UsageError where `key` is not the one that OUT was blinded with, or OUT was unblinded already; InputError where OUT
// holds no report of any participant of the dataset, ResourceError where somebody is being measured; OUT is then as
// blinded as before.
GroupResult unblind_trial(const Dataset& dataset, const TrialRequest& request, const std::filesystem::path& key,
                          const TrialEvents& events, const OutputLock& reports);

}  // namespace wane
