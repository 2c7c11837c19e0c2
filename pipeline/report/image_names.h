// Where the images of a participant are in OUT, for those who write them and those who show them.
#pragma once

#include <filesystem>
#include <string>

namespace wane {

// OUT/sub-01/sub-01_from-ses-01_to-ses-02_space-midpoint_desc-change_map.nii.gz
std::filesystem::path change_map_file(const std::filesystem::path& out, const std::string& participant_id,
                                      const std::string& from_session, const std::string& to_session);
// Likewise, ..._desc-unsmoothedchange_map.nii.gz
std::filesystem::path unsmoothed_change_map_file(const std::filesystem::path& out, const std::string& participant_id,
                                                 const std::string& from_session, const std::string& to_session);
// OUT/sub-01/sub-01_space-midpoint_desc-measured_mask.nii.gz
std::filesystem::path measured_mask_file(const std::filesystem::path& out, const std::string& participant_id);
// OUT/sub-01/sub-01_space-midpoint_desc-brain_surface.vtk
std::filesystem::path surface_file(const std::filesystem::path& out, const std::string& participant_id);
// Of the change in the surface's file: "change_percent_ses-01_to_ses-02".
std::string change_values_name(const std::string& from_session, const std::string& to_session);

// OUT/sub-01/figures/sub-01_quality.png
std::filesystem::path quality_picture_file(const std::filesystem::path& out, const std::string& participant_id);

// OUT/sub-01/ses-01/anat/sub-01_ses-01_space-midpoint_ENDING; without a session OUT/sub-01/anat/sub-01_space-...
std::filesystem::path midpoint_file(const std::filesystem::path& out, const std::string& participant_id,
                                    const std::string& session, const std::string& ending);

}  // namespace wane
