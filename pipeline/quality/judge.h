// The verdicts: what was found about a person's scans, held against the limits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measurement/volumes.h"
#include "pipeline/quality/check.h"
#include "pipeline/quality/joint_facts.h"
#include "pipeline/quality/limits.h"
#include "pipeline/quality/scan_facts.h"
#include "pipeline/stages/align.h"

namespace wane {

// What is known of one visit before visits are compared.
struct ScanQualityInput {
  std::string session;  // as sentences call the visit: "ses-02"
  double template_similarity = 0;
  bool brain_extracted = false;
  ScanFacts facts;
  std::string fingerprint;
  ScanValues values;
  bool orientation_known = true;
};

// A visit in the joint measurement.
struct VisitQualityInput {
  ScanQualityInput scan;
  JointVisitFacts joint;
  Volumes volumes_ml;
  double folded_share = 0;
  double constant_head_ml = 0;      // of the head: one constant value, where nothing was measured
  std::optional<VisitDrift> drift;  // of the voxel size; empty where the skull is not seen
};

struct PersonQualityInput {
  std::vector<VisitQualityInput> visits;  // in order of time
  std::vector<PairAgreement> agreement;
  std::vector<Enhancement> enhancement;
  std::vector<Change> changes;
  BrainFacts brain;
  double share_compared = 1;
  double last_step_mm = 0;
};

struct PersonQuality {
  std::vector<Quality> visits;
  std::vector<Quality> changes;  // of PersonQualityInput::changes
  Quality person;
};

// Checks of a scan by itself.
Quality judge_scan(const ScanQualityInput& scan, const QualityLimits& limits);

// All that follows from the scans and their measurement. Where visits do not show one person, those outside of the
// largest group that agrees fail; where no group is the largest, all do.
PersonQuality judge_person(const PersonQualityInput& input, const QualityLimits& limits);

// What depends on dates, which may change without the scans being looked at again: the time between two visits, and
// whether a change is more than a brain can do in it. Checks of these names in `quality` are replaced.
void judge_dates(Quality& quality, const TissueValues& percent, std::optional<double> days, const QualityLimits& limits);

}  // namespace wane
