// The measurement of a whole trial: every participant of a BIDS folder. report_trial.h makes the reports from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/dataset/bids.h"
#include "pipeline/report/look_list.h"
#include "pipeline/run/trial_request.h"

namespace wane {

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

}  // namespace wane
