#include "pipeline/simulation/k_space.h"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <vector>

#include "base/counted_random.h"
#include "base/parallel.h"
#include "imaging/resample.h"

namespace wane {
namespace {

using Complex = std::complex<double>;
using Line = std::vector<Complex>;

// In order of time, in shares of the scan: where the head moves. The middle of k-space (0.5) lies in the part that is
// not moved, close before a move, as a reader would see it: edges stand where they were, with ripples beside them.
constexpr std::array<double, 5> kMoves = {0.2, 0.35, 0.55, 0.7, 0.85};
constexpr std::size_t kStill = 2;  // between the second and the third move

// Transforms of lines of one length. Plans are made without measuring and for any alignment, so that every run and
// thread adds in the same order.
class LineTransform {
 public:
  explicit LineTransform(int length) : length_(length), forward_(plan(FFTW_FORWARD)), backward_(plan(FFTW_BACKWARD)) {}
  void to_k_space(const Line& from, Line& to) const { execute(*forward_, from, to); }
  void from_k_space(const Line& from, Line& to) const {
    execute(*backward_, from, to);
    for (Complex& value : to) value /= length_;
  }

 private:
  struct Destroy {
    void operator()(fftw_plan plan) const { fftw_destroy_plan(plan); }
  };
  using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, Destroy>;

  static fftw_complex* as_fftw(const Line& line) {
    return reinterpret_cast<fftw_complex*>(const_cast<Complex*>(line.data()));
  }
  Plan plan(int direction) const {
    const Line in(length_), out(length_);
    return Plan(fftw_plan_dft_1d(length_, as_fftw(in), as_fftw(out), direction, FFTW_ESTIMATE | FFTW_UNALIGNED));
  }
  static void execute(std::remove_pointer_t<fftw_plan>& plan, const Line& from, Line& to) {
    fftw_execute_dft(&plan, as_fftw(from), as_fftw(to));  // out of place: `from` stays
  }

  int length_;
  Plan forward_, backward_;
};

// The lines of a volume along one axis, by number.
class Lines {
 public:
  Lines(const Grid& grid, int axis) : length_(grid.size[axis]) {
    const std::array<std::size_t, 3> step = {1, std::size_t(grid.size[0]), std::size_t(grid.size[0]) * grid.size[1]};
    step_ = step[axis];
    const int fast = axis == 0 ? 1 : 0, slow = axis == 2 ? 1 : 2;
    fast_count_ = grid.size[fast];
    count_ = std::size_t(grid.size[fast]) * grid.size[slow];
    fast_step_ = step[fast];
    slow_step_ = step[slow];
  }
  std::size_t count() const { return count_; }
  int length() const { return length_; }
  std::size_t offset(std::size_t line, int place) const {
    return (line % fast_count_) * fast_step_ + (line / fast_count_) * slow_step_ + std::size_t(place) * step_;
  }

 private:
  int length_;
  std::size_t step_, count_, fast_count_, fast_step_, slow_step_;
};

// Which stretch between moves a line of k-space is filled in; frequencies come as the transform orders them.
std::size_t stretch_of(int frequency, int length) {
  const int centred = (frequency + length / 2) % length;
  const double time = (centred + 0.5) / length;
  return std::size_t(std::upper_bound(kMoves.begin(), kMoves.end(), time) - kMoves.begin());
}

Affine drawn_move(const Vec3& centre_mm, double degrees, double mm, const CountedRandom& random, std::uint64_t number) {
  auto drawn = [&, n = 12 * number](double most) mutable {
    const double sign = random.uniform(n++) < 0.5 ? -1.0 : 1.0;
    return sign * random.uniform(n++, 0.5, 1.0) * most;
  };
  const double radian = std::numbers::pi / 180.0;
  Affine move = Affine::Identity();
  move.linear() = (Eigen::AngleAxisd(drawn(degrees) * radian, Vec3::UnitX()) *
                   Eigen::AngleAxisd(drawn(degrees) * radian, Vec3::UnitZ()))
                      .toRotationMatrix();
  const Vec3 shift(0.25 * drawn(mm), 0.5 * drawn(mm), drawn(mm));  // heads slide along the table most
  move.translation() = centre_mm + shift - move.linear() * centre_mm;
  return move;
}

}  // namespace

Volume moved_while_scanned(const Volume& scan, int phase_axis, double degrees, double mm, std::uint64_t seed) {
  if (degrees == 0 && mm == 0) return scan;
  const CountedRandom random(seed);
  std::array<Volume, kMoves.size() + 1> heads;
  for (std::size_t stretch = 0; stretch < heads.size(); ++stretch)
    heads[stretch] = stretch == kStill
                         ? scan
                         : resample(scan, scan.grid, drawn_move(scan.grid.centre_mm(), degrees, mm, random, stretch),
                                    Interpolation::cubic);
  const Lines lines(scan.grid, phase_axis);
  const LineTransform transform(lines.length());
  Volume result(scan.grid);
  parallel_for(
      lines.count(),
      [&](std::size_t line) {
        Line values(lines.length()), k_space(lines.length()), filled(lines.length());
        for (std::size_t stretch = 0; stretch < heads.size(); ++stretch) {
          for (int place = 0; place < lines.length(); ++place)
            values[place] = heads[stretch][lines.offset(line, place)];
          transform.to_k_space(values, k_space);
          for (int frequency = 0; frequency < lines.length(); ++frequency)
            if (stretch_of(frequency, lines.length()) == stretch) filled[frequency] = k_space[frequency];
        }
        transform.from_k_space(filled, values);
        for (int place = 0; place < lines.length(); ++place)
          result[lines.offset(line, place)] = float(std::abs(values[place]));
      },
      256);
  return result;
}

Volume ghosted(const Volume& scan, int phase_axis, double fraction) {
  const Lines lines(scan.grid, phase_axis);
  Volume result(scan.grid);
  parallel_for(
      lines.count(),
      [&](std::size_t line) {
        for (int place = 0; place < lines.length(); ++place) {
          const int ghost = (place + lines.length() / 2) % lines.length();
          result[lines.offset(line, place)] =
              scan[lines.offset(line, place)] + float(fraction) * scan[lines.offset(line, ghost)];
        }
      },
      256);
  return result;
}

Volume with_spike(const Volume& scan, double amplitude, std::uint64_t seed) {
  const CountedRandom random(seed);
  Vec3 direction(random.normal(0), random.normal(1), random.normal(2));
  direction.normalize();
  const Vec3 wave = 2 * std::numbers::pi / random.uniform(3, 4.0, 12.0) * direction;
  Volume result(scan.grid);
  parallel_for(scan.grid.size[2], [&](std::size_t k) {
    for (int j = 0; j < scan.grid.size[1]; ++j)
      for (int i = 0; i < scan.grid.size[0]; ++i) {
        const std::size_t n = scan.grid.offset(i, j, int(k));
        result[n] = float(std::abs(scan[n] + amplitude * std::cos(wave.dot(Vec3(i, j, double(k))))));
      }
  });
  return result;
}

}  // namespace wane
