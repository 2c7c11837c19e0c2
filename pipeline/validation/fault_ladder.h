// Which people are simulated to see what Wane notices: undisturbed ones, and one for each fault and degree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/simulation/faults.h"
#include "pipeline/simulation/plant.h"

namespace wane {

struct FaultLadderOptions {
  double voxel_mm = 2.0;  // of all visits, but where the voxel size is the fault
  std::uint64_t seed = 2026;
  std::vector<std::string> only;     // names of the faults to keep, "good" for undisturbed people; empty: all
  std::vector<std::string> degrees;  // mild, clinical, gross; empty: all
  void validate() const;             // throws UsageError
};

// Visits that are simulated once for each head, without noise. The first variant is what faults are planted in.
struct FaultVariant {
  std::string name;   // "loss"
  std::string words;  // "1 % lost"
  std::vector<VisitRequest> visits;
  PlantOptions options;  // noise_fraction is that of the finished scans
};
std::vector<FaultVariant> fault_variants(const FaultLadderOptions& options, std::size_t head);

struct FaultPerson {
  std::string label;     // "sub-01motionclinical", "sub-01goodloss"
  std::string fault;     // "motion"; of an undisturbed person "good"
  std::string words;     // what is wrong with the scans, or of which kind the undisturbed ones are
  std::size_t head = 0;  // from 0
  std::size_t variant = 0;
  std::optional<FaultKind> kind;          // empty: the variant's visits as they are
  std::optional<FaultStrength> strength;  // of `kind`
  std::uint64_t seed = 0;                 // of the noise and the fault
  bool good() const { return fault == "good"; }
};

// The people of the head with this number (from 0). Seeds do not depend on which others are there, and no two people
// have the same noise. Throws UsageError for names in `only` or `degrees` that there are not.
std::vector<FaultPerson> fault_people(const FaultLadderOptions& options, std::size_t head);

}  // namespace wane
