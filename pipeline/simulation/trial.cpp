#include "pipeline/simulation/trial.h"

#include <algorithm>
#include <array>

namespace wane {
namespace {

struct DoseGroup {
  const char* name;
  double dose_million_cells_per_kg;
  double brain_percent_per_year;
};

constexpr std::array<DoseGroup, 4> kDoseGroups{
    {{"A", 0.7, -1.6}, {"B", 1.4, -1.2}, {"C", 2.8, -0.8}, {"D", 5.7, -0.4}}};
constexpr double kDaysPerYear = 365.0;
constexpr double kPersonSpreadPercent = 0.15;  // groups are 0.4 apart
// Gray matter loses more than white, as in progressive MS.
constexpr double kGmShare = 1.25;
constexpr double kWmShare = 0.65;

// "-01", "-12", "-103": as wide as the largest number needs.
std::string padded(int number, int largest) {
  const std::string text = std::to_string(number);
  const std::size_t width = std::max<std::size_t>(2, std::to_string(largest).size());
  return std::string(width - std::min(width, text.size()), '0') + text;
}

std::vector<VisitRequest> visits_losing(double brain_percent_per_year, const TrialOptions& options) {
  std::vector<VisitRequest> visits(options.full ? 3 : 2);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    visits[v].days = kDaysPerYear * double(v);
    visits[v].gm_change_percent = kGmShare * brain_percent_per_year * double(v);
    visits[v].wm_change_percent = kWmShare * brain_percent_per_year * double(v);
    visits[v].voxel_mm = Vec3::Constant(options.full ? 1.0 : 2.0);
  }
  return visits;
}

}  // namespace

std::vector<TrialParticipant> trial_plan(const TrialOptions& options) {
  const int groups = int(kDoseGroups.size());
  const int people = groups * options.participants_per_group;
  const CountedRandom random(options.seed, 7);
  std::vector<TrialParticipant> plan;
  for (int p = 0; p < people; ++p) {
    const DoseGroup& group = kDoseGroups[p % groups];
    TrialParticipant participant;
    participant.id = "sub-" + padded(p + 1, people);
    participant.dose_group = group.name;
    participant.dose = group.dose_million_cells_per_kg;
    const double own = random.uniform(p, -kPersonSpreadPercent, kPersonSpreadPercent);
    participant.visits = visits_losing(group.brain_percent_per_year + own, options);
    participant.options.seed = options.seed * 1000 + std::uint64_t(p);
    participant.options.person = participant.options.seed + 500;
    participant.options.planting_spacing_mm = options.full ? 1.0 : 2.0;
    plan.push_back(participant);
  }
  return plan;
}

}  // namespace wane
