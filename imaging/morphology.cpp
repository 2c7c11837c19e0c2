#include "imaging/morphology.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"

namespace wane {
namespace {

constexpr float far_away = 1e12F;

// Squared distances along a row to the row's own voxels inside, in mm^2.
void distance_along_row(float* f, const std::uint8_t* inside, int n, double spacing) {
  const double s2 = spacing * spacing;
  int last = -1;
  for (int i = 0; i < n; ++i) {
    if (inside[i]) last = i;
    const double d = i - last;
    f[i] = last < 0 ? far_away : float(std::min(double(far_away), s2 * d * d));
  }
  last = -1;
  for (int i = n - 1; i >= 0; --i) {
    if (inside[i]) last = i;
    const double d = last - i;
    if (last >= 0) f[i] = std::min(f[i], float(std::min(double(far_away), s2 * d * d)));
  }
}

// Lower envelope of parabolas along lines of squared distances (Felzenszwalb & Huttenlocher 2012).
class ParabolaEnvelope {
 public:
  ParabolaEnvelope(int n, double spacing) : n_(n), s2_(spacing * spacing), v_(n), z_(n + 1), g_(n) {}

  void operator()(float* f, std::size_t stride) {
    bool anything = false;
    for (int i = 0; i < n_; ++i) {
      g_[i] = f[i * stride];
      anything = anything || g_[i] < far_away;
    }
    if (!anything) return;
    int k = 0;
    v_[0] = 0;
    z_[0] = -std::numeric_limits<double>::infinity();
    z_[1] = std::numeric_limits<double>::infinity();
    for (int q = 1; q < n_; ++q) {
      double s = crossing(q, v_[k]);
      while (s <= z_[k]) s = crossing(q, v_[--k]);
      v_[++k] = q;
      z_[k] = s;
      z_[k + 1] = std::numeric_limits<double>::infinity();
    }
    k = 0;
    for (int q = 0; q < n_; ++q) {
      while (z_[k + 1] < q) ++k;
      const double d = q - v_[k];
      f[q * stride] = float(std::min(double(far_away), s2_ * d * d + g_[v_[k]]));
    }
  }

 private:
  double crossing(int q, int p) const { return ((g_[q] + s2_ * q * q) - (g_[p] + s2_ * p * p)) / (2 * s2_ * (q - p)); }

  int n_;
  double s2_;
  std::vector<int> v_;
  std::vector<double> z_, g_;
};

Volume squared_distance(const Mask& mask) {
  Volume d(mask.grid);
  const auto& size = mask.grid.size;
  const std::size_t row = size[0];
  const std::size_t slice = row * size[1];
  float* data = d.values.data();
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j)
      distance_along_row(data + k * slice + j * row, mask.values.data() + k * slice + j * row, size[0],
                         mask.grid.spacing_mm[0]);
    ParabolaEnvelope along_j(size[1], mask.grid.spacing_mm[1]);
    for (int i = 0; i < size[0]; ++i) along_j(data + k * slice + i, row);
  });
  parallel_for(size[1], [&](std::size_t j) {
    // Gathered, since lines along k leap through memory.
    constexpr int together = 16;
    std::vector<float> lines(std::size_t(together) * size[2]);
    ParabolaEnvelope along_k(size[2], mask.grid.spacing_mm[2]);
    for (int i = 0; i < size[0]; i += together) {
      const int count = std::min(together, size[0] - i);
      for (int k = 0; k < size[2]; ++k)
        std::copy_n(data + k * slice + j * row + i, count, lines.data() + std::size_t(k) * together);
      for (int line = 0; line < count; ++line) along_k(lines.data() + line, together);
      for (int k = 0; k < size[2]; ++k)
        std::copy_n(lines.data() + std::size_t(k) * together, count, data + k * slice + j * row + i);
    }
  });
  return d;
}

template <class F>
Mask made_of_voxels(const Grid& grid, F&& f) {
  Mask result(grid);
  parallel_voxels(result.size(), [&](std::size_t n) { result[n] = f(n); });
  return result;
}

