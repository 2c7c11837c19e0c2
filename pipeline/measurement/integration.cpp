#include "pipeline/measurement/integration.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/parallel.h"
#include "imaging/gradient.h"
#include "imaging/smooth.h"

namespace wane {
namespace {

struct Sums {
  double gm = 0, wm = 0, csf = 0;
  Sums& operator+=(const Sums& o) {
    gm += o.gm;
    wm += o.wm;
    csf += o.csf;
    return *this;
  }
};

// Mean brightness of a tissue in the registered visits; mostly mixed voxels count little.
double brightness(const Volume& map, const Volume& a, const Volume& b) {
  double total = 0, value = 0;
  for (std::size_t n = 0; n < map.size(); ++n) {
    const double weight = std::pow(double(map[n]), 4);
    total += weight;
    value += weight * 0.5 * (double(a[n]) + b[n]);
  }
  return total > 0 ? value / total : 0;
}

Volume sharpened(const Volume& map, double sigma_mm) {
  constexpr int terms = 3;
  Volume result = map, rest = map;
  for (int term = 0; term < terms; ++term) {
    const Volume blurred = gaussian(rest, sigma_mm);
    parallel_voxels(map.size(), [&](std::size_t n) {
      rest[n] -= blurred[n];
      result[n] += rest[n];
    });
  }
  return result;
}

}  // namespace

double border_width_mm(const Volume& map, const Volume& weight) {
  struct Border {
    double mixed = 0, steepness = 0;
    Border& operator+=(const Border& other) {
      mixed += other.mixed;
      steepness += other.steepness;
      return *this;
    }
  };
  require_same_grid(map.grid, weight.grid, "the tissue map", "its weight");
  const auto& size = map.grid.size;
  const Vec3& spacing_mm = map.grid.spacing_mm;
  const Border border = parallel_sum(std::size_t(size[2]), 1, Border{}, [&](std::size_t begin, std::size_t end) {
    Border part;
    for (int k = int(begin); k < int(end); ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i) {
          const std::size_t n = map.grid.offset(i, j, k);
          if (weight[n] <= 0) continue;
          const auto change = gradient_at(map.values.data(), size, i, j, k);
          const Vec3 gradient(change[0] / spacing_mm[0], change[1] / spacing_mm[1], change[2] / spacing_mm[2]);
          part += {double(weight[n]) * map[n] * (1 - map[n]), double(weight[n]) * gradient.norm()};
        }
    return part;
  });
  return border.steepness > 0 ? std::sqrt(EIGEN_PI) * border.mixed / border.steepness : 0;
}

double sharpening_mm(double white_border_mm, double neighbourhood_mm, const SharpeningOptions& options) {
  const double wider_mm = std::max(0.0, white_border_mm - options.narrowest_border_mm);
  const double of_border_mm = std::min(options.most_mm, options.least_mm + options.each_mm_of_border * wider_mm);
  return std::max(of_border_mm, options.each_mm_of_neighbourhood * neighbourhood_mm);
}

TissueMaps sharpened(const TissueMaps& tissues, double sigma_mm) {
  return {sharpened(tissues.gm, sigma_mm), sharpened(tissues.wm, sigma_mm), sharpened(tissues.csf, sigma_mm)};
}

TissueVolumes integrate_volumes(const TissueMaps& tissues, const Volume& jacobian) {
  require_same_grid(tissues.gm.grid, jacobian.grid, "the tissue maps", "the Jacobian determinant");
  const Sums sums = parallel_sum(jacobian.size(), voxel_block, Sums{}, [&](std::size_t begin, std::size_t end) {
    Sums part;
    for (std::size_t n = begin; n < end; ++n) {
      part.gm += double(tissues.gm[n]) * jacobian[n];
      part.wm += double(tissues.wm[n]) * jacobian[n];
      part.csf += double(tissues.csf[n]) * jacobian[n];
    }
    return part;
  });
  const double ml = jacobian.grid.voxel_volume_ml();
  return {(sums.gm + sums.wm) * ml, sums.gm * ml, sums.wm * ml, sums.csf * ml, 0};
}

TissueValues percent_change(const TissueVolumes& from, const TissueVolumes& to) {
  return {percent_change(from.brain, to.brain), percent_change(from.gray_matter, to.gray_matter),
          percent_change(from.white_matter, to.white_matter)};
}

TissueValues residual_percent(const TissueMaps& tissues, const Volume& jacobian_from, const Volume& jacobian_to,
                              const Volume& warped_from, const Volume& warped_to) {
  const double csf = brightness(tissues.csf, warped_from, warped_to);
  const double gm = brightness(tissues.gm, warped_from, warped_to);
  const double wm = brightness(tissues.wm, warped_from, warped_to);
  const Grid& grid = tissues.gm.grid;
  const double block_mm = 24.0;
  struct Block {
    double brain = 0, gray = 0, white = 0;  // apparent volume left over, voxels
  };
  std::map<std::array<int, 3>, Block> blocks;
  double brain_volume = 0, gray_volume = 0, white_volume = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.offset(i, j, k);
        const double g = tissues.gm[n], w = tissues.wm[n], all = g + w + tissues.csf[n];
        if (all < 0.5) continue;
        const double c = tissues.csf[n] / all, white = w / all;  // maps may be weighted by what is compared
        const double volume = 0.5 * (double(jacobian_from[n]) + jacobian_to[n]);
        brain_volume += (g + w) * volume;
        gray_volume += g * volume;
        white_volume += w * volume;
        const double left = all * (double(warped_to[n]) - warped_from[n]);
        Block& block = blocks[{int(i * grid.spacing_mm[0] / block_mm), int(j * grid.spacing_mm[1] / block_mm),
                               int(k * grid.spacing_mm[2] / block_mm)}];
        // A brighter voxel on the border to CSF holds more brain; on the border to white matter, less gray matter.
        const double outer = c > 0.05 && c < 0.95 ? left / std::max(1.0, gm - csf) : 0;
        const double inner = white > 0.05 && white < 0.95 && c < 0.3 ? left / std::max(1.0, wm - gm) : 0;
        block.brain += outer;
        block.gray += outer - inner;
        block.white += inner;
      }
  const auto error = [&](double Block::*part, double volume) {
    double sum = 0, square = 0;
    for (const auto& [place, block] : blocks) {
      sum += block.*part;
      square += block.*part * (block.*part);
    }
    return volume > 0 ? 100 * std::sqrt(sum * sum / 4 + square) / volume : 0;
  };
  return {error(&Block::brain, brain_volume), error(&Block::gray, gray_volume), error(&Block::white, white_volume)};
}

}  // namespace wane
