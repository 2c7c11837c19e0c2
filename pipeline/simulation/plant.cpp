#include "pipeline/simulation/plant.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "pipeline/simulation/displacement.h"
#include "pipeline/simulation/poisson.h"

namespace wane {
namespace {

constexpr std::size_t kBlock = 1 << 16;
constexpr double kPlantingMarginMm = 8.0;  // around the brain: room for the intracranial space
constexpr int kRefinements = 3;            // Newton steps on the finished truth; each wins about two digits
constexpr double kRequestTolerancePercent = 1e-3;
constexpr double kFieldSmoothingVoxels = 0.5;  // takes the checkerboard off that differences of faces leave

// Streams of random numbers of a seed; a visit's streams are kVisitStreams apart.
enum Stream : std::uint64_t { kPattern = 100, kPose = 1000, kBias, kNoiseReal, kNoiseImaginary, kGain };
constexpr std::uint64_t kVisitStreams = 16;

template <class F>
double sum_over(std::size_t n, F&& term) {
  return parallel_sum(n, kBlock, 0.0, [&](std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t m = begin; m < end; ++m) sum += term(m);
    return sum;
  });
}

// The corners' box, along the LPS axes, of a part of a grid.
SpaceBox space_box(const Grid& grid, const Box& part) {
  const Affine to_lps = grid.index_to_lps();
  SpaceBox box{Vec3::Constant(1e30), Vec3::Constant(-1e30)};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (int a = 0; a < 3; ++a) index[a] = (corner >> a) & 1 ? part.high[a] : part.low[a];
    const Vec3 at = to_lps * index;
    box.low_mm = box.low_mm.cwiseMin(at);
    box.high_mm = box.high_mm.cwiseMax(at);
  }
  return box;
}

SpaceBox widened(SpaceBox box, const Vec3& below_mm, const Vec3& above_mm) {
  box.low_mm -= below_mm;
  box.high_mm += above_mm;
  return box;
}

// The grid in the orientation of `like` that covers a box.
Grid covering_grid(const Grid& like, const SpaceBox& box, const Vec3& spacing_mm) {
  Vec3 low = Vec3::Constant(1e30), high = Vec3::Constant(-1e30);
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 at;
    for (int a = 0; a < 3; ++a) at[a] = (corner >> a) & 1 ? box.high_mm[a] : box.low_mm[a];
    const Vec3 along = like.direction.transpose() * at;
    low = low.cwiseMin(along);
    high = high.cwiseMax(along);
  }
  Grid grid;
  grid.direction = like.direction;
  grid.spacing_mm = spacing_mm;
  for (int a = 0; a < 3; ++a) grid.size[a] = int(std::ceil((high[a] - low[a]) / spacing_mm[a])) + 1;
  grid.origin_mm = like.direction * low;
  return grid;
}

// Every voxel of `grid` cut into parts[a] along axis a.
Grid refined_grid(const Grid& grid, const std::array<int, 3>& parts) {
  Grid fine = grid;
  Vec3 first;
  for (int a = 0; a < 3; ++a) {
    fine.size[a] = grid.size[a] * parts[a];
    fine.spacing_mm[a] = grid.spacing_mm[a] / parts[a];
    first[a] = 0.5 / parts[a] - 0.5;
  }
  fine.origin_mm = grid.index_to_lps() * first;
  return fine;
}

Volume averaged_over_parts(const Volume& fine, const Grid& grid, const std::array<int, 3>& parts) {
  Volume mean(grid);
  const float share = 1.F / float(parts[0] * parts[1] * parts[2]);
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int z = 0; z < parts[2]; ++z)
      for (int y = 0; y < fine.grid.size[1]; ++y)
        for (int x = 0; x < fine.grid.size[0]; ++x)
          mean.at(x / parts[0], y / parts[1], int(k)) += share * fine.at(x, y, int(k) * parts[2] + z);
  });
  return mean;
}

// How often a voxel is cut along each axis to be no larger than the source's: a voxel shows the mean of what it covers.
std::array<int, 3> parts_of_voxel(const Vec3& voxel_mm, const SourceHead& head) {
  std::array<int, 3> parts;
  const double source_mm = head.t1.grid.spacing_mm.maxCoeff();
  for (int a = 0; a < 3; ++a) parts[a] = std::max(1, int(std::lround(voxel_mm[a] / source_mm)));
  return parts;
}