Mask inverted(const Mask& mask) {
  return made_of_voxels(mask.grid, [&](std::size_t n) { return !mask[n]; });
}

// A part of a mask, and how to put it back.
struct Cropped {
  Mask mask;
  Box box;
};

Cropped cropped(const Mask& mask, Box box) {
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = std::max(box.low[axis], 0);
    box.high[axis] = std::min(box.high[axis], mask.grid.size[axis] - 1);
  }
  return {cropped(mask, box.low, box.high), box};
}

// f(n of the whole, n of the part) for every voxel of the part.
template <class F>
void each_of_part(const Grid& whole, const Cropped& part, F&& f) {
  const auto& size = part.mask.grid.size;
  parallel_for(size[2], [&](std::size_t k) {
    for (int j = 0; j < size[1]; ++j) {
      const std::size_t n = whole.offset(part.box.low[0], j + part.box.low[1], int(k) + part.box.low[2]);
      const std::size_t m = part.mask.grid.offset(0, j, int(k));
      for (int i = 0; i < size[0]; ++i) f(n + i, m + i);
    }
  });
}

Box widened(Box box, const Vec3& voxels) {
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] -= int(std::ceil(voxels[axis]));
    box.high[axis] += int(std::ceil(voxels[axis]));
  }
  return box;
}

// Squared distances of what lies inside to the nearest voxel outside, 0 outside. What is nearest lies in the mask's
// box or beside it.
Volume squared_depth(const Mask& mask) {
  Volume depth(mask.grid);
  const Box box = bounding_box(mask);
  if (box.empty()) return depth;
  const Cropped part = cropped(mask, widened(box, Vec3::Ones()));
  const Volume d = squared_distance(inverted(part.mask));
  each_of_part(mask.grid, part, [&](std::size_t n, std::size_t m) { depth[n] = d[m]; });
  return depth;
}

// A run of voxels of one value along a row.
struct Run {
  std::size_t begin, end;  // offsets
  int i, j, k;             // of the first voxel
  std::size_t part;        // a run of the same part with a lower place; itself for the first
};

// The 6-connected parts of the voxels that are 1, as runs that share a root.
class Parts {
 public:
  explicit Parts(const Mask& mask) {
    const auto& size = mask.grid.size;
    std::vector<std::size_t> row_begin(std::size_t(size[1]) * size[2] + 1, 0);
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j) {
        const std::size_t row = std::size_t(j) + std::size_t(size[1]) * k;
        row_begin[row] = runs_.size();
        find_runs(mask, j, k);
        row_begin[row + 1] = runs_.size();
        if (j > 0) join_rows(row_begin[row - 1], row_begin[row], row_begin[row], runs_.size());
        if (k > 0) {
          const std::size_t below = row - std::size_t(size[1]);
          join_rows(row_begin[below], row_begin[below + 1], row_begin[row], runs_.size());
        }
      }
    count_.assign(runs_.size(), 0);
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      runs_[r].part = root(r);
      count_[runs_[r].part] += runs_[r].end - runs_[r].begin;
    }
  }

  const std::vector<Run>& runs() const { return runs_; }
  // Voxels of the part with this root.
  const std::vector<std::size_t>& count() const { return count_; }

 private:
  void find_runs(const Mask& mask, int j, int k) {
    const std::size_t start = mask.grid.offset(0, j, k), stop = start + std::size_t(mask.grid.size[0]);
    for (std::size_t n = start; n < stop;) {
      while (n < stop && !mask[n]) ++n;
      if (n == stop) return;
      const std::size_t begin = n;
      while (n < stop && mask[n]) ++n;
      runs_.push_back({begin, n, int(begin - start), j, k, runs_.size()});
    }
  }

  void join_rows(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end) {
    while (a < a_end && b < b_end) {
      const int a_from = runs_[a].i, a_to = a_from + int(runs_[a].end - runs_[a].begin);
      const int b_from = runs_[b].i, b_to = b_from + int(runs_[b].end - runs_[b].begin);
      if (a_from < b_to && b_from < a_to) join(a, b);
      a_to < b_to ? ++a : ++b;
    }
  }

  // The root is the run met first in memory.
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    if (a < b) runs_[b].part = a;
    if (b < a) runs_[a].part = b;
  }

  std::size_t root(std::size_t r) {
    while (runs_[r].part != r) {
      runs_[r].part = runs_[runs_[r].part].part;
      r = runs_[r].part;
    }
    return r;
  }

  std::vector<Run> runs_;
  std::vector<std::size_t> count_;
};

