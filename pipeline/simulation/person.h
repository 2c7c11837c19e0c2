// One head made into the heads of many people: a stretch along each axis and a smooth diffeomorphism, from a seed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/simulation/smooth_field.h"

namespace wane {

// Takes LPS mm of the person to LPS mm of the source head.
class PersonMap {
 public:
  PersonMap() = default;  // the person of the source head: the identity
  // The stretch is 0.94..1.06 per axis about the box's centre. The bending is the sum of two free-form deformations
  // whose coefficients stay below 0.3 of the knots' distance taken together, under the bound (0.4) that keeps a
  // cubic free-form deformation one to one (Choi & Lee 2000).
  PersonMap(std::uint64_t seed, const SpaceBox& head);

  Vec3 operator()(const Vec3& person_mm) const;
  bool is_identity() const { return bend_.empty(); }
  // The person's box that surely covers what `source_box` shows, with room for the bending.
  SpaceBox covering(const SpaceBox& source_box) const;

 private:
  Vec3 centre_mm_ = Vec3::Zero();
  Vec3 stretch_ = Vec3::Ones();
  std::vector<std::array<SmoothField, 3>> bend_;
};

}  // namespace wane
