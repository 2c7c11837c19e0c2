// What surrounds the head in a scan: the level of the air, and places that hold one and the same value because nothing
// was measured there.
#pragma once

#include "imaging/image.h"

namespace wane {

struct Background {
  float level = 0;        // the commonest value on the faces of the scan's box
  float lowest = 0;       // where the background's own scatter begins: air that is noise lies above it
  float middle = 0;       // the median there
  float scatter = 0;      // the width of the narrowest interval that holds half of the values there
  bool constant = false;  // most of the faces hold exactly `level`: a mask or a program wrote it, no receiver
};

// `scan`: finite values. The commonest value is the half-sample mode (Bickel & Fruehwirth 2006) of the six faces; where
// a frame of one value was put around the scan, those of the box inside of the frame.
Background background_of(const Volume& scan);

// 1 where voxels that hang together hold exactly one value and reach a face of the scan: air that was set to a value, a
// padded field of view, slices that were not measured, what defacing took. Noise and interpolated values have no such
// places. The scan's largest value does not count: bright fat may be cut off there. Empty (no voxels) where there are
// less than `least_ml`.
Mask constant_from_border(const Volume& scan, double least_ml = 1.0);

// 1 where voxels of exactly `value` hang together and reach a face of the scan.
Mask filled_from_border(const Volume& scan, float value);

}  // namespace wane