// A person's anatomy. What is planted lives on the planting grid, what is measured on a grid as fine as the source.
struct Anatomy {
  SpaceBox brain_box;
  DisplacementField to_source;  // person's LPS + this = source head's LPS; its grid is the planting grid
  Mask domain;                  // the intracranial space, where things can move
  Volume gm, wm;                // on the planting grid
  Volume fine_gm, fine_wm;      // on the measuring grid
};

DisplacementField displacement_to_source(const PersonMap& person, const Grid& grid) {
  DisplacementField field(grid, Eigen::Vector3f::Zero());
  const Affine to_lps = grid.index_to_lps();
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Vec3 at = to_lps * Vec3(i, j, double(k));
        field.at(i, j, int(k)) = (person(at) - at).cast<float>();
      }
  });
  return field;
}

Anatomy anatomy_of(const SourceHead& head, const PlantOptions& options) {
  Anatomy anatomy;
  PersonMap person;
  const SpaceBox source_box = space_box(head.brain.grid, bounding_box(head.brain));
  if (options.person) person = PersonMap(*options.person, widened(source_box, Vec3::Constant(30), Vec3::Constant(30)));
  anatomy.brain_box = person.covering(source_box);
  const Vec3 margin = Vec3::Constant(kPlantingMarginMm);
  const Vec3 spacing_mm = Vec3::Constant(options.planting_spacing_mm);
  const Grid grid = covering_grid(head.t1.grid, widened(anatomy.brain_box, margin, margin), spacing_mm);
  anatomy.to_source = displacement_to_source(person, grid);
  const std::array<int, 3> parts = parts_of_voxel(spacing_mm, head);
  const Grid measuring = refined_grid(grid, parts);
  auto in_person_space = [&](const Volume& map) {
    return resample_displaced(map, measuring, Affine::Identity(), anatomy.to_source);
  };
  anatomy.fine_gm = in_person_space(head.tissue.gm);
  anatomy.fine_wm = in_person_space(head.tissue.wm);
  anatomy.gm = averaged_over_parts(anatomy.fine_gm, grid, parts);
  anatomy.wm = averaged_over_parts(anatomy.fine_wm, grid, parts);
  const Mask brain = threshold(averaged_over_parts(in_person_space(as_volume(head.brain)), grid, parts), 0.5F);
  // Sulci belong to the space between brain and skull, and so do 3 mm beyond the brain's surface.
  anatomy.domain = largest_component(dilated(closed(brain, 4.0), 3.0));
  return anatomy;
}

// Where more is lost and where less: between 0 and 2, 1 on average over the tissue.
Volume regional_pattern(const Anatomy& anatomy, const PlantOptions& options) {
  const Grid& grid = anatomy.gm.grid;
  const SmoothField field(widened(anatomy.brain_box, Vec3::Constant(20), Vec3::Constant(20)),
                          options.pattern_spacing_mm, 2.5 * options.pattern_strength,
                          CountedRandom(options.seed, kPattern));
  Volume pattern(grid);
  const Affine to_lps = grid.index_to_lps();
  parallel_for(grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        pattern.at(i, j, int(k)) = float(std::clamp(1.0 + field(to_lps * Vec3(i, j, double(k))), 0.0, 2.0));
  });
  return pattern;
}

// The displacement of losing 1 % in one tissue, as far as a smooth displacement can follow the map.
DisplacementField unit_displacement(const Anatomy& anatomy, const Volume& tissue, const Volume& pattern) {
  const Mask& domain = anatomy.domain;
  const std::size_t n = domain.size();
  auto csf = [&](std::size_t m) { return std::max(0.0, 1.0 - anatomy.gm[m] - anatomy.wm[m]) + 1e-6; };
  const double taken = sum_over(n, [&](std::size_t m) { return domain[m] ? 0.01 * tissue[m] * pattern[m] : 0.0; });
  const double room = sum_over(n, [&](std::size_t m) { return domain[m] ? csf(m) : 0.0; });
  Volume rate(domain.grid);
  parallel_for(
      n,
      [&](std::size_t m) {
        if (domain[m]) rate[m] = float(-0.01 * tissue[m] * pattern[m] + taken * csf(m) / room);
      },
      kBlock);
  return smoothed(displacement_of_rate(rate, domain), kFieldSmoothingVoxels);
}