template <class Keep>
Mask kept_runs(const Grid& grid, const Parts& parts, Keep&& keep) {
  Mask result(grid);
  for (const Run& run : parts.runs())
    if (keep(run))
      std::fill(result.values.begin() + std::ptrdiff_t(run.begin), result.values.begin() + std::ptrdiff_t(run.end), 1);
  return result;
}

}  // namespace

Volume distance_to(const Mask& mask) {
  Volume d = squared_distance(mask);
  parallel_voxels(d.size(), [&](std::size_t n) { d[n] = std::sqrt(d[n]); });
  return d;
}

Volume signed_distance(const Mask& mask) {
  Volume outside = squared_distance(mask);
  // A mask that fills the grid is as far from its outside as an empty one from its inside.
  const Volume inside = count(mask) == mask.size() ? squared_distance(inverted(mask)) : squared_depth(mask);
  parallel_voxels(outside.size(), [&](std::size_t n) { outside[n] = std::sqrt(outside[n]) - std::sqrt(inside[n]); });
  return outside;
}

Mask dilated(const Mask& mask, double radius_mm) {
  Mask result(mask.grid);
  const Box box = bounding_box(mask);
  if (box.empty()) return result;
  const Cropped part = cropped(mask, widened(box, (radius_mm * mask.grid.spacing_mm.cwiseInverse()).array() + 1));
  const Volume d = squared_distance(part.mask);
  each_of_part(mask.grid, part, [&](std::size_t n, std::size_t m) { result[n] = d[m] <= radius_mm * radius_mm; });
  return result;
}

Mask eroded(const Mask& mask, double radius_mm) {
  Mask result(mask.grid);
  const Box box = bounding_box(mask);
  if (box.empty()) return result;
  const Cropped part = cropped(mask, widened(box, Vec3::Ones()));
  const Volume d = squared_distance(inverted(part.mask));
  const auto& size = mask.grid.size;
  const Vec3& spacing = mask.grid.spacing_mm;
  const auto to_border = [&](int at, int axis) { return (std::min(at, size[axis] - 1 - at) + 1) * spacing[axis]; };
  const auto& of_part = part.mask.grid.size;
  parallel_for(of_part[2], [&](std::size_t slice) {
    const int k = int(slice) + part.box.low[2];
    for (int j = part.box.low[1]; j <= part.box.high[1]; ++j)
      for (int i = part.box.low[0]; i <= part.box.high[0]; ++i) {
        const std::size_t n = mask.grid.offset(i, j, k);
        const std::size_t m = part.mask.grid.offset(i - part.box.low[0], j - part.box.low[1], int(slice));
        const double border = std::min({to_border(i, 0), to_border(j, 1), to_border(k, 2)});
        result[n] = mask[n] && d[m] > radius_mm * radius_mm && border > radius_mm;
      }
  });
  return result;
}

Mask opened(const Mask& mask, double radius_mm) {
  return dilated(eroded(mask, radius_mm), radius_mm);
}

Mask closed(const Mask& mask, double radius_mm) {
  // Not eroded(dilated()): what touches the grid's border must not be pulled away from it.
  const Mask wide = dilated(mask, radius_mm);
  if (count(wide) == wide.size()) return wide;
  const Volume depth = squared_depth(wide);
  return made_of_voxels(mask.grid, [&](std::size_t n) { return wide[n] && depth[n] > radius_mm * radius_mm; });
}

