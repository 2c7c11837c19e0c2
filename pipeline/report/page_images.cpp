#include "pipeline/report/page_images.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text_file.h"
#include "imaging/morphology.h"
#include "imaging/nifti.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "pipeline/report/base64.h"
#include "pipeline/report/brain_surface.h"
#include "pipeline/report/image_names.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

static_assert(std::endian::native == std::endian::little, "float32 stands in pages as it stands in memory");

// A page of two visits with its program, the picture and the surface stays below 15 MiB, one of more below 25 MiB.
constexpr std::size_t most_bytes_of_two_visits = std::size_t(17) << 19, most_bytes_of_more = std::size_t(17) << 20;

// All on the part of the midpoint grid around the head.
struct VisitImages {
  Mask t1w, brain, tissues;
};
struct ChangeImages {
  const ChangeRow* change;
  Volume percent;
  Mask measured;
};
struct Images {
  std::vector<VisitImages> visits;
  std::vector<ChangeImages> changes;
};

std::vector<std::string> sessions_shown(const ParticipantReport& report) {
  std::vector<std::string> sessions;
  for (const VisitRow& visit : report.visits)
    if (visit.measured_together) sessions.push_back(visit.session);
  return sessions;
}

std::vector<const ChangeRow*> changes_shown(const ParticipantReport& report, const std::vector<std::string>& sessions) {
  const auto shown = [&](const std::string& session) {
    return std::find(sessions.begin(), sessions.end(), session) != sessions.end();
  };
  std::vector<const ChangeRow*> changes;
  for (const ChangeRow& change : report.changes)
    if (shown(change.from) && shown(change.to)) changes.push_back(&change);
  return changes;
}

std::uint8_t rounded_byte(float value) {
  return std::uint8_t(std::clamp(value, 0.F, 255.F) + 0.5F);
}

// White matter, 100 in the images, at 160: bright vessels and fat still fit.
Mask shown_brightness(const Volume& t1w) {
  constexpr float factor = 1.6F;
  Mask bytes(t1w.grid);
  parallel_voxels(bytes.size(), [&](std::size_t n) { bytes[n] = rounded_byte(factor * t1w[n]); });
  return bytes;
}

template <class T>
Image<T> part_of(const Image<T>& image, const fs::path& file, const Grid& full, const Box& part) {
  require_same_grid(full, image.grid, "the brain mask", file.c_str());
  return cropped(image, part.low, part.high);
}

Volume read_part(const fs::path& file, const Grid& full, const Box& part) {
  return part_of(read_nifti(file).volume, file, full, part);
}

Mask read_mask_part(const fs::path& file, const Grid& full, const Box& part) {
  return part_of(read_nifti_mask(file), file, full, part);
}

VisitImages read_visit(const fs::path& out, const std::string& participant_id, const std::string& session,
                       const Mask& brain, const Box& part) {
  const auto read = [&](const char* ending) {
    return read_part(midpoint_file(out, participant_id, session, ending), brain.grid, part);
  };
  // Where the fractions of the tissues were not kept.
  const fs::path labels = midpoint_file(out, participant_id, session, "dseg.nii.gz");
  std::error_code error;
  if (fs::exists(labels, error)) {
    const Volume tissues = read("dseg.nii.gz");
    Mask bytes(tissues.grid);
    parallel_voxels(bytes.size(), [&](std::size_t n) { bytes[n] = rounded_byte(tissues[n]); });
    return {shown_brightness(read("desc-preproc_T1w.nii.gz")), cropped(brain, part.low, part.high), std::move(bytes)};
  }
  const char* const endings[] = {"desc-preproc_T1w.nii.gz", "label-CSF_probseg.nii.gz", "label-GM_probseg.nii.gz",
                                 "label-WM_probseg.nii.gz"};
  Volume volumes[4];
  parallel_for(4, [&](std::size_t n) { volumes[n] = read(endings[n]); });
  return {shown_brightness(volumes[0]), cropped(brain, part.low, part.high),
          fullest_tissue(volumes[1], volumes[2], volumes[3])};
}

