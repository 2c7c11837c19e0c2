// Scans and sidecars without what tells who somebody is, and when the scan was made.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/import/series.h"

namespace wane {

// What no text of a sidecar may hold: parts of the person's name and PatientID, date of birth, all days of the series,
// in the forms in which people write them; in lower case.
std::vector<std::string> private_words(const Series& series);

// The fields of dcm2niix's (or another) sidecar that are on the list of fields about scanner and sequence; all others
// are left out, and so are texts that hold one of `words`. Names of left-out fields of the list are added to
// `withheld`. The scanner's serial number becomes a pseudonym, by which two scanners are told apart.
nlohmann::ordered_json clean_sidecar(const nlohmann::ordered_json& sidecar, const std::vector<std::string>& words,
                                     std::vector<std::string>& withheld);

// Copies a NIfTI scan (.nii, .nii.gz) to `to` (.nii.gz) with the same voxels and geometry, and without the texts and
// extensions of its header. Reads no more than the header declares, within the limits of nifti.h. Throws InputError for
// what is not one 3-D scan, or ends too early.
void copy_clean_nifti(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace wane
