// One participant from files to files: scans read, stages run, everything of OUT/sub-XX written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "imaging/nifti.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/analysis/participant_report.h"
#include "pipeline/analysis/provenance.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/run/process.h"

namespace wane {

// What counts in the participant's rates.
struct QualityRules {
  QualityMode mode = QualityMode::exclude;
  const QualityDecisions* decisions = nullptr;  // of people; null: none
  QualityLimits limits{};
};

// OUT/sub-XX/sub-XX_atrophy.json
std::filesystem::path report_file(const std::filesystem::path& out, const std::string& participant_id);

// The participant's scans with their hashes, named relative to the dataset. Throws InputError for one that is gone.
std::vector<InputFile> scan_files(const DatasetParticipant& participant, const std::filesystem::path& dataset);

// Visits of a participant that were measured together; which ones, by their places in the participant's list.
struct MeasuredTogether {
  std::vector<std::size_t> places;
  std::vector<NiftiReport> scans;              // what reading each scan found
  std::vector<ScanQualityInput> scan_quality;  // of each scan by itself
  std::optional<ProcessedParticipant> processed;
  std::string why_not;    // where they could not be measured together: what stood in the way
  bool taken_up = false;  // the stages before `measure` had run before
};

// The report as it follows from the dataset and the measurements. `rounds`: first that of every visit; each later one
// leaves out visits that fail, and its numbers are reported for those it holds. The last is processed. No file is
// touched.
ParticipantReport report_of(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                            const std::vector<MeasuredTogether>& rounds, const QualityRules& rules = {});

// `report` with dose, dose group, dates, decisions and the dataset's warnings as the dataset has them now; verdicts
// that depend on dates and sidecars, and rates, follow.
ParticipantReport with_current_dataset(ParticipantReport report, const DatasetParticipant& participant,
                                       const QualityRules& rules = {});

// The stages, and the writing after them ("write").
inline constexpr int participant_step_count = stage_count + 1;

// Reads the participant's scans, runs the stages and writes images, sidecars and the quality mosaic, and last of all
// the report: where that stands, the rest is complete. `provenance`: version, options, and the hashes of scans (first,
// in the order of the visits), template and error model. `at_step` is called at the start of each step. Throws
// InputError naming the scan, also one that has changed since its hash was taken. `stages`: not empty: a work folder in
// which the stages before `measure` may have run on all of these visits; what fits is taken from there, see
// take_up_stages, and the same bytes come out. Gives whether it was.
bool run_participant(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                     const std::filesystem::path& out, const Provenance& provenance, const ReferenceData& reference,
                     const RunOptions& options, const QualityRules& rules, const StageCallback& at_step,
                     const std::filesystem::path& stages = {});

// The same without a file being written: the report alone.
ParticipantReport measured_report(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                                  const Provenance& provenance, const ReferenceData& reference,
                                  const RunOptions& options, const QualityRules& rules, const StageCallback& at_step);

// True where the report in OUT was made by the same version with the same options of the stages, template, error model
// and scans (by SHA-256), no decision changes which visits are measured together, and at least the images that are
// `wanted` were kept. If dose, dose group, dates or other decisions have changed since, it is then rewritten with the
// new ones; where a scan's file was changed since, but not its bytes, it is touched for looks_up_to_date.
bool kept_up_to_date(const DatasetParticipant& participant, const std::filesystem::path& out,
                     const Provenance& provenance, const QualityRules& rules = {},
                     DerivativesKept wanted = DerivativesKept::full);

// A quick answer to whether kept_up_to_date would leave the report as it is. The scans are not read: they are taken for
// those that the report names as long as none has been written, moved or renamed since the report was written (the
// file system's time of change, which copying does not carry along). Nothing is written. `provenance.inputs`: template
// and error model alone.
bool looks_up_to_date(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                      const std::filesystem::path& out, const Provenance& provenance, const QualityRules& rules = {},
                      DerivativesKept wanted = DerivativesKept::full);

}  // namespace wane
