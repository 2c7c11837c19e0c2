#include "pipeline/simulation/scan_faults.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/counted_random.h"
#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "pipeline/simulation/person.h"

namespace wane {
namespace {

constexpr double kInsideSkullMm = 3.0;     // the planter's room between brain and skull (plant.cpp)
constexpr double kBiasKnotsMm = 90.0;      // of a visit's shading, as the planter's
constexpr double kAirShareOfWhite = 0.15;  // what is darker than this share of white matter is air or bone

SpaceBox space_box(const Grid& grid) {
  SpaceBox box{Vec3::Constant(1e30), Vec3::Constant(-1e30)};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (int a = 0; a < 3; ++a) index[a] = (corner >> a) & 1 ? grid.size[a] - 1 : 0;
    const Vec3 at = grid.index_to_lps() * index;
    box.low_mm = box.low_mm.cwiseMin(at);
    box.high_mm = box.high_mm.cwiseMax(at);
  }
  return box;
}

// value(offset, LPS mm) at every voxel.
template <class F>
Volume volume_of(const Grid& grid, F&& value) {
  Volume result(grid);
  const Affine to_lps = grid.index_to_lps();
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.offset(i, j, int(k));
        result[n] = float(value(n, Vec3(to_lps * Vec3(i, j, double(k)))));
      }
  });
  return result;
}

// value(offset) at every voxel.
template <class F>
Volume voxelwise(const Grid& grid, F&& value) {
  Volume result(grid);
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = float(value(n)); });
  return result;
}

// A grid's axis, and whether it runs with or against the direction that was asked for.
struct AxisWay {
  int axis = 0;
  bool with = true;
};

AxisWay axis_towards(const Grid& grid, const Vec3& direction) {
  const Vec3 along = grid.direction.transpose() * direction;
  AxisWay way;
  along.cwiseAbs().maxCoeff(&way.axis);
  way.with = along[way.axis] > 0;
  return way;
}

Vec3 towards(HeadSide side) {
  if (side == HeadSide::front) return -Vec3::UnitY();
  return side == HeadSide::top ? Vec3(Vec3::UnitZ()) : Vec3(-Vec3::UnitZ());
}

// Indices along one axis, both inclusive; those that stay where the brain's outermost `mm` are taken off.
struct Kept {
  int axis = 0, first = 0, last = 0;
};

Kept kept_without(const KnownScan& head, HeadSide side, double mm) {
  const AxisWay way = axis_towards(head.scan.grid, towards(side));
  const Box box = bounding_box(head.brain);
  if (box.empty()) throw InputError("The brain mask to plant a fault by is empty.");
  const int off = int(std::lround(mm / head.scan.grid.spacing_mm[way.axis]));
  const int last_index = head.scan.grid.size[way.axis] - 1;
  if (way.with) return {way.axis, 0, std::clamp(box.high[way.axis] - off, 0, last_index)};
  return {way.axis, std::clamp(box.low[way.axis] + off, 0, last_index), last_index};
}

// The space inside the skull: sulci, and what lies between brain and bone.
Mask inside_skull(const Mask& brain) {
  return dilated(closed(brain, 4.0), kInsideSkullMm);
}

double mean_weighted(const Volume& scan, const Volume& weight) {
  struct Sums {
    double weight = 0, value = 0;
    Sums& operator+=(const Sums& other) {
      weight += other.weight;
      value += other.value;
      return *this;
    }
  };
  const Sums sums = parallel_sum(scan.size(), voxel_block, Sums{}, [&](std::size_t begin, std::size_t end) {
    Sums part;
    for (std::size_t n = begin; n < end; ++n) part += {weight[n], double(weight[n]) * scan[n]};
    return part;
  });
  return sums.weight > 0 ? sums.value / sums.weight : 0;
}

Volume white_noise(const Grid& grid, std::uint64_t seed) {
  const CountedRandom random(seed);
  return voxelwise(grid, [&](std::size_t n) { return random.normal(n); });
}