DisplacementField combined(const DisplacementField& a, const DisplacementField& b, const Eigen::Vector2d& weight) {
  DisplacementField sum(a.grid, Eigen::Vector3f::Zero());
  parallel_for(
      a.size(), [&](std::size_t n) { sum[n] = float(weight[0]) * a[n] + float(weight[1]) * b[n]; }, kBlock);
  return sum;
}

// Sums over the brain of one tissue each, weighted or not.
struct TissueSums {
  double gm = 0, wm = 0;
  double least_jacobian = 1, most_jacobian = 1;
  TissueSums& operator+=(const TissueSums& other) {
    gm += other.gm;
    wm += other.wm;
    least_jacobian = std::min(least_jacobian, other.least_jacobian);
    most_jacobian = std::max(most_jacobian, other.most_jacobian);
    return *this;
  }
};

// Reads the tissues' changes off a displacement, on the measuring grid and within the intracranial space.
class TissueMeter {
 public:
  explicit TissueMeter(const Anatomy& anatomy)
      : anatomy_(anatomy), measuring_(anatomy.fine_gm.grid), gm_(anatomy.fine_gm), wm_(anatomy.fine_wm) {
    for (int a = 0; a < 3; ++a) parts_[a] = measuring_.size[a] / anatomy.domain.grid.size[a];
    volume_ = sums([&](std::size_t n, const Vec3&, TissueSums& sum) {
      sum.gm += anatomy_.fine_gm[n];
      sum.wm += anatomy_.fine_wm[n];
    });
  }

  // Of the maps carried to where the visit shows them. Cubic interpolation, as of the scan itself: linear would read
  // the maps half a voxel against the movement, which matters in a cortex of three voxels.
  TissueChange by_volume(const DisplacementField& backward) const {
    const Affine to_field = backward.grid.lps_to_index() * measuring_.index_to_lps();
    const Mat3 to_index = measuring_.lps_to_index().linear();
    return change_to(sums([&](std::size_t, const Vec3& index, TissueSums& sum) {
      const Vec3 at = index + to_index * displacement_at(backward, to_field * index).cast<double>();
      sum.gm += gm_(float(at[0]), float(at[1]), float(at[2]));
      sum.wm += wm_(float(at[0]), float(at[1]), float(at[2]));
    }));
  }

  // Of every voxel's Jacobian determinant; also its range.
  TissueChange by_jacobian(const DisplacementField& forward, VisitTruth& range) const {
    const Affine to_field = forward.grid.lps_to_index() * measuring_.index_to_lps();
    const Mat3 to_index = measuring_.lps_to_index().linear();
    const TissueSums total = sums([&](std::size_t n, const Vec3& index, TissueSums& sum) {
      Mat3 per_index;  // columns: change of the displacement per voxel along i, j, k
      for (int a = 0; a < 3; ++a) {
        const Vec3 step = Vec3::Unit(a);
        per_index.col(a) = 0.5 * (displacement_at(forward, to_field * (index + step)) -
                                  displacement_at(forward, to_field * (index - step)))
                                     .cast<double>();
      }
      const double jacobian = (Mat3::Identity() + per_index * to_index).determinant();
      sum += {jacobian * anatomy_.fine_gm[n], jacobian * anatomy_.fine_wm[n], jacobian, jacobian};
    });
    range.least_jacobian = total.least_jacobian;
    range.most_jacobian = total.most_jacobian;
    return change_to(total);
  }

 private:
  // f(offset, index, sum) for every voxel of the measuring grid within the domain, slices added in order.
  template <class F>
  TissueSums sums(F&& f) const {
    return parallel_sum(measuring_.size[2], 1, TissueSums{}, [&](std::size_t k, std::size_t) {
      TissueSums sum;
      for (int j = 0; j < measuring_.size[1]; ++j)
        for (int i = 0; i < measuring_.size[0]; ++i)
          if (anatomy_.domain.at(i / parts_[0], j / parts_[1], int(k) / parts_[2]))
            f(measuring_.offset(i, j, int(k)), Vec3(i, j, double(k)), sum);
      return sum;
    });
  }

