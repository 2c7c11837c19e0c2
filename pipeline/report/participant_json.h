// The participant report as JSON (schema wane/participant/1): out of `participant`, and back into `group`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/analysis/participant_report.h"
#include "pipeline/analysis/provenance.h"
#include "pipeline/dataset/left_out.h"
#include "pipeline/dataset/participants.h"
#include "pipeline/statistics/rates.h"

namespace wane {

// Volumes to 0.001 mL, percent to 0.0001; what is not known is null. The same report gives the same bytes.
std::string participant_json_text(const ParticipantReport& report, const Provenance& provenance);

// Parts of it that pages hold too. A decision that there is not is null.
nlohmann::ordered_json volumes_json(const TissueVolumes& volumes);
nlohmann::ordered_json check_json(const QualityCheck& check);
nlohmann::ordered_json decision_json(const std::optional<HumanDecision>& decision);

// Each tissue's rate with its interval; run-in and change of rate where there are visits before day 0.
nlohmann::ordered_json rate_details_json(const TissueRates& rates);

// The report in a text written by the above; null percentages become NaN. `file` is what messages call it.
// Throws InputError for text that is not JSON, another program's or another version's JSON, and missing or wrong
// fields.
ParticipantReport parse_participant_json(const std::string& text, const std::string& file);

// Of one of the files that a report was made from, by its path in `inputs`; empty where the report does not name it.
std::string sha256_of_input(const nlohmann::ordered_json& report, const std::string& path);

// In reports' inputs; below the folder of the program's files too.
inline constexpr const char* template_head = "template/head.nii.gz";

// "sub-01/sub-01_atrophy.json", relative to OUT.
std::string participant_json_path(const std::string& participant_id);

// Whether at least one of them left a report in the folder `out` that can be used.
bool any_participant_report(const std::filesystem::path& out, const std::vector<ParticipantEntry>& expected);

struct CollectedReports {
  std::vector<ParticipantReport> reports;  // in the order expected
  std::vector<LeftOut> left_out;           // no report there, or it cannot be used; the reason says which
  std::vector<InputFile> inputs;           // the files used, named relative to OUT
  std::optional<std::string> options;      // JSON that the reports were made with; empty: not all the same
  std::vector<std::string> warnings;       // sentences: reports in OUT of nobody who is expected
  std::set<std::string> versions;          // of Wane, that the reports were made by
  std::set<std::string> template_sha256;   // of the template's head; "": a report does not say
  bool drift_measured = false;             // of the scanner's voxel size, in at least one report
};

// Reads the reports that earlier `participant` runs left in the folder `out`. Dose group and dose are taken from
// `expected` (participants.tsv as it is now), not from the time of measuring: doses may have been unblinded since.
// Checks that passed, figures, notes, inputs and warnings are left behind: the trial's reports do not use them, and of
// 100 000 participants they would fill the memory.
CollectedReports collect_participant_reports(const std::filesystem::path& out,
                                             const std::vector<ParticipantEntry>& expected);

}  // namespace wane
