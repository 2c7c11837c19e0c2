#include <algorithm>

#include "pipeline/report/image_names.h"
#include "pipeline/report/page_images.h"
#include "pipeline/report/picture_file.h"

namespace wane {

namespace fs = std::filesystem;

std::string picture_data_uri(const fs::path& png_file, int widest_pixels) {
  std::optional<Picture> picture = read_png(png_file);
  if (!picture) return "";
  return jpeg_data_uri(at_most_as_wide(std::move(*picture), widest_pixels));
}

std::string quality_picture_data_uri(const fs::path& out, const ParticipantReport& report, const std::string& session,
                                     int widest_pixels) {
  const std::optional<Picture> all = read_png(quality_picture_file(out, report.participant_id));
  if (!all) return "";
  const auto& visits = all->outlined_visits;
  const auto visit =
      std::find_if(visits.begin(), visits.end(), [&](const OutlinedVisit& each) { return each.name == session; });
  if (visit == visits.end()) return "";
  std::vector<Picture> planes;
  for (const PictureTile& tile : visit->planes) planes.push_back(cut_out(*all, tile));
  constexpr int gap_pixels = 6;
  return jpeg_data_uri(at_most_as_wide(side_by_side(planes, gap_pixels), widest_pixels));
}

}  // namespace wane
