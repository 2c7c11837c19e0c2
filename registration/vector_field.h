// Vector fields as three arrays of components, in voxels of their own grid; for the inner loops of registration.
#pragma once

#include <array>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct VectorField {
  Grid grid;
  std::array<std::vector<float>, 3> component;  // displacement along i, j, k in voxels

  VectorField() = default;
  explicit VectorField(const Grid& g);
};

// (outer after inner): x -> x + inner(x) + outer(x + inner(x)). Same grid; beyond the border the border's value holds.
VectorField composed(const VectorField& outer, const VectorField& inner);
void compose(const VectorField& outer, const VectorField& inner, VectorField& result);  // into a field of inner's grid
// y with y(x) + field(x + y(x)) = 0, by fixed-point iteration.
VectorField inverted(const VectorField& field, int iterations = 12);
void smooth(VectorField& field, double sigma_voxels);
// The same displacement on another grid over the same directions (coarse to fine).
VectorField resampled(const VectorField& field, const Grid& grid);
DisplacementField to_displacement_mm(const VectorField& field);
// det of the derivative of x + u(x), by central differences.
std::vector<float> jacobian_determinant(const VectorField& field);
double largest_norm(const VectorField& field);  // voxels

}  // namespace wane
