// The sample trial: who is in it, at which dose, and what they lose.
#pragma once

#include <string>
#include <vector>

#include "pipeline/simulation/plant.h"

namespace wane {

struct TrialOptions {
  std::uint64_t seed = 2026;
  int participants_per_group = 3;
  bool full = false;  // 1 mm voxels and three visits instead of 2 mm and two
};

struct TrialParticipant {
  std::string id;          // "sub-01"
  std::string dose_group;  // "A".."D"
  double dose = 0;         // 10^6 cells/kg
  std::vector<VisitRequest> visits;
  PlantOptions options;
};

// Four dose groups as in a cell trial in progressive MS (0.7, 1.4, 2.8, 5.7 million cells per kg), in turn A, B, C, D.
// Planted brain loss about -1.6, -1.2, -0.8, -0.4 percent per year; people differ within a group by less than groups
// do.
std::vector<TrialParticipant> trial_plan(const TrialOptions& options);

}  // namespace wane
