#include "registration/pose_search.h"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <memory>
#include <mutex>
#include <type_traits>

#include "base/parallel.h"
#include "imaging/sample_points.h"
#include "imaging/sampled_box.h"

namespace wane {
namespace {

using Complex = std::complex<float>;
using Spectrum = std::vector<Complex>;
using Values = std::vector<float>;

// The next number with no other prime factors than 2, 3 and 5, for which transforms are quick.
int quick_length(int least) {
  const auto is_quick = [](int n) {
    for (const int factor : {2, 3, 5})
      while (n % factor == 0) n /= factor;
    return n == 1;
  };
  while (!is_quick(least)) ++least;
  return least;
}

// Fourier transforms of real volumes of one shape. Plans are made without measuring and for any alignment, so that
// every run and thread adds in the same order. May be used by several threads at once.
class VolumeTransform {
 public:
  explicit VolumeTransform(const std::array<int, 3>& shape) : shape_(shape) {
    Values values(value_count());
    Spectrum spectrum(spectrum_count());
    const std::lock_guard<std::mutex> lock(planner());
    forward_.reset(fftwf_plan_dft_r2c_3d(shape[2], shape[1], shape[0], values.data(), as_fftw(spectrum),
                                         FFTW_ESTIMATE | FFTW_UNALIGNED));
    backward_.reset(fftwf_plan_dft_c2r_3d(shape[2], shape[1], shape[0], as_fftw(spectrum), values.data(),
                                          FFTW_ESTIMATE | FFTW_UNALIGNED));
  }
  ~VolumeTransform() {
    const std::lock_guard<std::mutex> lock(planner());
    forward_.reset();
    backward_.reset();
  }
  VolumeTransform(const VolumeTransform&) = delete;
  VolumeTransform& operator=(const VolumeTransform&) = delete;

  const std::array<int, 3>& shape() const { return shape_; }
  std::size_t value_count() const { return std::size_t(shape_[0]) * shape_[1] * shape_[2]; }
  std::size_t spectrum_count() const { return std::size_t(shape_[0] / 2 + 1) * shape_[1] * shape_[2]; }

  Spectrum spectrum_of(const Values& values) const {
    Spectrum result(spectrum_count());
    fftwf_execute_dft_r2c(forward_.get(), const_cast<float*>(values.data()), as_fftw(result));  // `values` stay
    return result;
  }
  // sum over q of kernel(q) * scan(p + q), for every p, cyclic; both as spectra.
  Values correlated(const Spectrum& kernel, const Spectrum& scan) const {
    Spectrum product(spectrum_count());
    const float scale = 1.F / float(value_count());
    // By hand: the library's product looks for infinities first.
    for (std::size_t n = 0; n < product.size(); ++n) {
      const float a = scale * kernel[n].real(), b = scale * kernel[n].imag(), c = scan[n].real(), d = scan[n].imag();
      product[n] = {a * c + b * d, a * d - b * c};
    }
    Values result(value_count());
    fftwf_execute_dft_c2r(backward_.get(), as_fftw(product), result.data());
    return result;
  }

 private:
  struct Destroy {
    void operator()(fftwf_plan plan) const { fftwf_destroy_plan(plan); }
  };
  using Plan = std::unique_ptr<std::remove_pointer_t<fftwf_plan>, Destroy>;

  static std::mutex& planner() {  // FFTW makes and destroys plans of one thread only
    static std::mutex mutex;
    return mutex;
  }
  static fftwf_complex* as_fftw(Spectrum& spectrum) { return reinterpret_cast<fftwf_complex*>(spectrum.data()); }