// `values` moved to mean 0 and standard deviation 1 within the mask.
Volume standardised(const Volume& values, const Mask& mask) {
  const Volume weight = as_volume(mask);
  const double mean = mean_weighted(values, weight);
  const double square = mean_weighted(
      voxelwise(values.grid, [&](std::size_t n) { return (values[n] - mean) * (values[n] - mean); }), weight);
  const double deviation = square > 0 ? std::sqrt(square) : 1;
  return voxelwise(values.grid, [&](std::size_t n) { return (values[n] - mean) / deviation; });
}

}  // namespace

KnownScan known_scan(const SourceHead& head, const SimulatedVisit& visit) {
  const Affine to_head = visit.truth.person_to_scan.inverse();
  const Grid& grid = visit.scan.grid;
  KnownScan known{visit.scan, threshold(resample(as_volume(head.brain), grid, to_head), 0.5F),
                  resample(head.tissue.gm, grid, to_head), resample(head.tissue.wm, grid, to_head)};
  known.brain = holes_filled(known.brain);
  // CSF: what of the brain's mask is neither. Powers keep partial volumes out of the means.
  const auto pure = [&](auto&& fraction) {
    return mean_weighted(known.scan, voxelwise(grid, [&](std::size_t n) { return std::pow(fraction(n), 4.0); }));
  };
  known.gm_mean = pure([&](std::size_t n) { return known.gm[n]; });
  known.wm_mean = pure([&](std::size_t n) { return known.wm[n]; });
  known.csf_mean =
      pure([&](std::size_t n) { return known.brain[n] ? std::max(0.F, 1.F - known.gm[n] - known.wm[n]) : 0.F; });
  return known;
}

SourceHead bent_head(const SourceHead& head, std::uint64_t person) {
  SpaceBox box = space_box(head.t1.grid);
  const PersonMap map(person, box);
  const SpaceBox covered = map.covering(box);
  Grid grid = head.t1.grid;
  // The same grid, longer on both sides by what the bending may need.
  const Vec3 room_mm = (covered.high_mm - box.high_mm).cwiseMax(box.low_mm - covered.low_mm).cwiseMax(0);
  std::array<int, 3> more{};
  for (int a = 0; a < 3; ++a) {
    more[a] = int(std::ceil((grid.direction.col(a).cwiseAbs().dot(room_mm)) / grid.spacing_mm[a]));
    grid.size[a] += 2 * more[a];
  }
  grid.origin_mm = head.t1.grid.index_to_lps() * Vec3(-more[0], -more[1], -more[2]);
  const CubicSampler t1(head.t1);
  const Volume brain = as_volume(head.brain);
  const LinearSampler mask(brain);
  const Affine to_index = head.t1.grid.lps_to_index();
  Mask bent_brain(grid);
  const Volume bent = volume_of(grid, [&](std::size_t n, const Vec3& at) {
    const Vec3 index = to_index * map(at);
    const auto x = float(index[0]), y = float(index[1]), z = float(index[2]);
    bent_brain[n] = mask(x, y, z) >= 0.5F;
    return std::max(0.F, t1(x, y, z));
  });
  return source_head(bent, bent_brain);
}

int axis_along(const Grid& grid, int lps_axis) {
  return axis_towards(grid, Vec3::Unit(lps_axis)).axis;
}

