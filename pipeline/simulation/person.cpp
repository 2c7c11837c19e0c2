#include "pipeline/simulation/person.h"

namespace wane {
namespace {

struct BendLevel {
  double knot_spacing_mm;
  double amplitude_mm;
};

// The shape of a lobe, and the course of single gyri.
constexpr BendLevel kBendLevels[] = {{48.0, 8.0}, {20.0, 2.5}};
constexpr double kMostBendMm = 10.5;
constexpr double kLeastStretch = 0.94;
constexpr double kMostStretch = 1.06;

}  // namespace

PersonMap::PersonMap(std::uint64_t seed, const SpaceBox& head) : centre_mm_(0.5 * (head.low_mm + head.high_mm)) {
  const CountedRandom stretch(seed, 1);
  for (int a = 0; a < 3; ++a) stretch_[a] = stretch.uniform(a, kLeastStretch, kMostStretch);
  std::uint64_t stream = 2;
  for (const BendLevel& level : kBendLevels) {
    auto field = [&] {
      return SmoothField(head, level.knot_spacing_mm, level.amplitude_mm, CountedRandom(seed, stream++));
    };
    bend_.push_back({field(), field(), field()});
  }
}

Vec3 PersonMap::operator()(const Vec3& person_mm) const {
  if (is_identity()) return person_mm;
  const Vec3 straight = (person_mm - centre_mm_).cwiseQuotient(stretch_) + centre_mm_;
  Vec3 bent = straight;
  for (const auto& level : bend_) bent += Vec3(level[0](straight), level[1](straight), level[2](straight));
  return bent;
}

SpaceBox PersonMap::covering(const SpaceBox& source_box) const {
  if (is_identity()) return source_box;
  const Vec3 room = Vec3::Constant(kMostBendMm);
  return {centre_mm_ + (source_box.low_mm - room - centre_mm_).cwiseProduct(stretch_),
          centre_mm_ + (source_box.high_mm + room - centre_mm_).cwiseProduct(stretch_)};
}

}  // namespace wane
