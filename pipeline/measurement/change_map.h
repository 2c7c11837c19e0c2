// Where the brain changed: percent change of local volume between two visits, at each point of the person's average.
#pragma once

#include "imaging/image.h"

namespace wane {

// How much of a visit's volume a small piece of the average holds, free of `drift_percent_length`, which was taken out
// of the visit's volumes too (0 where nothing was). 0 outside of `measured`. `jacobian`: the average -> the visit.
Volume volume_ratio_map(const Volume& jacobian, const Mask& measured, double drift_percent_length);

// 200 (to - from) / (to + from), as all percent changes; on the grid `full`, of which the ratios' grid is a part. 0
// where nothing is measured. Its mean over a tissue, weighted by the tissue's fraction and by (from + to) / 2, is the
// percent change of that tissue's volume between the two visits. Negative = loss.
Volume change_map_percent(const Volume& ratio_from, const Volume& ratio_to, const Grid& full);

// `part`, whose grid is a part of `full`, with 0 around it.
Mask placed_on(const Mask& part, const Grid& full);

}  // namespace wane