float brain_quantile(const Volume& scan, const Mask& brain, double q) {
  require_same_grid(scan.grid, brain.grid, "scan", "brain mask");
  std::vector<float> values;
  for (std::size_t n = 0; n < scan.size(); ++n)
    if (brain[n]) values.push_back(scan[n]);
  if (values.empty()) throw InputError("The brain mask to plant a fault by is empty.");
  const auto place = values.begin() + std::ptrdiff_t(q * double(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

Volume with_rician_noise(const Volume& scan, double sigma, std::uint64_t seed) {
  if (sigma == 0) return scan;
  const CountedRandom real(seed, 1), imaginary(seed, 2);
  return voxelwise(scan.grid, [&](std::size_t n) {
    return std::hypot(scan[n] + sigma * real.normal(n), sigma * imaginary.normal(n));
  });
}

Volume cropped(const KnownScan& head, HeadSide side, double mm) {
  const Kept kept = kept_without(head, side, mm);
  std::array<int, 3> low{0, 0, 0}, high = head.scan.grid.size;
  for (int& index : high) --index;
  low[kept.axis] = kept.first;
  high[kept.axis] = kept.last;
  return cropped(head.scan, low, high);
}

Volume blanked(const KnownScan& head, HeadSide side, double mm) {
  const Kept kept = kept_without(head, side, mm);
  Volume result = head.scan;
  const Grid& grid = result.grid;
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const int place = kept.axis == 0 ? i : kept.axis == 1 ? j : int(k);
        if (place < kept.first || place > kept.last) result.at(i, j, int(k)) = 0;
      }
  });
  return result;
}

Volume folded_over(const KnownScan& head, double room_mm) {
  const Grid& grid = head.scan.grid;
  const int axis = axis_along(grid, 1);
  const Box box = bounding_box(head.brain);
  if (box.empty()) throw InputError("The brain mask to plant a fault by is empty.");
  const int room = int(std::lround(room_mm / grid.spacing_mm[axis]));
  std::array<int, 3> low{0, 0, 0}, high = grid.size;
  for (int& index : high) --index;
  low[axis] = std::max(0, box.low[axis] - room);
  high[axis] = std::min(grid.size[axis] - 1, box.high[axis] + room);
  const int length = high[axis] - low[axis] + 1;
  if (length < 1) throw InputError("A field of view that is so short shows nothing.");
  Volume result(cropped_grid(grid, low, high));
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        std::array<int, 3> at{i, j, k};
        at[axis] = ((at[axis] - low[axis]) % length + length) % length;
        result.at(at[0], at[1], at[2]) += head.scan.at(i, j, k);
      }
  return result;
}

Volume thick_slices(const Volume& scan, double mm) {
  constexpr double kStepMm = 0.5;  // finer than any scan that is sampled
  const int axis = axis_along(scan.grid, 2);
  const double spacing_mm = scan.grid.spacing_mm[axis];
  if (mm <= spacing_mm) return scan;
  Grid grid = scan.grid;
  grid.spacing_mm[axis] = mm;
  grid.size[axis] = std::max(1, int(std::floor(scan.grid.size[axis] * spacing_mm / mm + 1e-9)));
  Vec3 first = Vec3::Zero();
  first[axis] = 0.5 * (mm / spacing_mm - 1);
  grid.origin_mm = scan.grid.index_to_lps() * first;
  const int samples = int(std::ceil(mm / kStepMm));
  const LinearSampler at(scan);
  const Affine to_index = scan.grid.lps_to_index();
  return volume_of(grid, [&](std::size_t, const Vec3& lps) {
    const Vec3 middle = to_index * lps;
    double sum = 0;
    for (int s = 0; s < samples; ++s) {
      Vec3 place = middle;
      place[axis] += ((s + 0.5) / samples - 0.5) * mm / spacing_mm;
      sum += at(float(place[0]), float(place[1]), float(place[2]));
    }
    return sum / samples;
  });
}

Volume with_wrong_spacing(const Volume& scan, int lps_axis, double percent) {
  Volume result = scan;
  result.grid.spacing_mm[axis_along(scan.grid, lps_axis)] *= 1 + percent / 100;
  return result;
}

Volume mirrored(const Volume& scan) {
  const int axis = axis_along(scan.grid, 0);
  Volume result = scan;
  result.grid.direction.col(axis) *= -1;
  Vec3 last = Vec3::Zero();
  last[axis] = scan.grid.size[axis] - 1;
  result.grid.origin_mm = scan.grid.index_to_lps() * last;
  return result;
}

