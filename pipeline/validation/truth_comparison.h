// The changes that reports give, beside those that were planted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/measurement/volumes.h"

namespace wane {

// From the first visit to a later one. Percents are of the mean of both volumes; the truth's, which are of the first
// visit's volume, are converted.
struct ComparedChange {
  std::string from, to;
  TissueValues planted, measured;
  std::optional<TissueValues> standard_error;  // as the report gives it; a tissue without one is NaN
  // By how many percent in length the later visit shows the head larger than the earlier. It is no change of tissue:
  // `planted` is without it. Empty where the truth, or the report, does not say.
  std::optional<double> planted_drift_percent, measured_drift_percent;
  std::optional<ChangeErrors> errors;                  // what the standard error is made of
  std::optional<TissueValues> boundary_shift_percent;  // the second measurement
};

struct ComparedParticipant {
  std::string participant_id;
  std::string dose_group;               // "-": none
  std::vector<ComparedChange> changes;  // by visit; those that were measured
  bool has_last = false;                // the last of `changes` is to the participant's last visit
  // |c13 - (c12 then c23)| for each visit after the second, with the visit before it between.
  std::vector<TissueValues> transitivity_gaps;
  InputFile head{};                     // that the change was planted in; empty where the truth does not say
  std::string error_model_sha256 = {};  // that the standard errors are by; empty in reports of older builds
};

struct TruthComparison {
  std::vector<ComparedParticipant> participants;  // at least one change each; by the names of the truths' files
  std::vector<std::string> missing;               // "sub-02: no report in OUT": planted and not measured
  std::vector<InputFile> inputs;                  // truths and reports
};

// `out_dir`: results of `wane run` (PARTICIPANT/PARTICIPANT_atrophy.json); `truth_dir`: one JSON a participant, as
// `wane simulate` writes it. `labels`: only these participants, whose truths must be there; all where empty.
// Throws InputError where there is no truth, no report for any of it, or a file that is not what it should be.
TruthComparison compare_with_truth(const std::filesystem::path& out_dir, const std::filesystem::path& truth_dir,
                                   const std::vector<std::string>& labels = {});

}  // namespace wane
