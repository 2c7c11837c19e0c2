// One participant from files to files: scans read, stages run, everything of OUT/sub-XX written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "imaging/nifti.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/report/participant_report.h"
#include "pipeline/report/provenance.h"
#include "pipeline/run/process.h"

namespace wane {

// OUT/sub-XX/sub-XX_atrophy.json
std::filesystem::path report_file(const std::filesystem::path& out, const std::string& participant_id);

// The participant's scans with their hashes, named relative to the dataset. Throws InputError for one that is gone.
std::vector<InputFile> scan_files(const DatasetParticipant& participant, const std::filesystem::path& dataset);

// The report as it follows from the dataset and the measurement; `scans` is what reading each visit's scan found.
// No file is touched.
ParticipantReport report_of(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                            const std::vector<NiftiReport>& scans, const ProcessedParticipant& processed);

// `report` with dose, dose group, dates and the dataset's warnings as the dataset has them now; rates follow.
ParticipantReport with_current_dataset(ParticipantReport report, const DatasetParticipant& participant);

// The stages, and the writing after them ("write").
inline constexpr int participant_step_count = stage_count + 1;

// Reads the participant's scans, runs the stages and writes images, sidecars and the quality mosaic, and last of all
// the report: where that stands, the rest is complete. `provenance`: version, options, and the hashes of scans (first,
// in the order of the visits) and template. `at_step` is called at the start of each step. Throws InputError naming the
// scan, also one that has changed since its hash was taken.
void run_participant(const DatasetParticipant& participant, const std::filesystem::path& dataset,
                     const std::filesystem::path& out, const Provenance& provenance, const HeadTemplate& head_template,
                     const RunOptions& options, const StageCallback& at_step);

// True where the report in OUT was made by the same version with the same options of the stages, template and scans
// (by SHA-256). If dose, dose group or dates have changed since, it is then rewritten with the new ones.
bool kept_up_to_date(const DatasetParticipant& participant, const std::filesystem::path& out,
                     const Provenance& provenance);

}  // namespace wane
