#include "pipeline/run/process.h"

#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/error_context.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"

namespace wane {

namespace {

ConformedVisit conform_named(VisitScan& visit, const HeadTemplate& head_template, const ConformOptions& options) {
  ConformedVisit conformed = naming_in_errors(
      visit.name, [&] { return conform(std::move(visit.scan), head_template, options, visit.orientation_known); });
  conformed.name = visit.name;
  return conformed;
}

// Visits side by side where that keeps every thread busy; else one after the other with all threads inside.
template <class F>
void for_each_visit(std::size_t visits, F&& f) {
  if (visits < static_cast<std::size_t>(omp_get_max_threads())) {
    for (std::size_t n = 0; n < visits; ++n) f(n);
    return;
  }
  parallel_tasks(visits, f);
}

std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const std::vector<PairAgreement>& agreement) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const PairAgreement& pair : agreement) pairs.emplace_back(pair.from, pair.to);
  return pairs;
}

PersonQuality quality_of(const ProcessedParticipant& processed, JointFacts facts, const QualityLimits& limits) {
  PersonQualityInput input;
  for (std::size_t v = 0; v < processed.conformed.size(); ++v) {
    const MeasuredVisit& measured = processed.measurement.visits[v];
    input.visits.push_back({processed.scan_quality[v], facts.visits[v], measured.volumes_ml, measured.folded_share,
                            processed.aligned.visits[v].constant_head_ml, measured.voxel_size_drift});
  }
  input.agreement = processed.aligned.agreement;
  input.enhancement = std::move(facts.enhancement);
  input.changes = processed.measurement.changes;
  input.brain = facts.brain;
  input.share_compared = processed.measurement.share_compared;
  input.last_step_mm = processed.measurement.last_step_mm;
  return judge_person(input, limits);
}

template <class T>
void release_voxels(Image<T>& image) {
  image.values = std::vector<T>();
}

std::int16_t fullest(float csf, float gm, float wm) {
  if (csf >= gm && csf >= wm) return 1;
  return gm >= wm ? 2 : 3;
}

}  // namespace

ScanQualityInput scan_quality(const ConformedVisit& visit, const HeadTemplate& head_template,
                              const std::string& session, bool orientation_known) {
  ScanQualityInput quality;
  quality.session = session;
  quality.template_similarity = visit.template_similarity;
  quality.template_lead = visit.template_lead;
  quality.turned_degrees = Eigen::AngleAxisd(visit.template_to_scan.rotation()).angle() * 180 / EIGEN_PI;
  quality.brain_extracted = visit.brain_extracted;
  quality.facts = scan_facts(visit, head_template);
  quality.values = visit.values;
  quality.orientation_known = orientation_known;
  return quality;
}

ConformedScans conform_scans(std::vector<VisitScan> scans, const HeadTemplate& head_template,
                             const RunOptions& options) {
  ConformedScans result;
  result.visits.resize(scans.size());
  result.quality.resize(scans.size());
  for_each_visit(scans.size(), [&](std::size_t n) {
    ScanQualityInput& quality = result.quality[n];
    quality.session = scans[n].session;
    quality.unusable = scans[n].unusable;
    if (!quality.unusable.empty()) return;
    const std::string print = fingerprint(scans[n].scan);
    ConformedVisit& visit = result.visits[n];
    try {
      visit = conform_named(scans[n], head_template, options.conform);
    } catch (const InputError& error) {
      quality.unusable = error.what();
      return;
    }
    quality = scan_quality(visit, head_template, scans[n].session, scans[n].orientation_known);
    quality.fingerprint = print;
  });
  return result;
}

ConformedScans already_conformed(std::vector<VisitScan> scans, std::vector<ConformedVisit> conformed,
                                 const HeadTemplate& head_template) {
  ConformedScans result;
  result.visits = std::move(conformed);
  for (std::size_t n = 0; n < scans.size(); ++n) {
    ConformedVisit& visit = result.visits.at(n);
    visit.name = scans[n].name;
    result.quality.push_back(scan_quality(visit, head_template, scans[n].session, scans[n].orientation_known));
    result.quality.back().fingerprint = fingerprint(scans[n].scan);
  }
  return result;
}