  std::array<int, 3> shape_;
  Plan forward_, backward_;
};

double degrees_between(const Mat3& a, const Mat3& b) {
  return std::acos(std::clamp(((a.transpose() * b).trace() - 1) / 2, -1.0, 1.0)) * 180 / EIGEN_PI;
}

// Rotations about `step` apart, none farther from the identity than `most` and half a step: a lattice of rotation
// vectors, thinned where it is denser, as it is far from the identity.
std::vector<Mat3> rotations_within(double most_degrees, double step_degrees) {
  const double farthest = std::min(180.0, most_degrees + step_degrees / 2);
  const int reach = int(farthest / step_degrees);
  std::vector<Vec3> vectors;
  for (int z = -reach; z <= reach; ++z)
    for (int y = -reach; y <= reach; ++y)
      for (int x = -reach; x <= reach; ++x)
        if (const Vec3 vector = step_degrees * Vec3(x, y, z); vector.norm() <= farthest) vectors.push_back(vector);
  std::stable_sort(vectors.begin(), vectors.end(), [](const Vec3& a, const Vec3& b) { return a.norm() < b.norm(); });
  std::vector<Mat3> result;
  for (const Vec3& vector : vectors) {
    const double degrees = vector.norm();
    const Mat3 rotation = degrees > 0 ? Eigen::AngleAxisd(degrees * EIGEN_PI / 180, vector / degrees).toRotationMatrix()
                                      : Mat3::Identity();
    const bool dense = std::any_of(result.begin(), result.end(), [&](const Mat3& known) {
      return degrees_between(known, rotation) < 0.8 * step_degrees;
    });
    if (!dense) result.push_back(rotation);
  }
  return result;
}

struct WeightedMiddle {
  Vec3 middle_mm = Vec3::Zero();
  double reach_mm = 0;  // to the farthest weighted voxel
};

WeightedMiddle weighted_middle(const Volume& weight) {
  const Affine to_lps = weight.grid.index_to_lps();
  const auto& size = weight.grid.size;
  const auto each = [&](auto&& f) {
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i)
          if (weight.at(i, j, k) > 0) f(Vec3(to_lps * Vec3(i, j, k)), double(weight.at(i, j, k)));
  };
  WeightedMiddle result;
  double total = 0;
  each([&](const Vec3& at, double w) {
    result.middle_mm += w * at;
    total += w;
  });
  if (total > 0) result.middle_mm /= total;
  each([&](const Vec3& at, double) { result.reach_mm = std::max(result.reach_mm, (at - result.middle_mm).norm()); });
  return result;
}

class PoseSearch {
 public:
  PoseSearch(const Volume& head, const Volume& weight, const Volume& scan, double largest_size)
      : head_(head),
        weight_(weight),
        scan_(scan),
        weighted_(sampled_box({&weight}, 0)),
        about_(weighted_middle(weight)),
        half_(int(std::ceil(largest_size * about_.reach_mm / scan.grid.spacing_mm.minCoeff()))),
        transform_(padded_shape()) {
    Values values(transform_.value_count()), squares(values.size()), covered(values.size());
    const auto& size = scan.grid.size;
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i) {
          const std::size_t n = offset(i, j, k);
          values[n] = scan.at(i, j, k);
          squares[n] = values[n] * values[n];
          covered[n] = 1;
        }
    spectrum_ = transform_.spectrum_of(values);
    squares_ = transform_.spectrum_of(squares);
    covered_ = transform_.spectrum_of(covered);
  }

  // What the scan shows where a head of this size may lie, for each place of its middle. The region is taken as it is
  // unturned: it is nearly round, and what is found from here is registered with the region as it lies.
  struct Shown {
    // 1 / root of the sum of the squared values that the region covers; 0 where too little of the region is in view.
    Values per_root_energy;
  };
  Shown shown_to(double size) const {
    constexpr double least_share = 0.5;  // with less of a head in view nothing can be measured
    Values weights(transform_.value_count());
    for_turned(Mat3::Identity(), size, [&](std::size_t n, float w, float) { weights[n] = w; });
    double total = 0;
    for (const float w : weights) total += w;
    const Spectrum region = transform_.spectrum_of(weights);
    const Values energy = transform_.correlated(region, squares_), covered = transform_.correlated(region, covered_);
    // Air is no head, however well its noise agrees: local normalisation gives tissue a mean square of about 1.
    constexpr double least_energy = 0.3;
    Shown result{Values(energy.size(), 0.F)};
    for_places([&](std::size_t n) {
      const double share = covered[n] / std::max(total, 1e-9);
      if (share < least_share) return;
      result.per_root_energy[n] =
          float(1 / std::sqrt(std::max(double(energy[n]), least_energy * share * total) + 1e-9));
    });
    return result;
  }

  FoundPose best_place(const Mat3& rotation, double size, const Shown& shown) const {
    Values turned(transform_.value_count());
    for_turned(rotation, size, [&](std::size_t n, float w, float value) { turned[n] = w * value; });
    double energy = 0;
    for (const float v : turned) energy += double(v) * v;
    const Values agreement = transform_.correlated(transform_.spectrum_of(turned), spectrum_);
    float most = 0;
    std::size_t place = 0;
    bool seen = false;
    for_places([&](std::size_t n) {
      if (shown.per_root_energy[n] == 0) return;
      const float value = agreement[n] * shown.per_root_energy[n];
      if (seen && value <= most) return;
      seen = true;
      most = value;
      place = n;
    });
    FoundPose best;
    best.agreement = seen ? double(most) / std::sqrt(energy + 1e-9) : -1;
    Affine turn = Affine::Identity();
    turn.linear() = size * rotation;
    const Vec3 middle = scan_.grid.index_to_lps() * (corner(place) + Vec3::Constant(half_));
    best.head_to_scan = Eigen::Translation3d(middle) * turn * Eigen::Translation3d(-about_.middle_mm);
    return best;
  }