Volume reordered(const Volume& scan, const Mat3& axes) {
  std::array<AxisWay, 3> from;
  Grid grid;
  Vec3 first = Vec3::Zero();
  for (int a = 0; a < 3; ++a) {
    from[a] = axis_towards(scan.grid, axes.col(a));
    const int axis = from[a].axis;
    grid.size[a] = scan.grid.size[axis];
    grid.spacing_mm[a] = scan.grid.spacing_mm[axis];
    grid.direction.col(a) = (from[a].with ? 1.0 : -1.0) * scan.grid.direction.col(axis);
    if (!from[a].with) first[axis] = scan.grid.size[axis] - 1;
  }
  grid.origin_mm = scan.grid.index_to_lps() * first;
  Volume result(grid);
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::array<int, 3> index{i, j, k};
        std::array<int, 3> source{};
        for (int a = 0; a < 3; ++a)
          source[from[a].axis] = from[a].with ? index[a] : scan.grid.size[from[a].axis] - 1 - index[a];
        result.at(i, j, k) = scan.at(source[0], source[1], source[2]);
      }
  return result;
}

Volume with_slices_out_of_order(const KnownScan& head, double share) {
  const Grid& grid = head.scan.grid;
  const int axis = axis_along(grid, 2);
  const Box box = bounding_box(head.brain);
  const int all = grid.size[axis];
  const int count = std::clamp(int(std::lround(share * all)), std::min(3, all), all);
  const int middle = box.empty() ? all / 2 : (box.low[axis] + box.high[axis]) / 2;
  const int first = std::clamp(middle - count / 2, 0, all - count);
  std::vector<int> source(all);
  for (int s = 0; s < all; ++s) source[s] = s;
  for (int s = 0; s < count; ++s) {
    const int evens = (count + 1) / 2;
    source[first + s] = first + (s < evens ? 2 * s : 2 * (s - evens) + 1);
  }
  Volume result(grid);
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        std::array<int, 3> at{i, j, k};
        at[axis] = source[at[axis]];
        result.at(i, j, k) = head.scan.at(at[0], at[1], at[2]);
      }
  return result;
}

Volume distorted(const Volume& scan, double mm_at_100_mm) {
  const Vec3 centre = scan.grid.centre_mm();
  const CubicSampler at(scan);
  const Affine to_index = scan.grid.lps_to_index();
  return volume_of(scan.grid, [&](std::size_t, const Vec3& lps) {
    const Vec3 out = lps - centre;
    // Where the point shown here comes from; to first order the inverse of r (1 + c r^2).
    const Vec3 index = to_index * (centre + out * (1 - mm_at_100_mm / 100 * out.squaredNorm() / 1e4));
    return std::max(0.F, at(float(index[0]), float(index[1]), float(index[2])));
  });
}

Volume clipped(const Volume& scan, float limit) {
  return voxelwise(scan.grid, [&](std::size_t n) { return std::min(scan[n], limit); });
}

Volume wrapped(const Volume& scan, float limit) {
  return voxelwise(scan.grid, [&](std::size_t n) {
    const double value = std::nearbyint(32767.0 * scan[n] / limit);
    return value - 65536.0 * std::floor((value + 32768.0) / 65536.0);
  });
}

Volume shifted(const Volume& scan, double add) {
  return voxelwise(scan.grid, [&](std::size_t n) { return scan[n] + add; });
}

Volume z_scored(const Volume& scan, const Mask& brain) {
  return standardised(scan, brain);
}

