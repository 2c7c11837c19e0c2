#include "pipeline/simulation/faults.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "imaging/morphology.h"
#include "imaging/smooth.h"
#include "pipeline/simulation/k_space.h"

namespace wane {
namespace {

using enum Degree;

constexpr double kFwhmPerSigma = 2.354820045;  // of a Gaussian, numerical

// Of white matter, read off published T2w, FLAIR and PD scans of healthy brains; only their order matters here.
constexpr Contrast kT2{1.6, 0.9, 0.6, 0.6};
constexpr Contrast kFlair{0.15, 1.0, 0.8, 0.6};
constexpr Contrast kPd{1.3, 1.2, 1.0, 0.9};

Contrast times(const Contrast& contrast, double white) {
  return {contrast.csf * white, contrast.gm * white, contrast.wm * white, contrast.outside};
}

int phase_axis(const FaultInput& input) {
  return axis_along(input.visit.scan.grid, 1);  // front to back, as in most 3-D T1w scans
}

// Axes as Wane takes them where a header says nothing (left, front, top), then two that scanners use, of the same
// handedness: sagittal from the back and top; coronal, upside down.
Mat3 stored_axes(int number) {
  const Vec3 left = Vec3::UnitX(), back = Vec3::UnitY(), top = Vec3::UnitZ();
  Mat3 axes;
  if (number == 1) axes << left, -back, top;
  if (number == 2) axes << back, -top, left;
  if (number == 3) axes << left, -top, -back;
  return axes;
}

FaultyScan another_person(const FaultInput& in) {
  const auto number = std::size_t(in.strength) - 1;
  if (number >= in.scene.others.size()) throw InputError("There is no other head to take for another person's.");
  return {in.scene.others[number]};
}

FaultyScan same_data(const FaultInput& in) {
  if (in.strength == 1) return {reordered(in.first_as_written, stored_axes(2))};
  return {in.first_as_written};
}

FaultyScan lost_orientation(const FaultInput& in) {
  return {reordered(in.visit.scan, stored_axes(int(in.strength))), Storage::scanner, true};
}

FaultyScan stripped(const FaultInput& in) {
  const KnownScan& head = in.visit;
  if (in.strength == 1) return {masked(head.scan, dilated(head.brain, 2.0))};
  Mask parenchyma(head.brain.grid);
  parallel_voxels(parenchyma.size(), [&](std::size_t n) { parenchyma[n] = head.gm[n] + head.wm[n] >= 0.5F; });
  return {masked(head.scan, parenchyma)};
}

FaultyScan stripped_too_tight(const FaultInput& in) {
  const Mask brain = dilated(in.visit.brain, 1.0);
  return {masked(in.visit.scan, in.is_second ? peeled_on_the_right(brain, in.strength) : brain)};
}

FaultyScan gray_matter_map(const FaultInput& in) {
  return {gaussian(in.visit.gm, 2.0), Storage::float32};
}

double white(const FaultInput& in) {
  return in.visit.wm_mean;
}

float at_brain_percentile(const FaultInput& in) {
  return brain_quantile(in.visit.scan, in.visit.brain, in.strength / 100);
}

std::vector<FaultKind> table() {
  return {
      // --- whose scan, and which
      {"another_person",
       "another person's scan",
       "",
       NoiseAt::after,
       {{clinical, 1, "ten of ten were measured, brain -9.9 to +9.7 %, two of them like disease (TIGRLab/admin#1198)"},
        {gross, 2, "the same with yet another person"}},
       another_person},
      {"same_data",
       "the first visit's data given again",
       "",
       NoiseAt::never,
       {{clinical, 1, "the same voxels in another order of axes: a change of 0 that nobody measured"},
        {gross, 2, "the same file twice (Loris-MRI#359)"}},
       same_data},
      {"mirrored",
       "left and right exchanged by the header",
       "",
       NoiseAt::after,
       {{gross, 1, "a wrong reader or converter; moves single voxels by the width of the head"}},
       [](const FaultInput& in) { return FaultyScan{mirrored(in.visit.scan)}; }},
      // --- geometry
      {"lost_orientation",
       "header without orientation",
       "",
       NoiseAt::before,
       {{mild, 1, "axes as they are assumed: nothing is wrong but the position"},
        {clinical, 2, "sagittal: was lost, or measured on a turned head, 1755 mL for 1645 (nibabel#522)"},
        {gross, 3, "coronal and upside down"}},
       lost_orientation},
      {"voxel_z",
       "slices said to be too thick",
       "percent",
       NoiseAt::after,
       {{mild, 1, "moved the brain by +0.7 to +0.9 %, as much as a year"},
        {clinical, 5, "+4.3 to +5.6 %"},
        {gross, 20, "spacing taken for thickness: +13 % (ITK#112, dcm2niix#555)"}},
       [](const FaultInput& in) { return FaultyScan{with_wrong_spacing(in.visit.scan, 2, in.strength)}; }},
      {"voxel_y",
       "voxels said to be too long from front to back",
       "percent",
       NoiseAt::after,
       {{mild, 1, "moved the brain by -0.4 %; gradients are held to about 1 % (ACR phantom test: 2 mm of 190)"},
        {clinical, 2, "twice that tolerance: more than a year of atrophy"},
        {gross, 5, "no scanner that is serviced is off by this much"}},
       [](const FaultInput& in) { return FaultyScan{with_wrong_spacing(in.visit.scan, 1, in.strength)}; }},
      {"voxel_all",
       "voxels said to be too large along all axes",
       "percent",
       NoiseAt::after,
       {{mild, 1, "3 % of volume; Wane finds it at the skull and takes it out"},
        {clinical, 2, "6 % of volume"},
        {gross, 5, "15 % of volume"}},
       [](const FaultInput& in) {
         Volume scan = in.visit.scan;
         for (int axis = 0; axis < 3; ++axis) scan = with_wrong_spacing(scan, axis, in.strength);
         return FaultyScan{scan};
       }},
      {"distorted",
       "uncorrected gradient nonlinearity",
       "mm at 100 mm from the middle",
       NoiseAt::before,
       {{mild, 0.3, "what is left after correction"},
        {clinical, 2, "correction on at one visit and off at the other; vertex and cerebellum grow by percents"},
        {gross, 6, "a short wide-bore gradient without correction"}},
       [](const FaultInput& in) { return FaultyScan{distorted(in.visit.scan, in.strength)}; }},
      {"slices_out_of_order",
       "slices in the wrong order",
       "share of the slices",
       NoiseAt::after,
       {{mild, 0.03, "some slices exchanged"},
        {clinical, 0.2, "the tissue of a fifth of the head stands at the wrong place"},
        {gross, 1.0, "first all even and then all odd slices, as sorted by time of acquisition"}},
       [](const FaultInput& in) { return FaultyScan{with_slices_out_of_order(in.visit, in.strength)}; }},
      // --- acquisition
      {"motion",
       "head moved while scanned",
       "degrees and mm",
       NoiseAt::after,
       {{mild, 0.3, "about a third of a voxel; 1 mm/min costs about 0.7 % of gray matter (Reuter et al. 2015)"},
        {clinical, 1.5, "ringing in the whole brain, which readers reject"},
        {gross, 5, "several outlines of the head"}},
       [](const FaultInput& in) {
         return FaultyScan{moved_while_scanned(in.visit.scan, phase_axis(in), in.strength, in.strength, in.seed)};
       }},
      {"ghosting",
       "ghost half a field of view away",
       "share of the signal",
       NoiseAt::after,
       {{mild, 0.02, "the ACR phantom test allows 2.5 %"},
        {clinical, 0.1, "scalp as bright as a third of the contrast of gray and white matter across the brain"},
        {gross, 0.3, "scalp as bright as that contrast"}},
       [](const FaultInput& in) { return FaultyScan{ghosted(in.visit.scan, phase_axis(in), in.strength)}; }},
      {"spike",
       "stripes of a spike in k-space",
       "share of white matter",
       NoiseAt::after,
       {{mild, 0.03, "as strong as the noise"},
        {clinical, 0.12, "half the contrast of gray and white matter"},
        {gross, 0.4, "more than that contrast"}},
       [](const FaultInput& in) { return FaultyScan{with_spike(in.visit.scan, in.strength * white(in), in.seed)}; }},
      {"noise",
       "noise",
       "sigma as share of white matter",
       NoiseAt::never,
       {{mild, 0.06, "signal to noise 17, as in a quick scan"},
        {clinical, 0.12, "signal to noise 8; gray and white matter are two sigmas apart"},
        {gross, 0.3, "signal to noise 3: they are less than one sigma apart"}},
       [](const FaultInput& in) {
         return FaultyScan{with_rician_noise(in.visit.scan, in.strength * white(in), in.seed)};
       }},
      {"low_contrast",
       "little contrast between gray and white matter",
       "share of the contrast left",
       NoiseAt::after,
       {{mild, 0.7, "another scanner or inversion time"},
        {clinical, 0.35, "a spin echo rather than an MPRAGE; the border is as wide as the cortex"},
        {gross, 0.08, "gray and white matter cannot be told apart"}},
       [](const FaultInput& in) { return FaultyScan{with_tissue_contrast(in.visit, in.strength)}; }},
      {"blurred",
       "smoothed image",
       "mm full width at half maximum",
       NoiseAt::before,
       {{mild, 2, "a filter of the scanner"},
        {clinical, 5, "sulci close: the cortex is 2.5 mm thick"},
        {gross, 9, "smoothed as for group statistics"}},
       [](const FaultInput& in) { return FaultyScan{gaussian(in.visit.scan, in.strength / kFwhmPerSigma)}; }},
      {"thick_slices",
       "thick slices",
       "mm",
       NoiseAt::after,
       {{mild, 4, "an old 2-D trial protocol"},
        {clinical, 6, "a clinical 2-D scan: more than twice the cortex"},
        {gross, 8, "a localizer"}},
       [](const FaultInput& in) { return FaultyScan{thick_slices(in.visit.scan, in.strength)}; }},
      {"shaded",
       "strong shading",
       "of the logarithm",
       NoiseAt::after,
       {{mild, 0.4, "a surface coil, corrected in part"},
        {clinical, 0.8, "a coil element is off: 2.2 times as bright here as there"},
        {gross, 1.5, "4.5 times: a surface coil alone"}},
       [](const FaultInput& in) { return FaultyScan{shaded(in.visit, in.strength, in.seed)}; }},
      {"folded_over",
       "field of view too short, folded over from front to back",
       "mm beyond the brain",
       NoiseAt::after,
       {{mild, 12, "nose and scalp fold into air and scalp"},
        {clinical, 2, "scalp folds into the brain"},
        {gross, -12, "brain folds into brain"}},
       [](const FaultInput& in) { return FaultyScan{folded_over(in.visit, in.strength)}; }},
      // --- coverage
      {"cropped_vertex",
       "field of view ends below the vertex",
       "mm of the brain",
       NoiseAt::after,
       {{mild, 4, "a share of a percent of the brain"},
        {clinical, 15, "the motor cortex of the legs"},
        {gross, 40, "a quarter of the brain"}},
       [](const FaultInput& in) { return FaultyScan{cropped(in.visit, HeadSide::top, in.strength)}; }},
      {"cropped_cerebellum",
       "field of view ends in the cerebellum",
       "mm of the brain",
       NoiseAt::after,
       {{mild, 5, "the lower medulla"},
        {clinical, 25, "half of the cerebellum, common in tilted slabs"},
        {gross, 50, "all of it, and the temporal lobes"}},
       [](const FaultInput& in) { return FaultyScan{cropped(in.visit, HeadSide::bottom, in.strength)}; }},
      {"zero_vertex",
       "vertex is 0 inside the image",
       "mm of the brain",
       NoiseAt::before,
       {{mild, 2, "the meninges"},
        {clinical, 6, "moved the brain by -0.7 to -1.3 % (spine-generic/data-multi-subject#115)"},
        {gross, 25, "a padded field of view that is a fifth too short"}},
       [](const FaultInput& in) { return FaultyScan{blanked(in.visit, HeadSide::top, in.strength)}; }},
      {"zero_bottom",
       "cerebellum is 0 inside the image",
       "mm of the brain",
       NoiseAt::before,
       {{mild, 3, "the lower medulla"},
        {clinical, 10, "moved the brain by -1.3 to -2.7 % (dcm2niix#379)"},
        {gross, 40, "no cerebellum"}},
       [](const FaultInput& in) { return FaultyScan{blanked(in.visit, HeadSide::bottom, in.strength)}; }},
      {"zero_front",
       "defacing has cut the brain",
       "mm of the brain",
       NoiseAt::before,
       {{mild, 2, "the meninges"},
        {clinical, 8, "the frontal poles, about 1 % of the brain"},
        {gross, 25, "the frontal lobes' front"}},
       [](const FaultInput& in) { return FaultyScan{blanked(in.visit, HeadSide::front, in.strength)}; }},
      // --- values
      {"saturated",
       "bright values cut off",
       "percentile of the brain",
       NoiseAt::before,
       {{mild, 95, "the brightest white matter"},
        {clinical, 80, "moved gray matter by -5.5 %, white by +7.5 % (dcm2niix#343)"},
        {gross, 60, "gray matter by -13.8 %, white by +19 %"}},
       [](const FaultInput& in) { return FaultyScan{clipped(in.visit.scan, at_brain_percentile(in))}; }},
      {"wrapped",
       "bright values wrapped to negative ones",
       "percentile of the brain",
       NoiseAt::before,
       {{mild, 99.9, "fat and vessels (dcm2niix#215)"},
        {clinical, 95, "the brightest white matter as well"},
        {gross, 60, "most of the white matter"}},
       [](const FaultInput& in) {
         return FaultyScan{wrapped(in.visit.scan, at_brain_percentile(in)), Storage::int16};
       }},
      {"negative_offset",
       "offset that makes values negative",
       "share of white matter",
       NoiseAt::before,
       {{mild, 0.1, "air is negative"},
        {clinical, 0.4, "air and CSF are negative (mriqc#1176)"},
        {gross, 2, "everything is negative"}},
       [](const FaultInput& in) {
         return FaultyScan{shifted(in.visit.scan, -in.strength * white(in)), Storage::int16};
       }},
      {"z_scored",
       "values as z-scores of the brain",
       "",
       NoiseAt::before,
       {{clinical, 1, "one visit was exported for machine learning"},
        {gross, 1, "both were: the brain had 598 mL for 1393", true}},
       [](const FaultInput& in) {
         return FaultyScan{z_scored(in.visit.scan, in.visit.brain), Storage::float32};
       }},
      {"noisy_air",
       "salt-and-pepper air of an MP2RAGE",
       "share of white matter",
       NoiseAt::after,
       {{mild, 0.2, "air as bright as CSF"},
        {clinical, 0.9, "at one visit: moved the brain by -4.4 % (ANTsPy#898)"},
        {gross, 1.5, "brighter than the brain"}},
       [](const FaultInput& in) { return FaultyScan{with_noisy_air(in.visit, in.strength * white(in), in.seed)}; }},
      // --- contrast
      {"contrast_agent",
       "contrast agent",
       "share of the meninges",
       NoiseAt::after,
       {{mild, 0.02, "plexus and sinus alone"},
        {clinical, 0.35, "moved the brain by +4 %, FreeSurfer's gray matter by +3 to +17 % (ExploreASL#359)"},
        {gross, 0.8, "all meninges, as in their inflammation"}},
       [](const FaultInput& in) { return FaultyScan{enhanced(in.visit, in.strength, 1.6 * white(in), in.seed)}; }},
      {"inverted",
       "dark is bright",
       "",
       NoiseAt::after,
       {{clinical, 1, "in the head: air stays dark"}, {gross, 2, "in the whole image"}},
       [](const FaultInput& in) { return FaultyScan{inverted(in.visit, in.strength == 2)}; }},
      {"t2",
       "T2-weighted scan",
       "",
       NoiseAt::after,
       {{clinical, 1, "one visit is the wrong series"}, {gross, 1, "both are", true}},
       [](const FaultInput& in) { return FaultyScan{with_contrast(in.visit, times(kT2, white(in)))}; }},
      {"flair",
       "FLAIR scan",
       "",
       NoiseAt::after,
       {{clinical, 1, "one visit is the wrong series"}, {gross, 1, "both are", true}},
       [](const FaultInput& in) { return FaultyScan{with_contrast(in.visit, times(kFlair, white(in)))}; }},
      {"pd",
       "PD-weighted scan",
       "",
       NoiseAt::after,
       {{clinical, 1, "one visit is the wrong series"}, {gross, 1, "both are", true}},
       [](const FaultInput& in) { return FaultyScan{with_contrast(in.visit, times(kPd, white(in)))}; }},
      // --- the brain
      {"stripped_one_visit",
       "brain-extracted at one visit",
       "",
       NoiseAt::before,
       {{clinical, 1, "with 2 mm around the brain: masks apart moved the brain by -1.5 to +9 % (fmriprep#252)"},
        {gross, 2, "gray and white matter alone"}},
       stripped},
      {"stripped_too_tight",
       "brain-extracted, brain cut off on one side",
       "mm",
       NoiseAt::before,
       {{mild, 2, "the pia", true},
        {clinical, 5, "the cortex of one hemisphere's surface", true},
        {gross, 12, "cortex and white matter", true}},
       stripped_too_tight},
      {"impossible_change",
       "a loss that no brain can have",
       "percent",
       NoiseAt::after,
       {{mild, 5, "the quickest diseases lose 3 to 5 % in a year"},
        {clinical, 15, "no brain loses this much in a year"},
        {gross, 40, "two fifths of the brain are gone"}},
       [](const FaultInput& in) { return FaultyScan{with_smaller_brain(in.visit, in.strength)}; }},
      // --- not a scan of a head
      {"statistical_map",
       "statistical map",
       "",
       NoiseAt::never,
       {{gross, 1, "was measured as a head"}},
       [](const FaultInput& in) {
         return FaultyScan{statistical_map(in.visit, in.seed), Storage::float32};
       }},
      {"gray_matter_map",
       "gray-matter map",
       "",
       NoiseAt::never,
       {{gross, 1, "was measured as a head: brain 1291 mL (niimath)"}},
       gray_matter_map},
      {"fruit",
       "scan of a fruit",
       "",
       NoiseAt::after,
       {{gross, 1, "a test object left in the folder"}},
       [](const FaultInput& in) { return FaultyScan{fruit(in.visit.scan.grid, white(in))}; }},
      {"noise_alone",
       "noise without a head",
       "",
       NoiseAt::never,
       {{gross, 1, "the coil was not plugged in"}},
       [](const FaultInput& in) {
         return FaultyScan{with_rician_noise(Volume(in.visit.scan.grid), 0.5 * white(in), in.seed)};
       }},
  };
}

std::vector<FaultKind> harmless_table() {
  const char* normal = "normal input where both visits have it";
  return {
      {"stripped", "brain-extracted, both visits", "", NoiseAt::before, {{mild, 1, normal, true}}, stripped},
      {"mp2rage",
       "salt-and-pepper air, both visits",
       "share of white matter",
       NoiseAt::after,
       {{mild, 0.9, normal, true}},
       [](const FaultInput& in) { return FaultyScan{with_noisy_air(in.visit, in.strength * white(in), in.seed)}; }},
      {"offset",
       "1000 added, both visits",
       "",
       NoiseAt::before,
       {{mild, 1000, normal, true}},
       [](const FaultInput& in) {
         return FaultyScan{shifted(in.visit.scan, in.strength), Storage::int16};
       }},
  };
}

// As the file will hold it.
void store(FaultyScan& scan) {
  if (scan.storage == Storage::float32) return;
  const float least = scan.storage == Storage::scanner ? 0.F : -32768.F;
  const float most = scan.storage == Storage::scanner ? 4095.F : 32767.F;
  for (float& value : scan.scan.values) value = std::clamp(std::nearbyint(value), least, most);
}

constexpr std::uint64_t kFaultSeeds = 4;  // from a visit's noise to its fault: see noise_seed

}  // namespace

const char* name_of(Degree degree) {
  return degree == mild ? "mild" : degree == clinical ? "clinical" : "gross";
}

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds = table();
  return kinds;
}

