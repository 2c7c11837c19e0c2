// The stages' values as files in one work folder, for `wane conform`, `align`, `extract`, `segment` and `measure`:
//   WORK/conform/ses-01/scan.nii.gz conform.json
//   WORK/align/align.json   ses-01_T1w.nii.gz ses-01_seen.nii.gz ses-01_from-T1w_to-midpoint_mode-image_xfm.txt
//   WORK/extract/extract.json average brain intracranial comparable gm_prior wm_prior csf_prior
//       ses-01_corrected (.nii.gz)
//   WORK/segment/segment.json gm wm csf (.nii.gz)
//   WORK/measure/measure.json average ses-01_{gm,wm,csf,brain} (.nii.gz)
// Images are float32 and grids and transforms stand in the JSON with all digits, so that the chain through files gives
// the same bits as `wane run`. Each stage's JSON is written last: it says that the stage is complete.
// Each later stage's JSON has the hashes of those it was made from. Readers throw InputError naming the file that is
// missing, or that was made from others than there are now, and the command that makes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/stages/measure.h"

namespace wane {

void save_conformed(const std::filesystem::path& work, const std::string& visit, const ConformedVisit& conformed);
ConformedVisit load_conformed(const std::filesystem::path& work, const std::string& visit);
// The visits that `conform` left in the folder, in the order of their names.
std::vector<std::string> conformed_visits(const std::filesystem::path& work);

void save_aligned(const std::filesystem::path& work, const std::vector<std::string>& visits,
                  const AlignedVisits& aligned);
AlignedVisits load_aligned(const std::filesystem::path& work);
// The visits that `align` took, in its order.
std::vector<std::string> aligned_visits(const std::filesystem::path& work);

void save_extracted(const std::filesystem::path& work, const ExtractedBrain& extracted);
ExtractedBrain load_extracted(const std::filesystem::path& work);

void save_segmented(const std::filesystem::path& work, const TissueMaps& tissues);
TissueMaps load_segmented(const std::filesystem::path& work);

// Returns the text of measure.json, which is also what the command prints.
std::string save_measured(const std::filesystem::path& work, const Measurement& measurement);

}  // namespace wane
