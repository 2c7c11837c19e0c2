// What can be wrong with one scan, as functions from a scan to a scan: coverage, geometry, values, contrast. Each
// plants one fault and nothing else; none adds noise but where the noise is the fault. Same bits for any number of
// threads.
#pragma once

#include <array>
#include <cstdint>

#include "imaging/image.h"
#include "pipeline/simulation/plant.h"

namespace wane {

// A scan with what is known of the head in it, all on the scan's grid.
struct KnownScan {
  Volume scan;
  Mask brain;     // holes filled
  Volume gm, wm;  // fractions
  double csf_mean = 0, gm_mean = 0, wm_mean = 0;
};

// A simulated visit with the maps of the head that it was made from, carried there by the visit's pose. What is planted
// in the tissue (some tenths of a millimetre) is not in them. Only for people who are the head as it is.
KnownScan known_scan(const SourceHead& head, const SimulatedVisit& visit);

// The source head bent into another person's by PersonMap. One interpolation.
SourceHead bent_head(const SourceHead& head, std::uint64_t person);

// The grid's axis (0, 1, 2) that runs closest to an axis of LPS space.
int axis_along(const Grid& grid, int lps_axis);

// Value below which the share `q` of the brain's voxels lie. Throws InputError where the mask is empty.
float brain_quantile(const Volume& scan, const Mask& brain, double q);

Volume with_rician_noise(const Volume& scan, double sigma, std::uint64_t seed);

// --- coverage
enum class HeadSide { top, bottom, front };
// Without the part of the image in which the brain's outermost `mm` on that side lie, and all beyond it.
Volume cropped(const KnownScan& head, HeadSide side, double mm);
// That part set to 0.
Volume blanked(const KnownScan& head, HeadSide side, double mm);
// The field of view ends `room_mm` before and behind the brain; what lies beyond is shown on the opposite side, as
// where the phase is encoded from front to back.
Volume folded_over(const KnownScan& head, double room_mm);

// --- resolution
// Slices of `mm` from bottom to top, each the mean of what it covers.
Volume thick_slices(const Volume& scan, double mm);

// --- geometry
// Voxels along an LPS axis (nearest grid axis) said to be `percent` too large; the values stay.
Volume with_wrong_spacing(const Volume& scan, int lps_axis, double percent);
// Left and right exchanged by the header; the values stay, and the scan stays where it was.
Volume mirrored(const Volume& scan);
// The same voxels at the same places, stored so that the grid's axes run closest to these LPS directions (columns).
Volume reordered(const Volume& scan, const Mat3& axes);
// Slices from bottom to top: of a stretch of this share of them, in the middle of the brain, first all even ones and
// then all odd ones.
Volume with_slices_out_of_order(const KnownScan& head, double share);
// A point r from the middle is shown at the place of r (1 + c r^2), by `mm` too far out at 100 mm: what is left of a
// gradient coil's nonlinearity.
Volume distorted(const Volume& scan, double mm_at_100_mm);

// --- values
Volume clipped(const Volume& scan, float limit);
// Scaled so that `limit` becomes 32767; what lies above is shown 65536 lower, as in a 16-bit integer.
Volume wrapped(const Volume& scan, float limit);
// v + add
Volume shifted(const Volume& scan, double add);
Volume z_scored(const Volume& scan, const Mask& brain);
// exp of a smooth field (knots 90 mm apart) whose largest size in the brain is `amplitude`; outside at most twice that.
Volume shaded(const KnownScan& head, double amplitude, std::uint64_t seed);
// Air as bright as up to `amplitude`, each voxel at random, as in the ratio images of MP2RAGE.
Volume with_noisy_air(const KnownScan& head, double amplitude, std::uint64_t seed);

// --- contrast
// Values of CSF, gray and white matter inside the skull (as far as 3 mm beyond the brain), of which partial volumes are
// mixed; what is outside is multiplied.
struct Contrast {
  double csf = 0, gm = 0, wm = 0, outside = 1;
};
Volume with_contrast(const KnownScan& head, const Contrast& contrast);
// The difference between gray and white matter is this share of what it was; their mean stays.
Volume with_tissue_contrast(const KnownScan& head, double share);
// Dark is bright: `brightest` - v, in the head alone or in air as well.
Volume inverted(const KnownScan& head, bool air_as_well);
// Contrast agent: choroid plexus and superior sagittal sinus are as bright as `brightness`, and so is this share of the
// brain's covering, in patches.
Volume enhanced(const KnownScan& head, double share_of_covering, double brightness, std::uint64_t seed);

// --- the brain
// All but the mask is 0.
Volume masked(const Volume& scan, const Mask& mask);
// The mask without the `mm` under its surface on the right side.
Mask peeled_on_the_right(const Mask& brain, double mm);
// The brain by `percent` of its volume smaller about its middle, CSF in the room that it gives up.
Volume with_smaller_brain(const KnownScan& head, double percent);

// --- not a head
// Smooth noise of mean 0 and standard deviation 1 in the brain, 0 outside.
Volume statistical_map(const KnownScan& head, std::uint64_t seed);
// A citrus fruit in the middle of the grid: peel, segments, seeds.
Volume fruit(const Grid& grid, double brightness);

}  // namespace wane
