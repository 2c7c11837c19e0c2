#include "pipeline/import/face.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/median.h"
#include "imaging/background.h"

namespace wane {
namespace {

// Means over cells along the LPS axes, which even out noise; larger than voxels, so that no cell is without.
constexpr double smallest_cell_mm = 4;

struct Cells {
  double cell_mm = smallest_cell_mm;
  Vec3 low = Vec3::Zero();
  std::array<int, 3> size{};
  std::vector<float> mean;     // x fastest
  std::vector<bool> measured;  // a voxel lies in the cell

  std::size_t at(int x, int y, int z) const {
    return std::size_t(x) + std::size_t(size[0]) * (std::size_t(y) + std::size_t(size[1]) * std::size_t(z));
  }
};

Cells cells_of(const Volume& scan) {
  const Affine to_lps = scan.grid.index_to_lps();
  Vec3 low = Vec3::Constant(std::numeric_limits<double>::max()), high = -low;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (int a = 0; a < 3; ++a) index[a] = (corner >> a) % 2 == 0 ? 0 : scan.grid.size[std::size_t(a)] - 1;
    low = low.cwiseMin(to_lps * index);
    high = high.cwiseMax(to_lps * index);
  }
  Cells cells;
  cells.low = low;
  constexpr double of_voxel = 1.2;
  cells.cell_mm = std::max(smallest_cell_mm, of_voxel * scan.grid.spacing_mm.maxCoeff());
  const double cell_mm = cells.cell_mm;
  for (int a = 0; a < 3; ++a) cells.size[std::size_t(a)] = int((high[a] - low[a]) / cell_mm) + 1;
  std::vector<double> sum(std::size_t(cells.size[0]) * std::size_t(cells.size[1]) * std::size_t(cells.size[2]));
  std::vector<int> count(sum.size());
  for (int k = 0; k < scan.grid.size[2]; ++k)
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) {
        const Vec3 place = (to_lps * Vec3(i, j, k) - low) / cell_mm;
        const std::size_t n = cells.at(int(place[0]), int(place[1]), int(place[2]));
        sum[n] += scan.at(i, j, k);
        ++count[n];
      }
  cells.mean.resize(sum.size());
  cells.measured.resize(sum.size());
  for (std::size_t n = 0; n < sum.size(); ++n) {
    cells.measured[n] = count[n] > 0;
    if (count[n] > 0) cells.mean[n] = float(sum[n] / count[n]);
  }
  return cells;
}

// Between air and head (Otsu): the threshold that parts the values into two classes that differ most.
float threshold_of(const Cells& cells) {
  std::vector<float> values;
  for (std::size_t n = 0; n < cells.mean.size(); ++n)
    if (cells.measured[n]) values.push_back(cells.mean[n]);
  std::sort(values.begin(), values.end());
  if (values.size() < 2) return 0;
  const float most = values[values.size() * 98 / 100];  // fat and vessels shall not move it
  std::vector<double> before(values.size() + 1);
  for (std::size_t n = 0; n < values.size(); ++n) before[n + 1] = before[n] + std::min(values[n], most);
  double best = -1;
  std::size_t place = 0;
  for (std::size_t n = 1; n < values.size(); ++n) {
    const double share = double(n) / double(values.size());
    const double difference = before[n] / double(n) - (before.back() - before[n]) / double(values.size() - n);
    const double between = share * (1 - share) * difference * difference;
    if (between > best) {
      best = between;
      place = n;
    }
  }
  // Skin and bone of the face are darker than the brain.
  const double air = before[place] / double(place);
  constexpr double share_of_threshold = 0.7;
  return float(air + share_of_threshold * (double(values[place]) - air));
}

struct Profile {
  std::vector<std::optional<double>> front_mm;  // by layer from below: the foremost head cell near the middle plane
  int top = -1;                                 // layer of the vertex
  double cell_mm = smallest_cell_mm;            // height of a layer
};

Profile profile_of(const Cells& cells, float threshold) {
  const auto head = [&](int x, int y, int z) { return cells.mean[cells.at(x, y, z)] > threshold; };
  const auto [nx, ny, nz] = cells.size;
  Profile profile;
  profile.cell_mm = cells.cell_mm;
  constexpr double least_mm2 = 320;  // more than noise and wrapped noses
  const int least_cells = int(least_mm2 / (cells.cell_mm * cells.cell_mm));
  for (int z = nz - 1; z >= 0 && profile.top < 0; --z) {
    int count = 0;
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) count += int(head(x, y, z));
    if (count >= least_cells) profile.top = z;
  }
  if (profile.top < 0) return profile;
  std::vector<int> across;
  const auto layers = [&](double mm) { return int(mm / cells.cell_mm); };
  for (int z = std::max(0, profile.top - layers(80)); z <= profile.top - layers(20); ++z)
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        if (head(x, y, z)) across.push_back(x);
  if (across.empty()) {
    profile.top = -1;
    return profile;
  }
  const int middle = upper_median(across);
  const int half_width = layers(12);
  profile.front_mm.resize(std::size_t(nz));
  for (int z = 0; z < nz; ++z)
    for (int y = 0; y < ny && !profile.front_mm[std::size_t(z)]; ++y) {
      int count = 0;
      for (int x = std::max(0, middle - half_width); x <= std::min(nx - 1, middle + half_width); ++x)
        count += int(head(x, y, z));
      if (count >= std::min(3, 2 * half_width)) profile.front_mm[std::size_t(z)] = y * cells.cell_mm;
    }
  return profile;
}

// The layers from so many mm below the vertex to so many.
std::vector<double> fronts(const Profile& profile, double from_mm, double to_mm) {
  std::vector<double> found;
  for (int z = profile.top - int(to_mm / profile.cell_mm); z <= profile.top - int(from_mm / profile.cell_mm); ++z)
    if (z >= 0 && profile.front_mm[std::size_t(z)]) found.push_back(*profile.front_mm[std::size_t(z)]);
  return found;
}

bool only_brain(const Volume& scan) {
  const Mask constant = constant_from_border(scan);
  if (constant.empty()) return false;
  std::size_t outside = 0;
  for (std::size_t n = 0; n < constant.size(); ++n) outside += constant[n];
  constexpr double largest_brain_ml = 2100, least_share = 0.4;
  const double inside_ml = double(scan.size() - outside) * scan.grid.voxel_volume_ml();
  return inside_ml<largest_brain_ml&& double(outside)> least_share * double(scan.size());
}

}  // namespace

const char* face_text(Face face) {
  switch (face) {
    case Face::present:
      return "not defaced";
    case Face::removed:
      return "defaced";
    case Face::brain_only:
      return "brain-extracted";
    default:
      return "cannot be told";
  }
}

Face face_of(const Volume& scan) {
  if (only_brain(scan)) return Face::brain_only;
  const Cells cells = cells_of(scan);
  const Profile profile = profile_of(cells, threshold_of(cells));
  constexpr double nose_below_vertex_mm = 135;
  if (profile.top < 0 || profile.top * profile.cell_mm < nose_below_vertex_mm) return Face::unknown;
  const auto forehead = fronts(profile, 55, 85), nose = fronts(profile, 105, 150);
  if (forehead.empty() || nose.empty()) return Face::unknown;
  const double ahead_mm = upper_median(forehead) - *std::min_element(nose.begin(), nose.end());
  // docs/import.md has the heads that these were chosen on.
  constexpr double least_of_nose_mm = 7, most_without_nose_mm = -7;
  if (ahead_mm >= least_of_nose_mm) return Face::present;
  return ahead_mm <= most_without_nose_mm ? Face::removed : Face::unknown;
}

}  // namespace wane
