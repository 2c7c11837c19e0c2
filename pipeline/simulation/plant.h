// Plants a known, regional, tissue-specific atrophy (or growth) in a head scan and makes the visits that a scanner
// would have given, with the truth read off the finished displacement.
//
// The wanted relative change of each tissue is the right side of a Poisson equation over the intracranial space:
// nothing flows through the skull, CSF takes what tissue gives up. The gradient of its solution is the displacement.
// Every visit is resampled exactly once (pose, atrophy, person and the visit's grid composed), so that all carry the
// same interpolation blur. Results have the same bits for any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imaging/image.h"
#include "pipeline/simulation/person.h"
#include "pipeline/simulation/soft_tissue.h"

namespace wane {

// The scan that people are made of. Both on one grid of any orientation; prepared once for any number of people.
struct SourceHead {
  Volume t1;   // not negative
  Mask brain;  // holes filled; with or without sulcal CSF
  SoftTissue tissue;
};
SourceHead source_head(const Volume& t1, const Mask& brain);

// What is asked of one visit, relative to the first.
struct VisitRequest {
  double days = 0;
  double gm_change_percent = 0;  // of the whole person's gray matter; negative = loss
  double wm_change_percent = 0;
  double calibration_drift_percent = 0;  // how much too long everything appears in this visit, along each axis; it is
                                         // no change of tissue and not in the truth's
  Vec3 voxel_mm = Vec3::Ones();
};

struct PlantOptions {
  std::uint64_t seed = 1;               // of everything that is drawn for a visit, and of the regional pattern
  std::optional<std::uint64_t> person;  // bends the head into another person's; empty: the head as it is
  double planting_spacing_mm = 1.0;     // grid of the displacement and of the truth; 2 is four times quicker
  double pattern_spacing_mm = 50.0;     // size of the regions that lose more or less than the mean
  double pattern_strength = 1.0;        // 0: the same everywhere; 1: from nothing to about twice the mean
  double rotation_degrees = 4.0;        // a visit's pose is drawn from -range..range about each axis
  double shift_mm = 4.0;                // ... and along each axis
  double bias_amplitude = 0.2;          // of the logarithm of the multiplicative bias field of a visit
  double noise_fraction = 0.02;         // sigma of the Rician noise, as fraction of the bright tissue
  double gain_range = 1.25;             // a visit's intensities are scaled by 1/range..range
  double margin_mm = 25.0;              // field of view around the brain; twice as much below
  void validate() const;                // throws UsageError
};

// Percent of the first visit's volume, as the tissue changed: what a wrong voxel size makes of it is not in it.
struct TissueChange {
  double brain = 0, gm = 0, wm = 0;
};

struct VisitTruth {
  double days = 0;
  TissueChange by_volume;    // of the tissue maps carried through the visit's resampling; this is the truth
  TissueChange by_jacobian;  // the Jacobian determinant integrated over the tissue maps; must agree
  double least_jacobian = 1, most_jacobian = 1;
  double largest_displacement_mm = 0;
  double calibration_drift_percent = 0;
  Affine person_to_scan = Affine::Identity();  // the pose, calibration drift included: LPS mm
};

struct SimulatedVisit {
  Volume scan;  // whole numbers 0..4095 as a scanner writes them, on the visit's own grid
  VisitTruth truth;
};

struct SimulatedPerson {
  double gm_ml = 0, wm_ml = 0;  // at the first visit
  std::vector<SimulatedVisit> visits;
};

// The first visit's changes must be 0. Throws UsageError for requests that make no sense, InputError where the head
// cannot take what is asked for (the displacement would fold the tissue).
SimulatedPerson simulate_person(const SourceHead& head, const std::vector<VisitRequest>& visits,
                                const PlantOptions& options);

}  // namespace wane