Mask largest_component(const Mask& mask) {
  const Parts parts(mask);
  if (parts.runs().empty()) return Mask(mask.grid);
  const auto& counts = parts.count();
  const auto best = std::size_t(std::max_element(counts.begin(), counts.end()) - counts.begin());
  return kept_runs(mask.grid, parts, [&](const Run& run) { return run.part == best; });
}

Mask large_components(const Mask& mask, double least_ml) {
  const Parts parts(mask);
  if (parts.runs().empty()) return Mask(mask.grid);
  const auto& counts = parts.count();
  const auto best = std::size_t(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const double voxel_ml = mask.grid.voxel_volume_ml();
  return kept_runs(mask.grid, parts,
                   [&](const Run& run) { return run.part == best || double(counts[run.part]) * voxel_ml >= least_ml; });
}

Mask holes_filled(const Mask& mask) {
  const Mask outside = inverted(mask);
  const Parts parts(outside);
  const auto& size = mask.grid.size;
  std::vector<bool> open(parts.runs().size(), false);  // roots of parts that reach the grid's border
  for (const Run& run : parts.runs()) {
    const int last = run.i + int(run.end - run.begin) - 1;
    const bool border =
        run.i == 0 || last + 1 == size[0] || run.j == 0 || run.j + 1 == size[1] || run.k == 0 || run.k + 1 == size[2];
    if (border) open[run.part] = true;
  }
  Mask result(mask.grid, 1);
  for (const Run& run : parts.runs())
    if (open[run.part])
      std::fill(result.values.begin() + std::ptrdiff_t(run.begin), result.values.begin() + std::ptrdiff_t(run.end), 0);
  return result;
}

Volume as_volume(const Mask& mask) {
  Volume volume(mask.grid);
  parallel_voxels(mask.size(), [&](std::size_t n) { volume[n] = mask[n]; });
  return volume;
}

std::size_t count(const Mask& mask) {
  return parallel_sum(mask.size(), voxel_block, std::size_t(0), [&](std::size_t begin, std::size_t end) {
    std::size_t part = 0;
    for (std::size_t n = begin; n < end; ++n) part += mask[n] != 0;
    return part;
  });
}

double volume_ml(const Mask& mask) {
  return double(count(mask)) * mask.grid.voxel_volume_ml();
}

Box bounding_box(const Mask& mask) {
  struct Bounds : Box {
    Bounds& operator+=(const Box& o) {
      for (int axis = 0; axis < 3; ++axis) {
        low[axis] = std::min(low[axis], o.low[axis]);
        high[axis] = std::max(high[axis], o.high[axis]);
      }
      return *this;
    }
  };
  Bounds nothing;
  nothing.low = mask.grid.size;
  const auto& size = mask.grid.size;
  const auto inside = [](std::uint8_t v) { return v != 0; };
  return parallel_sum(std::size_t(size[2]), 1, nothing, [&](std::size_t k, std::size_t) {
    Bounds box = nothing;
    for (int j = 0; j < size[1]; ++j) {
      const std::uint8_t* row = mask.values.data() + mask.grid.offset(0, j, int(k));
      const std::uint8_t* end = row + size[0];
      const std::uint8_t* first = std::find_if(row, end, inside);
      if (first == end) continue;
      while (!inside(end[-1])) --end;
      box += Box{{int(first - row), j, int(k)}, {int(end - row) - 1, j, int(k)}};
    }
    return box;
  });
}

Vec3 box_middle_mm(const Mask& mask) {
  const Box box = bounding_box(mask);
  Vec3 middle;
  for (int axis = 0; axis < 3; ++axis) middle[axis] = 0.5 * (box.low[axis] + box.high[axis]);
  return mask.grid.index_to_lps() * middle;
}

}  // namespace wane