Volume shaded(const KnownScan& head, double amplitude, std::uint64_t seed) {
  const Grid& grid = head.scan.grid;
  const SmoothField field(space_box(grid), kBiasKnotsMm, 1.0, CountedRandom(seed, 3));
  const Volume shape = volume_of(grid, [&](std::size_t, const Vec3& at) { return field(at); });
  // The field's extremes often lie in the air: the amplitude is that in the brain.
  const double most =
      largest_of_voxels(shape.size(), [&](std::size_t n) { return head.brain[n] ? std::abs(shape[n]) : 0.0; });
  const double factor = most > 0 ? amplitude / most : 0.0;
  return voxelwise(grid, [&](std::size_t n) {
    return head.scan[n] * std::exp(std::clamp(factor * shape[n], -2 * amplitude, 2 * amplitude));
  });
}

Volume with_noisy_air(const KnownScan& head, double amplitude, std::uint64_t seed) {
  const CountedRandom random(seed, 4);
  const double limit = kAirShareOfWhite * head.wm_mean, width = 0.1 * limit;
  return voxelwise(head.scan.grid, [&](std::size_t n) {
    const double air = 1 / (1 + std::exp(std::clamp((head.scan[n] - limit) / width, -50.0, 50.0)));
    return head.scan[n] * (1 - air) + random.uniform(n, 0, amplitude) * air;
  });
}

Volume with_contrast(const KnownScan& head, const Contrast& contrast) {
  const Mask inside = inside_skull(head.brain);
  return voxelwise(head.scan.grid, [&](std::size_t n) {
    if (!inside[n]) return contrast.outside * head.scan[n];
    const double csf = std::max(0.0, 1.0 - head.gm[n] - head.wm[n]);
    return csf * contrast.csf + head.gm[n] * contrast.gm + head.wm[n] * contrast.wm;
  });
}

Volume with_tissue_contrast(const KnownScan& head, double share) {
  const double middle = 0.5 * (head.gm_mean + head.wm_mean), lost = 1 - share;
  return voxelwise(head.scan.grid, [&](std::size_t n) {
    return std::max(
        0.0, head.scan[n] + lost * (head.gm[n] * (middle - head.gm_mean) + head.wm[n] * (middle - head.wm_mean)));
  });
}

Volume inverted(const KnownScan& head, bool air_as_well) {
  const double brightest = brain_quantile(head.scan, head.brain, 0.99), air = kAirShareOfWhite * head.wm_mean;
  // Sulci and ventricles are as dark as air in some scans, and belong to the head.
  const Mask inside = inside_skull(head.brain);
  return voxelwise(head.scan.grid, [&](std::size_t n) {
    const bool turned = air_as_well || inside[n] || head.scan[n] > air;
    return turned ? std::max(0.0, brightest - head.scan[n]) : double(head.scan[n]);
  });
}

Volume enhanced(const KnownScan& head, double share_of_covering, double brightness, std::uint64_t seed) {
  constexpr double kPatchMm = 3.0, kCoveringMm = 3.0, kCoveringInMm = 1.0;
  constexpr double kPlexusDepthMm = 20.0, kSinusHalfWidthMm = 4.0, kSinusHeightMm = 7.0;
  const Grid& grid = head.scan.grid;
  const Volume depth = signed_distance(head.brain);
  // At least the voxels next to the brain, however large they are.
  const double covering_out_mm = std::max(kCoveringMm, 1.5 * grid.spacing_mm.maxCoeff());
  const Volume patches = gaussian(white_noise(grid, seed), kPatchMm);
  std::vector<float> of_covering;
  const auto covering = [&](std::size_t n) { return depth[n] < covering_out_mm && depth[n] > -kCoveringInMm; };
  for (std::size_t n = 0; n < grid.voxel_count(); ++n)
    if (covering(n)) of_covering.push_back(patches[n]);
  if (of_covering.empty()) return head.scan;
  const auto place = of_covering.begin() + std::ptrdiff_t((1 - share_of_covering) * double(of_covering.size() - 1));
  std::nth_element(of_covering.begin(), place, of_covering.end());
  const float least = *place;
  const Vec3 middle_mm = box_middle_mm(head.brain);
  return volume_of(grid, [&](std::size_t n, const Vec3& at) {
    const bool plexus = depth[n] < -kPlexusDepthMm && 1 - head.gm[n] - head.wm[n] > 0.5F && patches[n] > 0;
    const bool sinus = depth[n] > 0 && depth[n] < kSinusHeightMm && at[2] > middle_mm[2] &&
                       std::abs(at[0] - middle_mm[0]) < kSinusHalfWidthMm;
    const bool bright = plexus || sinus || (covering(n) && patches[n] > least);
    return bright ? std::max(head.scan[n], float(brightness)) : head.scan[n];
  });
}

