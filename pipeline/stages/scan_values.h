// A scan's values made such that the air around the head is 0 and nothing is below it.
#pragma once

#include <optional>

#include "imaging/image.h"

namespace wane {

struct CleanedValues {
  double subtracted = 0;      // from all values, in the file's units: the background where that is not about 0
  double negative_share = 0;  // 0..1, of all voxels: below the background, set to 0
  float bright = 0;           // the value that the brightest 1 % of the cleaned scan begin with
  double surround = 0;        // the median of the faces of the scan's box, after the background was subtracted
  // Where values lie so far below the background that no noise and no offset explains it: they were above the type's
  // largest value and came out negative. Empty where there is none.
  Mask wrapped;
};

// In place. `scan`: finite values. A scan whose background is about 0 keeps its values to the bit, but for
// negative ones.
CleanedValues clean_values(Volume& scan);

}  // namespace wane
