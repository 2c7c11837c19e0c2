// What goes wrong while a scanner fills k-space: motion between lines, ghosts, spikes. Planted in finished magnitude
// images, as phase images are not there.
#pragma once

#include <cstdint>

#include "imaging/image.h"

namespace wane {

// The head moves while the lines along `phase_axis` (0, 1 or 2 of the grid) are filled, from one end of k-space to the
// other: five moves, each with a nod and a turn of up to `degrees` and a shift of up to `mm`, and at least half of
// that. The lines around the middle of k-space show the head as in `scan`. Not negative. Nothing moved: the scan
// itself.
Volume moved_while_scanned(const Volume& scan, int phase_axis, double degrees, double mm, std::uint64_t seed);

// `fraction` of the signal shown again half a field of view further along `phase_axis`, as where odd and even lines of
// k-space differ.
Volume ghosted(const Volume& scan, int phase_axis, double fraction);

// One wrong value in k-space: stripes of this amplitude across the whole image. Their direction and width (4 to 12
// voxels) are drawn.
Volume with_spike(const Volume& scan, double amplitude, std::uint64_t seed);

}  // namespace wane