Images read_images(const fs::path& out, const std::string& participant_id, const std::vector<std::string>& sessions,
                   const std::vector<const ChangeRow*>& changes) {
  std::vector<Mask> brains(sessions.size());
  parallel_for(sessions.size(), [&](std::size_t n) {
    brains[n] = read_nifti_mask(midpoint_file(out, participant_id, sessions[n], "desc-brain_mask.nii.gz"));
  });
  const Grid full = brains.front().grid;
  std::vector<const Mask*> all;
  for (const Mask& brain : brains) all.push_back(&brain);
  const Box part = part_shown(all);
  Images images;
  for (std::size_t n = 0; n < sessions.size(); ++n) {
    images.visits.push_back(read_visit(out, participant_id, sessions[n], brains[n], part));
    brains[n] = {};
  }
  std::optional<Mask> measured;
  for (const ChangeRow* change : changes) try {
      if (!measured) measured = read_mask_part(measured_mask_file(out, participant_id), full, part);
      images.changes.push_back(
          {change, read_part(change_map_file(out, participant_id, change->from, change->to), full, part), *measured});
    } catch (const InputError&) {
      continue;  // measured by a version that made none, or not kept
    }
  return images;
}

// Coarser images of the same: smoothed as far as the new voxels are wider. Interpolation alone smooths as much as a
// narrow Gaussian does: one below `least_sigma_voxels` takes less than 4 % from the neighbors together.

Volume coarser(const Volume& volume, const Grid& grid) {
  constexpr double share_of_widening = 0.4, least_sigma_voxels = 0.35;
  const Vec3 from = volume.grid.spacing_mm, to = grid.spacing_mm;
  Vec3 sigma_mm;
  for (int axis = 0; axis < 3; ++axis) {
    sigma_mm[axis] = share_of_widening * std::sqrt(std::max(0.0, to[axis] * to[axis] - from[axis] * from[axis]));
    if (sigma_mm[axis] < least_sigma_voxels * from[axis]) sigma_mm[axis] = 0;
  }
  return sigma_mm.isZero() ? resample(volume, grid) : resample(gaussian(volume, sigma_mm), grid);
}

Mask coarser_brightness(const Mask& t1w, const Grid& grid) {
  const Volume values = coarser(as_volume(t1w), grid);
  Mask bytes(grid);
  parallel_voxels(bytes.size(), [&](std::size_t n) { bytes[n] = rounded_byte(values[n]); });
  return bytes;
}

// Where two points of each voxel of the target lie on an axis of the source, a quarter of a voxel to both sides of its
// middle: the first and the second of voxel n stand at 2 n and 2 n + 1.
std::vector<int> quarter_places(int count, double first, double spacing, int source_size) {
  constexpr double quarter = 0.25;
  std::vector<int> places;
  for (int n = 0; n < count; ++n)
    for (const double offset : {-quarter, quarter})
      places.push_back(std::clamp(int(std::lround(first + spacing * (n + offset))), 0, source_size - 1));
  return places;
}

// The label (0 to 3) that most of eight points of a voxel have, one in the middle of each octant; the lower of two. The
// grids have the same axes.
Mask coarser_labels(const Mask& labels, const Grid& grid) {
  const Affine map = labels.grid.lps_to_index() * grid.index_to_lps();
  std::array<std::vector<int>, 3> places;
  for (int axis = 0; axis < 3; ++axis)
    places[axis] =
        quarter_places(grid.size[axis], map.translation()[axis], map.linear()(axis, axis), labels.grid.size[axis]);
  const auto& [x, y, z] = places;
  Mask result(grid);
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j) {
      const std::uint8_t* rows[4];
      for (int r = 0; r < 4; ++r) rows[r] = &labels.at(0, y[2 * j + (r & 1)], z[2 * int(k) + (r >> 1)]);
      for (int i = 0; i < grid.size[0]; ++i) {
        std::uint32_t votes = 0;  // eight bits a label
        for (const std::uint8_t* row : rows) votes += (1U << 8 * row[x[2 * i]]) + (1U << 8 * row[x[2 * i + 1]]);
        std::uint8_t most = 0;
        for (std::uint8_t label = 1; label < 4; ++label)
          if ((votes >> 8 * label & 0xFFU) > (votes >> 8 * most & 0xFFU)) most = label;
        result.at(i, j, int(k)) = most;
      }
    }
  });
  return result;
}

// Voxels at the border of what is measured are of the part of them that is.
ChangeImages coarser_change(const ChangeImages& change, const Grid& grid) {
  const Volume share = coarser(as_volume(change.measured), grid);
  ChangeImages result{change.change, coarser(change.percent, grid), threshold(share, 0.5F)};
  parallel_voxels(share.size(),
                  [&](std::size_t n) { result.percent[n] = result.measured[n] ? result.percent[n] / share[n] : 0.F; });
  return result;
}

Images coarser(const Images& images, double spacing_mm) {
  const Grid grid = isotropic_grid(images.visits.front().t1w.grid, spacing_mm);
  Images result;
  for (const VisitImages& visit : images.visits)
    result.visits.push_back(
        {coarser_brightness(visit.t1w, grid), coarser_labels(visit.brain, grid), coarser_labels(visit.tissues, grid)});
  for (const ChangeImages& change : images.changes) result.changes.push_back(coarser_change(change, grid));
  return result;
}

