// All visits of one participant through the five stages, in memory: no files, no printing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "imaging/image.h"
#include "pipeline/measurement/error_model.h"
#include "pipeline/quality/judge.h"
#include "pipeline/run/options.h"
#include "segmentation/head_template.h"

namespace wane {

// What was learned from data and comes with the program.
struct ReferenceData {
  HeadTemplate head_template;
  ErrorModel error_model;
};

struct VisitScan {
  std::string name;               // how messages call it: the file
  Volume scan;                    // as read
  std::string session;            // how verdicts call the visit: "ses-02"
  bool orientation_known = true;  // the file says how the scan lies in space
  std::string unusable{};         // why the scan could not be read; empty where it was
};

// The visits after the first stage, each with what its scan tells of its quality.
struct ConformedScans {
  std::vector<ConformedVisit> visits;
  std::vector<ScanQualityInput> quality;
};

// Of images that no later stage looks at, only the grids are kept: the scans, what was resampled from them, the priors.
// What a visit has seen is kept where that is not all of the brain.
struct ProcessedParticipant {
  std::vector<ConformedVisit> conformed;
  AlignedVisits aligned;
  ExtractedBrain extracted;
  TissueMaps joint_tissues;  // of the person's mean, on the midpoint grid
  Measurement measurement;
  std::vector<ScanQualityInput> scan_quality;  // of each visit
  PersonQuality quality;
};

// Called at the start of each stage with its name ("conform") and its place among `stage_count`, from 0.
using StageCallback = std::function<void(const char* stage, int index)>;
inline constexpr int stage_count = 5;

// What the stages before `measure` gave for these visits, where they have run before.
struct EarlierStages {
  std::vector<ConformedVisit> conformed;
  AlignedVisits aligned;
  ExtractedBrain extracted;
  TissueMaps tissues;
};

// What a conformed scan tells of its quality; the fingerprint, which is of the raw scan, is not set.
ScanQualityInput scan_quality(const ConformedVisit& visit, const HeadTemplate& head_template,
                              const std::string& session, bool orientation_known);

// The first stage on every visit. `scans`: the raw scans in order of time, one a visit. A scan in which there is no
// head is `unusable` in `quality`, and its visit is empty.
ConformedScans conform_scans(std::vector<VisitScan> scans, const HeadTemplate& head_template,
                             const RunOptions& options);

// The first stage on scans that it has run on before: `conformed` are its results.
ConformedScans already_conformed(std::vector<VisitScan> scans, std::vector<ConformedVisit> conformed,
                                 const HeadTemplate& head_template);

// The stages after it, and the verdicts. `earlier`: what align, extract and segment gave for the same visits before;
// they are not run again. Throws InputError where a scan is unusable.
ProcessedParticipant process_conformed(ConformedScans conformed, const ReferenceData& reference,
                                       const RunOptions& options, const StageCallback& at_stage = {},
                                       std::optional<EarlierStages> earlier = std::nullopt);

// Both. `scans`: the raw scans in order of time, one a visit. Throws what the stages throw; where an error concerns
// one scan or two, they are named.
ProcessedParticipant process_participant(std::vector<VisitScan> scans, const ReferenceData& reference,
                                         const RunOptions& options, const StageCallback& at_stage = {});

// The brain (with the CSF around it) of one scan on its own grid, by the first three stages. Throws what they throw.
Mask extracted_brain(VisitScan scan, const HeadTemplate& head_template, const RunOptions& options);

// Keeps the numbers, and lets all images go.
void release_images(ProcessedParticipant& processed);

// What a visit's scan shows, on that scan's own grid: the joint maps carried there by the deformation and the rigid
// alignment in one interpolation. Nothing is in them where the scan shows nothing.
struct NativeMaps {
  Mask brain;       // brain with the CSF around it
  LabelMap tissue;  // within the brain: 1 CSF, 2 GM, 3 WM, whichever fills most of the voxel; elsewhere 0
};
NativeMaps native_maps(const ProcessedParticipant& participant, std::size_t visit);

}  // namespace wane
