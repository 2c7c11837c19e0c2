#include "pipeline/simulation/poisson.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "base/parallel.h"

namespace wane {
namespace {

constexpr std::size_t kBlock = 1 << 14;

// The voxels of the domain, numbered in memory order. A neighbour outside of it is the voxel itself: the difference
// across such a face is 0, which is the boundary condition of no flow.
struct Network {
  std::vector<std::uint32_t> voxel;                     // place in the grid
  std::vector<std::array<std::uint32_t, 6>> neighbour;  // -i, +i, -j, +j, -k, +k
  std::size_t size() const { return voxel.size(); }
};

Network network_of(const Mask& domain) {
  const Grid& g = domain.grid;
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<std::uint32_t> number(domain.size(), kNone);
  Network net;
  for (std::size_t n = 0; n < domain.size(); ++n)
    if (domain[n]) {
      number[n] = std::uint32_t(net.voxel.size());
      net.voxel.push_back(std::uint32_t(n));
    }
  net.neighbour.resize(net.size());
  parallel_for(
      net.size(),
      [&](std::size_t m) {
        const std::size_t n = net.voxel[m];
        const std::array<int, 3> at{int(n % g.size[0]), int(n / g.size[0] % g.size[1]), int(n / g.size[0] / g.size[1])};
        for (int face = 0; face < 6; ++face) {
          std::array<int, 3> next = at;
          next[face / 2] += face % 2 ? 1 : -1;
          const bool inside = g.contains(next[0], next[1], next[2]);
          const std::uint32_t other = inside ? number[g.offset(next[0], next[1], next[2])] : kNone;
          net.neighbour[m][face] = other == kNone ? std::uint32_t(m) : other;
        }
      },
      kBlock);
  return net;
}

template <class F>
double deterministic_sum(std::size_t n, F&& term) {
  return parallel_sum(n, kBlock, 0.0, [&](std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t m = begin; m < end; ++m) sum += term(m);
    return sum;
  });
}

double faces_inside(const Network& net, std::size_t m) {
  int faces = 0;
  for (const std::uint32_t other : net.neighbour[m]) faces += other != m;
  return std::max(faces, 1);
}

// Conjugate gradients with a diagonal preconditioner on sum over faces (x[m] - x[neighbour]) = right[m].
std::vector<double> solved_potential(const Network& net, const std::vector<double>& right,
                                     const PoissonOptions& options) {
  const std::size_t n = net.size();
  std::vector<double> x(n, 0.0), residual = right, direction(n), image(n), diagonal(n);
  parallel_for(
      n, [&](std::size_t m) { diagonal[m] = faces_inside(net, m); }, kBlock);
  const double goal =
      options.tolerance * options.tolerance * deterministic_sum(n, [&](std::size_t m) { return right[m] * right[m]; });
  auto preconditioned_square = [&] {
    return deterministic_sum(n, [&](std::size_t m) { return residual[m] * residual[m] / diagonal[m]; });
  };
  for (std::size_t m = 0; m < n; ++m) direction[m] = residual[m] / diagonal[m];
  double size = preconditioned_square();
  if (size == 0) return x;
  for (int iteration = 0; iteration < options.most_iterations; ++iteration) {
    const double curvature = parallel_sum(n, kBlock, 0.0, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t m = begin; m < end; ++m) {
        double difference = 6.0 * direction[m];
        for (const std::uint32_t other : net.neighbour[m]) difference -= direction[other];
        image[m] = difference;
        sum += direction[m] * difference;
      }
      return sum;
    });
    const double step = size / curvature;
    const double left = parallel_sum(n, kBlock, 0.0, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t m = begin; m < end; ++m) {
        x[m] += step * direction[m];
        residual[m] -= step * image[m];
        sum += residual[m] * residual[m];
      }
      return sum;
    });
    if (left <= goal) return x;
    const double next = preconditioned_square();
    const double keep = next / size;
    size = next;
    parallel_for(
        n, [&](std::size_t m) { direction[m] = residual[m] / diagonal[m] + keep * direction[m]; }, kBlock);
  }
  throw InputError("The displacement of the planted atrophy did not converge; check that the brain mask is one piece.");
}

}  // namespace

DisplacementField displacement_of_rate(const Volume& rate, const Mask& domain, const PoissonOptions& options) {
  require_same_grid(rate.grid, domain.grid, "rate of change", "domain");
  const Network net = network_of(domain);
  if (net.size() == 0) throw InputError("There is no brain to plant atrophy in: the mask is empty.");
  const double mean = deterministic_sum(net.size(), [&](std::size_t m) { return rate[net.voxel[m]]; }) / net.size();
  // With the potential in units of the voxel size, differences across faces are displacements in mm.
  const double spacing_mm = rate.grid.spacing_mm[0];
  std::vector<double> right(net.size());
  for (std::size_t m = 0; m < net.size(); ++m) right[m] = -(rate[net.voxel[m]] - mean) * spacing_mm;
  const std::vector<double> potential = solved_potential(net, right, options);
  DisplacementField field(rate.grid, Eigen::Vector3f::Zero());
  parallel_for(
      net.size(),
      [&](std::size_t m) {
        Vec3 along;
        for (int a = 0; a < 3; ++a)  // the mean of the two faces; a closed face counts as 0
          along[a] = 0.5 * (potential[net.neighbour[m][2 * a + 1]] - potential[net.neighbour[m][2 * a]]);
        field[net.voxel[m]] = (rate.grid.direction * along).cast<float>();
      },
      kBlock);
  return field;
}

}  // namespace wane