// Every n-th slice, one behind the other.
template <class T>
Image<T> every_nth_slice(const Image<T>& image, int n) {
  Grid grid = image.grid;
  grid.size[2] = (grid.size[2] + n - 1) / n;
  Image<T> result(grid);
  const std::size_t slice = std::size_t(grid.size[0]) * std::size_t(grid.size[1]);
  for (int k = 0; k < grid.size[2]; ++k)
    std::copy_n(image.values.begin() + std::ptrdiff_t(slice * std::size_t(n * k)), slice,
                result.values.begin() + std::ptrdiff_t(slice * std::size_t(k)));
  return result;
}

// Of all images. Encoded, they tell the size of the whole in an n-th of the time.
Images every_nth_slice(const Images& images, int n) {
  Images result;
  for (const VisitImages& visit : images.visits)
    result.visits.push_back(
        {every_nth_slice(visit.t1w, n), every_nth_slice(visit.brain, n), every_nth_slice(visit.tissues, n)});
  for (const ChangeImages& change : images.changes)
    result.changes.push_back({change.change, every_nth_slice(change.percent, n), every_nth_slice(change.measured, n)});
  return result;
}

struct Encoded {
  std::vector<std::string> texts;  // of each visit t1w, brain and tissues, of each change map and measured
  std::size_t bytes = 0;
};

Encoded encoded(const Images& images) {
  constexpr float step_percent = 0.02F;  // half of what 0.01 takes, and nothing that can be measured is lost
  constexpr std::size_t each_visit = 3, each_change = 2;
  Encoded result;
  const std::size_t of_visits = each_visit * images.visits.size();
  result.texts.resize(of_visits + each_change * images.changes.size());
  parallel_for(result.texts.size(), [&](std::size_t n) {
    const auto bytes = [&] {
      if (n < of_visits) {
        const VisitImages& visit = images.visits[n / each_visit];
        const Mask* const mask[] = {&visit.t1w, &visit.brain, &visit.tissues};
        return nifti_gz_bytes(*mask[n % each_visit]);
      }
      const ChangeImages& change = images.changes[(n - of_visits) / each_change];
      return (n - of_visits) % each_change == 0 ? nifti_gz_bytes_in_steps(change.percent, step_percent)
                                                : nifti_gz_bytes(change.measured);
    };
    result.texts[n] = base64(bytes());
  });
  for (const std::string& text : result.texts) result.bytes += text.size();
  return result;
}