const std::vector<FaultKind>& harmless_kinds() {
  static const std::vector<FaultKind> kinds = harmless_table();
  return kinds;
}

Volume as_written(const KnownScan& visit, double noise_fraction, std::uint64_t seed) {
  FaultyScan scan{with_rician_noise(visit.scan, noise_fraction * visit.wm_mean, seed)};
  store(scan);
  return scan.scan;
}

FaultyPair plant_fault(const FaultKind& kind, const FaultStrength& strength, const FaultScene& scene,
                       std::uint64_t seed) {
  const Volume first = as_written(scene.first, scene.noise_fraction, noise_seed(seed, 0));
  const auto planted = [&](const KnownScan& clean, bool second) {
    KnownScan visit = clean;
    const double sigma = scene.noise_fraction * clean.wm_mean;
    const std::uint64_t noise = noise_seed(seed, second ? 1 : 0);
    if (kind.noise == NoiseAt::before) visit.scan = with_rician_noise(visit.scan, sigma, noise);
    FaultyScan scan = kind.plant({visit, second, scene, first, strength.strength, noise + kFaultSeeds});
    if (kind.noise == NoiseAt::after) scan.scan = with_rician_noise(scan.scan, sigma, noise);
    store(scan);
    return scan;
  };
  return {strength.both_visits ? planted(scene.first, false) : FaultyScan{first}, planted(scene.second, true)};
}

}  // namespace wane
