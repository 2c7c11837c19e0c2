// The ladder of known changes by which a lab checks Wane on heads of its own scanner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/simulation/plant.h"

namespace wane {

// One simulated person: what is planted in it, and what its visits suffer from.
struct Rung {
  std::string name;  // letters and digits, as it becomes part of the participant's label: "loss0p5"
  std::string kind;  // in words, a row of the table: "loss of brain"
  std::vector<VisitRequest> visits;
  PlantOptions options;
  // Not empty: the visits of that rung (of two visits) in exchanged order, to see whether the change flips its sign. It
  // measures nothing new, so that it does not count in the accuracy.
  std::string exchanged_of;
};

struct LadderOptions {
  bool quick = false;             // six rungs for a first look
  double voxel_mm = 1.0;          // of all visits, but where another voxel size is what the rung is about
  double slice_mm = 0;            // thickness of the slices of all visits; 0: as thick as a voxel is wide
  std::uint64_t seed = 2026;      // of everything that is drawn
  bool bend = false;              // every rung bends the head into another person's
  std::vector<std::string> only;  // names of the rungs to keep, with the partners of exchanged ones; empty: all
  void validate() const;          // throws UsageError
};

// The rungs of the head with this number (from 1), from nothing planted to everything at once. All have seeds of their
// own, but for a rung with exchanged visits, which has its partner's. The quick ladder is a part of the full one: what
// was simulated for it is used again. Throws UsageError for a name in `only` that no rung has.
//
// Rungs that plant an amount have the pose, bias field, noise and gain of PlantOptions. Of the confounds alone, each is
// as strong as in "all together", the others are off, and 1 % of gray and white matter is lost: "clean scans" is the
// same without any.
std::vector<Rung> ladder(const LadderOptions& options, std::size_t head);

// "sub-01loss0p5"
std::string participant_label(std::size_t head, const Rung& rung);

}  // namespace wane