  TissueChange change_to(const TissueSums& sum) const {
    return {100 * ((sum.gm + sum.wm) / (volume_.gm + volume_.wm) - 1), 100 * (sum.gm / volume_.gm - 1),
            100 * (sum.wm / volume_.wm - 1)};
  }

  const Anatomy& anatomy_;
  const Grid measuring_;
  const CubicSampler gm_, wm_;
  std::array<int, 3> parts_{1, 1, 1};
  TissueSums volume_;
};

// What a visit's atrophy does, and the way back from it.
struct Atrophy {
  DisplacementField backward;  // on the planting grid; empty where nothing is planted
  VisitTruth truth;
};

class Planter {
 public:
  Planter(const Anatomy& anatomy, const PlantOptions& options) : meter_(anatomy) {
    const Volume pattern = regional_pattern(anatomy, options);
    gm_unit_ = unit_displacement(anatomy, anatomy.gm, pattern);
    wm_unit_ = unit_displacement(anatomy, anatomy.wm, pattern);
    VisitTruth ignored;
    const TissueChange by_gm = meter_.by_jacobian(gm_unit_, ignored);
    const TissueChange by_wm = meter_.by_jacobian(wm_unit_, ignored);
    response_ << by_gm.gm, by_wm.gm, by_gm.wm, by_wm.wm;
  }

  Atrophy plant(const VisitRequest& request) const {
    const Eigen::Vector2d wanted(request.gm_change_percent, request.wm_change_percent);
    if (wanted.isZero()) return {};
    Eigen::Vector2d weight = response_.inverse() * wanted;
    for (int refinement = 0;; ++refinement) {
      const DisplacementField forward = combined(gm_unit_, wm_unit_, weight);
      Atrophy result{inverted(forward), {}};
      result.truth.by_volume = meter_.by_volume(result.backward);
      const Eigen::Vector2d missed = wanted - Eigen::Vector2d(result.truth.by_volume.gm, result.truth.by_volume.wm);
      if (refinement == kRefinements || missed.cwiseAbs().maxCoeff() < kRequestTolerancePercent) {
        read_truth(forward, result.truth);
        return result;
      }
      weight += response_.inverse() * missed;
    }
  }

 private:
  void read_truth(const DisplacementField& forward, VisitTruth& truth) const {
    truth.by_jacobian = meter_.by_jacobian(forward, truth);
    for (const auto& u : forward.values)
      truth.largest_displacement_mm = std::max(truth.largest_displacement_mm, double(u.norm()));
    if (truth.least_jacobian <= 0)
      throw InputError("So much change cannot be planted in this head: the displacement would fold the tissue.");
  }

  const TissueMeter meter_;
  DisplacementField gm_unit_, wm_unit_;
  Eigen::Matrix2d response_;  // percent change of (GM, WM) by one unit of either field
};

// Person's LPS -> scanner's LPS, about the brain's centre.
Affine drawn_pose(const SpaceBox& brain_box, double drift_percent, const PlantOptions& options,
                  const CountedRandom& random) {
  const Vec3 centre = 0.5 * (brain_box.low_mm + brain_box.high_mm);
  Mat3 rotation = Mat3::Identity();
  Vec3 shift;
  for (int a = 0; a < 3; ++a) {
    const double degrees = random.uniform(a, -options.rotation_degrees, options.rotation_degrees);
    rotation = Eigen::AngleAxisd(degrees * std::numbers::pi / 180.0, Vec3::Unit(a)).toRotationMatrix() * rotation;
    shift[a] = random.uniform(3 + a, -options.shift_mm, options.shift_mm);
  }
  Affine pose = Affine::Identity();
  pose.linear() = (1.0 + drift_percent / 100.0) * rotation;
  pose.translation() = centre + shift - pose.linear() * centre;
  return pose;
}