Volume masked(const Volume& scan, const Mask& mask) {
  require_same_grid(scan.grid, mask.grid, "scan", "mask");
  return voxelwise(scan.grid, [&](std::size_t n) { return mask[n] ? scan[n] : 0.F; });
}

Mask peeled_on_the_right(const Mask& brain, double mm) {
  const Mask core = eroded(brain, mm);
  const Box box = bounding_box(brain);
  Vec3 middle;
  for (int a = 0; a < 3; ++a) middle[a] = 0.5 * (box.low[a] + box.high[a]);
  const double middle_mm = (brain.grid.index_to_lps() * middle)[0];
  const Volume right = volume_of(brain.grid, [&](std::size_t, const Vec3& at) { return at[0] < middle_mm; });
  Mask result(brain.grid);
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = right[n] > 0 ? core[n] : brain[n]; });
  return result;
}

Volume with_smaller_brain(const KnownScan& head, double percent) {
  const Grid& grid = head.scan.grid;
  const double scale = std::cbrt(1 - percent / 100);
  const Volume brain = as_volume(head.brain);
  const LinearSampler is_brain(brain);
  const CubicSampler scan(head.scan);
  const Affine to_index = grid.lps_to_index();
  const Box box = bounding_box(head.brain);
  Vec3 middle;
  for (int a = 0; a < 3; ++a) middle[a] = 0.5 * (box.low[a] + box.high[a]);
  const Vec3 middle_mm = grid.index_to_lps() * middle;
  return volume_of(grid, [&](std::size_t n, const Vec3& at) -> double {
    const Vec3 index = to_index * (middle_mm + (at - middle_mm) / scale);
    const auto x = float(index[0]), y = float(index[1]), z = float(index[2]);
    if (is_brain(x, y, z) >= 0.5F) return std::max(0.F, scan(x, y, z));
    return brain[n] > 0 ? head.csf_mean : double(head.scan[n]);
  });
}

Volume statistical_map(const KnownScan& head, std::uint64_t seed) {
  constexpr double kSmoothMm = 4.0;  // about 9 mm full width, as such maps are smoothed
  return masked(standardised(gaussian(white_noise(head.scan.grid, seed), kSmoothMm), head.brain), head.brain);
}

Volume fruit(const Grid& grid, double brightness) {
  constexpr double kPeelMm = 5.0, kSegments = 10.0;
  const Vec3 centre = grid.centre_mm(), radii(42, 46, 40);
  return volume_of(grid, [&](std::size_t, const Vec3& at) -> double {
    const Vec3 out = at - centre;
    const double r = out.cwiseQuotient(radii).norm();
    if (r > 1) return 0;
    if (r > 1 - kPeelMm / radii.mean()) return 0.35 * brightness;
    const double wall = std::abs(std::sin(0.5 * kSegments * std::atan2(out[1], out[0])));
    const bool seed = r < 0.35 && wall > 0.8 && std::abs(out[2]) < 6;
    if (seed || r < 0.08) return 0.2 * brightness;
    return brightness * (wall < 0.12 ? 0.5 : 0.8 + 0.2 * std::sin(0.9 * out[2] + 5 * r));
  });
}

}  // namespace wane
