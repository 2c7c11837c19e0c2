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
  std::string session;     // as sentences call the visit: "ses-02"
  std::string unusable{};  // why the scan cannot be measured at all; empty where it can, else nothing more is known
  double template_similarity = 0;
  double template_lead = 0;   // ConformedVisit
  double turned_degrees = 0;  // how far the head lies turned from what the file says
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
  TissueVolumes volumes_ml;
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

// The check that fails where a scan cannot be measured at all.
inline constexpr const char* usable_check = "usable";

// Checks of a scan by itself.
Quality judge_scan(const ScanQualityInput& scan, const QualityLimits& limits);

// Whether each pair of `agreement` shows one person. Of the visits only the sessions need be known.
std::vector<Quality> judge_agreement(const PersonQualityInput& input, const QualityLimits& limits);

// How each of `changes` was measured: folding, convergence, coverage, and whether the two measurements agree.
std::vector<Quality> judge_measurement(const PersonQualityInput& input, const QualityLimits& limits);

// All that follows from the scans and their measurement. Where visits do not show one person, those outside of the
// largest group that agrees fail; where no group is the largest, all do.
PersonQuality judge_person(const PersonQualityInput& input, const QualityLimits& limits);

// What depends on dates, which may change without the scans being looked at again: the order of two visits, whether a
// change is more than a brain can do in the time between them, and whether the person's visits span the time that a
// rate needs. `days`: from the first of the two to the second; `span_days`: from the person's first visit to the last.
// Checks of these names in `quality` are replaced.
void judge_dates(Quality& quality, const TissueValues& percent, std::optional<double> days, double span_days,
                 const QualityLimits& limits);

}  // namespace wane
