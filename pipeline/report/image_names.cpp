#include "pipeline/report/image_names.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

fs::path file_of_change(const fs::path& out, const std::string& participant_id, const std::string& from_session,
                        const std::string& to_session, const std::string& description) {
  return out / participant_id /
         (participant_id + "_from-" + from_session + "_to-" + to_session + "_space-midpoint_desc-" + description +
          "_map.nii.gz");
}

}  // namespace

fs::path change_map_file(const fs::path& out, const std::string& participant_id, const std::string& from_session,
                         const std::string& to_session) {
  return file_of_change(out, participant_id, from_session, to_session, "change");
}

fs::path unsmoothed_change_map_file(const fs::path& out, const std::string& participant_id,
                                    const std::string& from_session, const std::string& to_session) {
  return file_of_change(out, participant_id, from_session, to_session, "unsmoothedchange");
}

fs::path measured_mask_file(const fs::path& out, const std::string& participant_id) {
  return out / participant_id / (participant_id + "_space-midpoint_desc-measured_mask.nii.gz");
}

fs::path surface_file(const fs::path& out, const std::string& participant_id) {
  return out / participant_id / (participant_id + "_space-midpoint_desc-brain_surface.vtk");
}

std::string change_values_name(const std::string& from_session, const std::string& to_session) {
  return "change_percent_" + from_session + "_to_" + to_session;
}

fs::path quality_picture_file(const fs::path& out, const std::string& participant_id) {
  return out / participant_id / "figures" / (participant_id + "_quality.png");
}

fs::path midpoint_file(const fs::path& out, const std::string& participant_id, const std::string& session,
                       const std::string& ending) {
  const fs::path anat = session.empty() ? out / participant_id / "anat" : out / participant_id / session / "anat";
  const std::string visit = session.empty() ? participant_id : participant_id + "_" + session;
  return anat / (visit + "_space-midpoint_" + ending);
}

}  // namespace wane
