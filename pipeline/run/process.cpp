#include "pipeline/run/process.h"

#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "imaging/error_context.h"
#include "imaging/morphology.h"
#include "imaging/parallel.h"
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
std::vector<ConformedVisit> conform_all(std::vector<VisitScan> scans, const HeadTemplate& head_template,
                                        const ConformOptions& options) {
  std::vector<ConformedVisit> visits(scans.size());
  const auto conform_one = [&](std::size_t n) { visits[n] = conform_named(scans[n], head_template, options); };
  if (scans.size() < static_cast<std::size_t>(omp_get_max_threads())) {
    for (std::size_t n = 0; n < scans.size(); ++n) conform_one(n);
    return visits;
  }
  parallel_tasks(scans.size(), conform_one);
  return visits;
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

ProcessedParticipant process_participant(std::vector<VisitScan> scans, const HeadTemplate& head_template,
                                         const RunOptions& options, const StageCallback& at_stage) {
  const auto begin = [&](const char* stage, int index) {
    if (at_stage) at_stage(stage, index);
  };
  ProcessedParticipant result;
  begin("conform", 0);
  result.conformed = conform_all(std::move(scans), head_template, options.conform);
  begin("align", 1);
  result.aligned = align(result.conformed, head_template, options.align);
  begin("extract", 2);
  result.extracted = extract(result.aligned, result.conformed, head_template, options.extract);
  for (ConformedVisit& visit : result.conformed) {
    release_voxels(visit.scan);
    release_voxels(visit.constant);
  }
  for (std::size_t v = 0; v < result.aligned.visits.size(); ++v) {
    release_voxels(result.aligned.visits[v].preprocessed);
    if (result.extracted.unseen_brain_ml[v] == 0) release_voxels(result.aligned.visits[v].seen);
  }
  begin("segment", 3);
  result.joint_tissues = segment(result.extracted, options.segment);
  for (Volume* prior : {&result.extracted.gm_prior, &result.extracted.wm_prior, &result.extracted.csf_prior})
    release_voxels(*prior);
  begin("measure", 4);
  result.measurement = measure(result.extracted, result.joint_tissues, options.measure);
  return result;
}

Mask extracted_brain(VisitScan scan, const HeadTemplate& head_template, const RunOptions& options) {
  const std::vector<ConformedVisit> conformed = {conform_named(scan, head_template, options.conform)};
  const AlignedVisits aligned = align(conformed, head_template, options.align);
  const ExtractedBrain extracted = extract(aligned, conformed, head_template, options.extract);
  const Volume brain =
      resample(as_volume(extracted.brain), conformed[0].scan.grid, aligned.visits[0].midpoint_to_scan.inverse());
  Mask mask(brain.grid);
  for (std::size_t n = 0; n < brain.size(); ++n) mask[n] = brain[n] >= 0.5F ? 1 : 0;
  return mask;
}

NativeMaps native_maps(const ProcessedParticipant& participant, std::size_t visit) {
  const Grid& scan = participant.conformed[visit].scan.grid;
  const Affine scan_to_midpoint = participant.aligned.visits[visit].midpoint_to_scan.inverse();
  const DisplacementField& visit_to_average = participant.measurement.visits[visit].visit_to_average;
  const TissueMaps& joint = participant.joint_tissues;
  const Volume joint_brain = as_volume(participant.extracted.brain);
  const std::vector<Volume> carried =
      resample_displaced({&joint_brain, &joint.csf, &joint.gm, &joint.wm}, scan, scan_to_midpoint, visit_to_average);
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