// The 99th percentile of |percent| where it is measured, to a hundredth.
double extreme_percent(const ChangeImages& change) {
  std::vector<float> sizes;
  for (std::size_t n = 0; n < change.percent.size(); ++n)
    if (change.measured[n]) sizes.push_back(std::abs(change.percent[n]));
  if (sizes.empty()) return 0;
  constexpr double part = 0.99;
  const auto place = sizes.begin() + std::ptrdiff_t(part * double(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  return double(std::lround(double(*place) * 100)) / 100;
}

// How much coarser, so that the images fit: bytes go with the third power of the voxel. In steps of 0.05 mm.
double next_spacing_mm(double spacing_mm, std::size_t bytes, std::size_t most) {
  constexpr double steps_per_mm = 20;
  const double wanted = spacing_mm * std::cbrt(double(bytes) / double(most));
  return std::max(std::ceil(wanted * steps_per_mm), std::floor(spacing_mm * steps_per_mm) + 1) / steps_per_mm;
}

struct FittedImages {
  Images images;
  Encoded texts;
  bool coarser = false;
};

// The images, or coarser ones, as fine as `most_bytes` allow.
FittedImages fitted_into(std::size_t most_bytes, Images images) {
  constexpr int sampled = 8;
  double spacing_mm = images.visits.front().t1w.grid.spacing_mm.maxCoeff();
  const auto slices = std::size_t(images.visits.front().t1w.grid.size[2]);
  const std::size_t expected_bytes =
      encoded(every_nth_slice(images, sampled)).bytes * slices / ((slices + sampled - 1) / sampled);
  FittedImages result;
  if (expected_bytes <= most_bytes) {
    result.texts = encoded(images);
    if (result.texts.bytes <= most_bytes) {
      result.images = std::move(images);
      return result;
    }
  }
  result.coarser = true;
  std::size_t bytes = std::max(expected_bytes, result.texts.bytes);
  do {
    spacing_mm = next_spacing_mm(spacing_mm, bytes, most_bytes);
    result.images = coarser(images, spacing_mm);
    result.texts = encoded(result.images);
    bytes = result.texts.bytes;
  } while (bytes > most_bytes);
  return result;
}

Json surface_of(const fs::path& out, const ParticipantReport& report, const std::vector<ChangeImages>& changes) {
  const fs::path file = surface_file(out, report.participant_id);
  std::error_code error;
  if (!fs::exists(file, error)) return nullptr;
  constexpr std::size_t most_bytes = std::size_t(1) << 28;
  const SurfaceFile surface = read_surface(file);
  Json values = Json::array();
  for (const ChangeImages& each : changes) {
    const std::string name = change_values_name(each.change->from, each.change->to);
    const auto found = std::find_if(surface.values.begin(), surface.values.end(),
                                    [&](const VertexValues& vertices) { return vertices.name == name; });
    if (found == surface.values.end()) return nullptr;
    values.push_back(
        base64({reinterpret_cast<const char*>(found->values.data()), found->values.size() * sizeof(float)}));
  }
  return {{"mesh", base64(read_text_file(file, most_bytes))}, {"file", file.filename().string()}, {"changes", values}};
}

Json surface_json(const fs::path& out, const ParticipantReport& report, const std::vector<ChangeImages>& changes) {
  try {
    return surface_of(out, report, changes);
  } catch (const InputError&) {
    return nullptr;
  }
}

Json viewer_of(const fs::path& out, const ParticipantReport& report) {
  const std::vector<std::string> sessions = sessions_shown(report);
  if (sessions.empty()) return nullptr;
  Images images = read_images(out, report.participant_id, sessions, changes_shown(report, sessions));
  const std::size_t most = sessions.size() <= 2 ? most_bytes_of_two_visits : most_bytes_of_more;

  FittedImages fitted = fitted_into(most, std::move(images));
  images = std::move(fitted.images);
  const Encoded& texts = fitted.texts;

  const Vec3 voxel = images.visits.front().t1w.grid.spacing_mm;
  const auto rounded = [](double mm) { return double(std::llround(mm * 1000)) / 1000; };
  Json json = {{"voxel_size_mm", {rounded(voxel[0]), rounded(voxel[1]), rounded(voxel[2])}},
               {"coarser_than_measured", fitted.coarser},
               {"visits", Json::array()},
               {"changes", Json::array()}};
  auto text = texts.texts.cbegin();
  for (const std::string& session : sessions) {
    json["visits"].push_back({{"session", session}, {"t1w", text[0]}, {"brain", text[1]}, {"tissues", text[2]}});
    text += 3;
  }
  for (const ChangeImages& each : images.changes) {
    json["changes"].push_back({{"from", each.change->from},
                               {"to", each.change->to},
                               {"map", text[0]},
                               {"measured", text[1]},
                               {"extreme_percent", extreme_percent(each)}});
    text += 2;
  }
  json["surface"] = surface_json(out, report, images.changes);
  return json;
}

}  // namespace

Box part_shown(const std::vector<const Mask*>& brains) {
  constexpr double margin_mm = 20;
  Box all;
  for (const Mask* brain : brains) {
    require_same_grid(brains.front()->grid, brain->grid, "a visit", "another visit");
    const Box box = bounding_box(*brain);
    if (box.empty()) continue;
    if (all.empty()) all = box;
    for (int axis = 0; axis < 3; ++axis) {
      all.low[axis] = std::min(all.low[axis], box.low[axis]);
      all.high[axis] = std::max(all.high[axis], box.high[axis]);
    }
  }
  const Grid& grid = brains.front()->grid;
  if (all.empty()) return {{0, 0, 0}, {grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1}};
  for (int axis = 0; axis < 3; ++axis) {
    const int margin = int(std::lround(margin_mm / grid.spacing_mm[axis]));
    all.low[axis] -= margin;
    all.high[axis] += margin;
  }
  return all;
}

Mask fullest_tissue(const Volume& csf, const Volume& gm, const Volume& wm) {
  Mask labels(csf.grid);
  parallel_voxels(labels.size(), [&](std::size_t n) {
    if (csf[n] + gm[n] + wm[n] < 0.5F) return;
    labels[n] = csf[n] >= gm[n] && csf[n] >= wm[n] ? 1 : gm[n] >= wm[n] ? 2 : 3;
  });
  return labels;
}

Json viewer_json(const fs::path& out, const ParticipantReport& report) {
  try {
    return viewer_of(out, report);
  } catch (const InputError&) {
    return nullptr;  // images were not kept, or not all of them
  }
}

}  // namespace wane