ProcessedParticipant process_conformed(ConformedScans conformed, const ReferenceData& reference,
                                       const RunOptions& options, const StageCallback& at_stage,
                                       std::optional<EarlierStages> earlier) {
  const auto begin = [&](const char* stage, int index) {
    if (at_stage) at_stage(stage, index);
  };
  for (const ScanQualityInput& scan : conformed.quality)
    if (!scan.unusable.empty()) throw InputError(scan.unusable);
  ProcessedParticipant result;
  result.conformed = std::move(conformed.visits);
  result.scan_quality = std::move(conformed.quality);
  begin("align", 1);
  result.aligned =
      earlier ? std::move(earlier->aligned) : align(result.conformed, reference.head_template, options.align);
  begin("extract", 2);
  result.extracted = earlier ? std::move(earlier->extracted)
                             : extract(result.aligned, result.conformed, reference.head_template, options.extract);
  for (ConformedVisit& visit : result.conformed) {
    release_voxels(visit.scan);
    release_voxels(visit.constant);
  }
  for (std::size_t v = 0; v < result.aligned.visits.size(); ++v) {
    release_voxels(result.aligned.visits[v].preprocessed);
    if (result.extracted.unseen_brain_ml[v] == 0) release_voxels(result.aligned.visits[v].seen);
  }
  begin("segment", 3);
  result.joint_tissues = earlier ? std::move(earlier->tissues) : segment(result.extracted, options.segment);
  JointFacts facts = joint_facts(result.extracted, result.joint_tissues, pairs_of(result.aligned.agreement),
                                 result.aligned.template_to_midpoint, middle_plane_mm(reference.head_template));
  for (Volume* prior : {&result.extracted.gm_prior, &result.extracted.wm_prior, &result.extracted.csf_prior})
    release_voxels(*prior);
  begin("measure", 4);
  result.measurement = measure(result.extracted, result.joint_tissues, options.measure, reference.error_model);
  result.quality = quality_of(result, std::move(facts), options.quality);
  return result;
}

ProcessedParticipant process_participant(std::vector<VisitScan> scans, const ReferenceData& reference,
                                         const RunOptions& options, const StageCallback& at_stage) {
  if (at_stage) at_stage("conform", 0);
  return process_conformed(conform_scans(std::move(scans), reference.head_template, options), reference, options,
                           at_stage);
}

void release_images(ProcessedParticipant& processed) {
  processed.extracted = {};
  processed.joint_tissues = {};
  processed.measurement.mean = {};
  processed.measurement.measured = {};
  processed.measurement.measured_tissue = {};
  for (MeasuredVisit& visit : processed.measurement.visits) {
    visit.tissues = {};
    visit.brain_mask = {};
    visit.mean_to_visit = {};
    visit.visit_to_mean = {};
    visit.volume_ratio = {};
  }
}

Mask extracted_brain(VisitScan scan, const HeadTemplate& head_template, const RunOptions& options) {
  const std::vector<ConformedVisit> conformed = {conform_named(scan, head_template, options.conform)};
  const AlignedVisits aligned = align(conformed, head_template, options.align);
  const ExtractedBrain extracted = extract(aligned, conformed, head_template, options.extract);
  const Volume brain =
      resample(as_volume(extracted.brain_mask), conformed[0].scan.grid, aligned.visits[0].midpoint_to_scan.inverse());
  Mask mask(brain.grid);
  for (std::size_t n = 0; n < brain.size(); ++n) mask[n] = brain[n] >= 0.5F ? 1 : 0;
  return mask;
}

NativeMaps native_maps(const ProcessedParticipant& participant, std::size_t visit) {
  const Grid& scan = participant.conformed[visit].scan.grid;
  const Affine scan_to_midpoint = participant.aligned.visits[visit].midpoint_to_scan.inverse();
  const DisplacementField& visit_to_mean = participant.measurement.visits[visit].visit_to_mean;
  const TissueMaps& joint = participant.joint_tissues;
  const Volume joint_brain = as_volume(participant.extracted.brain_mask);
  const std::vector<Volume> carried =
      resample_displaced({&joint_brain, &joint.csf, &joint.gm, &joint.wm}, scan, scan_to_midpoint, visit_to_mean);
  // Another visit may have shown brain where this one shows nothing.
  const Mask& seen = participant.aligned.visits[visit].seen;
  const Mask shown = seen.empty() ? Mask(scan, 1) : resample(seen, scan, scan_to_midpoint);
  NativeMaps maps{Mask(scan), LabelMap(scan)};
  parallel_voxels(maps.brain.size(), [&](std::size_t n) {
    if (carried[0][n] < 0.5F || !shown[n]) return;
    maps.brain[n] = 1;
    maps.tissue[n] = fullest(carried[1][n], carried[2][n], carried[3][n]);
  });
  return maps;
}

}  // namespace wane