 private:
  std::array<int, 3> padded_shape() const {
    std::array<int, 3> shape{};
    for (int axis = 0; axis < 3; ++axis)
      shape[axis] = quick_length(std::max(scan_.grid.size[axis] + half_ + farthest_outside(), 2 * half_) + 1);
    return shape;
  }
  // How far outside of the scan a head's middle is looked for, in voxels: a head of which half is in view has its
  // middle hardly outside (of a ball whose middle is a quarter of its radius outside, a third is in view). The cyclic
  // volume is that much longer than the scan and half the kernel: what wraps around in it meets no voxel of the scan
  // from any such place.
  int farthest_outside() const { return half_ / 4; }

  // f(offset) of the kernel's first corner, for all places where the middle is looked for.
  template <class F>
  void for_places(F&& f) const {
    const auto& shape = transform_.shape();
    const int before = half_ + farthest_outside();
    std::array<std::vector<int>, 3> places;
    for (int axis = 0; axis < 3; ++axis)
      for (int p = -before; p < scan_.grid.size[axis] - half_ + farthest_outside(); ++p)
        places[axis].push_back(p < 0 ? p + shape[axis] : p);
    for (const int k : places[2])
      for (const int j : places[1])
        for (const int i : places[0]) f(offset(i, j, k));
  }
  std::size_t offset(int i, int j, int k) const {
    const auto& shape = transform_.shape();
    return i + std::size_t(shape[0]) * (j + std::size_t(shape[1]) * k);
  }
  // The scan's index at the kernel's first corner; places before the scan's first voxel come last in the cyclic volume.
  Vec3 corner(std::size_t place) const {
    const auto& shape = transform_.shape();
    Vec3 index(double(place % shape[0]), double(place / shape[0] % shape[1]),
               double(place / (std::size_t(shape[0]) * shape[1])));
    for (int axis = 0; axis < 3; ++axis)
      if (index[axis] >= scan_.grid.size[axis]) index[axis] -= shape[axis];
    return index;
  }

  // f(offset, weight, value of the head) for the places of the turned region, in a cube at the first corner of
  // the padded volume.
  template <class F>
  void for_turned(const Mat3& rotation, double size, F&& f) const {
    const Mat3 to_head = (size * rotation).inverse() * scan_.grid.direction * scan_.grid.spacing_mm.asDiagonal();
    Affine map = Affine::Identity();
    map.linear() = to_head;
    map.translation() = about_.middle_mm - to_head * Vec3::Constant(half_);
    map = head_.grid.lps_to_index() * map;
    const int length = 2 * half_ + 1;
    Values x(transform_.shape()[0]), y(x), z(x), weight(x), value(x);
    for (int k = 0; k < length; ++k)
      for (int j = 0; j < length; ++j) {
        const auto [begin, end] = row_within(weighted_, map, length, j, k);
        if (begin >= end) continue;
        const std::size_t count = std::size_t(end - begin);
        place_row(map, begin, 1, j, k, count, x.data(), y.data(), z.data());
        const PointsView points{count, x.data(), y.data(), z.data()};
        sample_points(weight_.grid.size, weight_.values.data(), points, 0.F, weight.data());
        sample_points(head_.grid.size, head_.values.data(), points, 0.F, value.data());
        for (std::size_t n = 0; n < count; ++n)
          if (weight[n] > 0) f(offset(begin + int(n), j, k), weight[n], value[n]);
      }
  }

  const Volume& head_;
  const Volume& weight_;
  const Volume& scan_;
  SampledBox weighted_;
  WeightedMiddle about_;
  int half_;  // of the kernel, in voxels
  VolumeTransform transform_;
  Spectrum spectrum_, squares_, covered_;
};

}  // namespace

std::vector<FoundPose> search_poses(const Volume& head, const Volume& weight, const Volume& scan,
                                    const PoseSearchOptions& options) {
  const double largest = *std::max_element(options.sizes.begin(), options.sizes.end());
  const PoseSearch search(head, weight, scan, largest);
  std::vector<PoseSearch::Shown> shown(options.sizes.size());
  parallel_tasks(shown.size(), [&](std::size_t s) { shown[s] = search.shown_to(options.sizes[s]); });
  const std::vector<Mat3> rotations = rotations_within(options.search_angle_degrees, options.rotation_step_degrees);
  std::vector<FoundPose> found(rotations.size() * options.sizes.size());
  parallel_tasks(found.size(), [&](std::size_t n) {
    const std::size_t s = n % options.sizes.size();
    found[n] = search.best_place(rotations[n / options.sizes.size()], options.sizes[s], shown[s]);
  });
  std::stable_sort(found.begin(), found.end(),
                   [](const FoundPose& a, const FoundPose& b) { return a.agreement > b.agreement; });
  return found;
}

}  // namespace wane