// Visit's LPS -> source head's LPS in one step, without the pose: back from the atrophy, then into the source.
DisplacementField composed(const Anatomy& anatomy, const DisplacementField& backward) {
  if (backward.empty()) return anatomy.to_source;
  DisplacementField sum(backward.grid, Eigen::Vector3f::Zero());
  const Mat3 to_index = backward.grid.lps_to_index().linear();
  parallel_for(backward.grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < backward.grid.size[1]; ++j)
      for (int i = 0; i < backward.grid.size[0]; ++i) {
        const std::size_t n = backward.grid.offset(i, j, int(k));
        const Vec3 at = Vec3(i, j, double(k)) + to_index * backward[n].cast<double>();
        sum[n] = backward[n] + displacement_at(anatomy.to_source, at);
      }
  });
  return sum;
}

// The one resampling of a visit.
Volume scanned(const SourceHead& head, const DisplacementField& to_source, const Grid& grid,
               const Affine& scan_to_person) {
  const std::array<int, 3> parts = parts_of_voxel(grid.spacing_mm, head);
  const Volume fine = resample_displaced(head.t1, refined_grid(grid, parts), scan_to_person, to_source,
                                         Affine::Identity(), Interpolation::cubic);
  return averaged_over_parts(fine, grid, parts);
}

// exp of a smooth field between -amplitude and amplitude, fixed to the scanner.
void apply_bias(Volume& scan, double amplitude, const CountedRandom& random) {
  if (amplitude == 0) return;
  const Box all{{0, 0, 0}, {scan.grid.size[0] - 1, scan.grid.size[1] - 1, scan.grid.size[2] - 1}};
  const SmoothField field(space_box(scan.grid, all), 90.0, 1.0, random);
  const Affine to_lps = scan.grid.index_to_lps();
  Volume bias(scan.grid);
  parallel_for(scan.grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) bias.at(i, j, int(k)) = float(field(to_lps * Vec3(i, j, double(k))));
  });
  float most = 0;
  for (const float b : bias.values) most = std::max(most, std::abs(b));
  parallel_for(
      scan.size(), [&](std::size_t n) { scan[n] *= float(std::exp(amplitude * bias[n] / most)); }, kBlock);
}

void apply_rician_noise(Volume& scan, double sigma, const CountedRandom& real, const CountedRandom& imaginary) {
  if (sigma == 0) return;
  parallel_for(
      scan.size(),
      [&](std::size_t n) {
        scan[n] = float(std::hypot(scan[n] + sigma * real.normal(n), sigma * imaginary.normal(n)));
      },
      kBlock);
}

float quantile_of_positive(const Volume& volume, double q) {
  std::vector<float> values;
  for (const float v : volume.values)
    if (v > 0) values.push_back(v);
  if (values.empty()) throw InputError("The head to plant in is empty.");
  const auto place = values.begin() + std::ptrdiff_t(q * double(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// Whole numbers as scanners store them; the 99th percentile comes to lie near 400.
void quantize(Volume& scan, double gain) {
  const double factor = 400.0 * gain / quantile_of_positive(scan, 0.99);
  for (float& v : scan.values) v = float(std::clamp(std::nearbyint(v * factor), 0.0, 4095.0));
}

SimulatedVisit simulated_visit(const SourceHead& head, const Anatomy& anatomy, const Atrophy& atrophy,
                               const VisitRequest& request, std::uint64_t number, double bright,
                               const PlantOptions& options) {
  auto random = [&](Stream stream) { return CountedRandom(options.seed, stream + number * kVisitStreams); };
  SimulatedVisit visit;
  visit.truth = atrophy.truth;
  visit.truth.days = request.days;
  visit.truth.calibration_drift_percent = request.calibration_drift_percent;
  visit.truth.person_to_scan = drawn_pose(anatomy.brain_box, request.calibration_drift_percent, options, random(kPose));
  const Vec3 sides = Vec3::Constant(options.margin_mm);
  const SpaceBox view = widened(anatomy.brain_box, sides + Vec3(0, 0, options.margin_mm), sides);
  visit.scan = scanned(head, composed(anatomy, atrophy.backward), covering_grid(head.t1.grid, view, request.voxel_mm),
                       visit.truth.person_to_scan.inverse());
  for (float& v : visit.scan.values) v = std::max(v, 0.F);  // cubic interpolation overshoots at edges
  apply_bias(visit.scan, options.bias_amplitude, random(kBias));
  apply_rician_noise(visit.scan, options.noise_fraction * bright, random(kNoiseReal), random(kNoiseImaginary));
  const double log_range = std::log(options.gain_range);
  quantize(visit.scan, std::exp(random(kGain).uniform(0, -log_range, log_range)));
  return visit;
}

void require_sensible(const std::vector<VisitRequest>& visits) {
  if (visits.empty()) throw UsageError("No visit to simulate.");
  if (visits[0].gm_change_percent != 0 || visits[0].wm_change_percent != 0)
    throw UsageError("The first visit is the baseline: its changes must be 0.");
  for (const VisitRequest& visit : visits) {
    if (std::max(std::abs(visit.gm_change_percent), std::abs(visit.wm_change_percent)) > 20)
      throw UsageError("A planted change must be between -20 and 20 percent.");
    if (!(visit.voxel_mm.minCoeff() >= 0.3 && visit.voxel_mm.maxCoeff() <= 10))
      throw UsageError("The voxels of a simulated visit must be between 0.3 and 10 mm.");
    if (!(std::abs(visit.calibration_drift_percent) <= 5))
      throw UsageError("The calibration drift must be between -5 and 5 percent.");
  }
}

}  // namespace

void PlantOptions::validate() const {
  auto require = [](bool good, const char* sentence) {
    if (!good) throw UsageError(sentence);
  };
  require(planting_spacing_mm >= 0.5 && planting_spacing_mm <= 4, "The planting grid must be between 0.5 and 4 mm.");
  require(pattern_spacing_mm >= 10, "The pattern's regions must be at least 10 mm large.");
  require(pattern_strength >= 0 && pattern_strength <= 2, "The pattern's strength must be between 0 and 2.");
  require(rotation_degrees >= 0 && rotation_degrees <= 45, "The pose's rotation must be between 0 and 45 degrees.");
  require(shift_mm >= 0 && shift_mm <= 200, "The pose's shift must be between 0 and 200 mm.");
  require(bias_amplitude >= 0 && bias_amplitude <= 2, "The bias field's amplitude must be between 0 and 2.");
  require(noise_fraction >= 0 && noise_fraction <= 1, "The noise must be between 0 and 1 of the bright tissue.");
  require(gain_range >= 1 && gain_range <= 10, "The gain's range must be between 1 and 10.");
  require(margin_mm >= 0 && margin_mm <= 100, "The margin must be between 0 and 100 mm.");
}

SourceHead source_head(const Volume& t1, const Mask& brain) {
  require_same_grid(t1.grid, brain.grid, "head", "brain mask");
  SourceHead head{t1, holes_filled(largest_component(brain)), {}};
  for (float& v : head.t1.values) v = std::max(v, 0.F);
  head.tissue = soft_tissue(head.t1, head.brain);
  return head;
}

SimulatedPerson simulate_person(const SourceHead& head, const std::vector<VisitRequest>& visits,
                                const PlantOptions& options) {
  options.validate();
  require_sensible(visits);
  const Anatomy anatomy = anatomy_of(head, options);
  SimulatedPerson person;
  const double voxel_ml = anatomy.gm.grid.voxel_volume_ml();
  person.gm_ml = voxel_ml * sum_over(anatomy.gm.size(), [&](std::size_t n) { return anatomy.gm[n]; });
  person.wm_ml = voxel_ml * sum_over(anatomy.wm.size(), [&](std::size_t n) { return anatomy.wm[n]; });
  std::optional<Planter> planter;
  const double bright = quantile_of_positive(head.t1, 0.95);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const bool unchanged = visits[v].gm_change_percent == 0 && visits[v].wm_change_percent == 0;
    if (!unchanged && !planter) planter.emplace(anatomy, options);
    const Atrophy atrophy = unchanged ? Atrophy{} : planter->plant(visits[v]);
    person.visits.push_back(simulated_visit(head, anatomy, atrophy, visits[v], v, bright, options));
  }
  return person;
}

}  // namespace wane
