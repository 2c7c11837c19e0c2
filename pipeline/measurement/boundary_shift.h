// A second measurement of change that shares neither the deformation nor its integration with the first: the boundary
// shift integral. A border that moves changes the brightness of the voxels that it crosses; the sum of that change,
// between two limits of brightness that lie between the tissues, is the volume crossed (Freeborough & Fox 1997; limits
// for each pair and each border from its own tissues, Leung 2010). Slow differences of brightness are removed first, as
// for the deformation: an error there moves both measurements.
//
// It comes out too small where a border moves by more than the window's width, where both banks of a narrow sulcus lie
// in one voxel, and where regions are cut, and it sees some two thirds of a wrong voxel size; corrected_shift
// (error_model.h) makes an estimate of the change of it. The Jacobian integration has smaller errors and is therefore
// the number that is reported; the shift stands beside it to tell of a registration that went wrong.
#pragma once

#include <optional>

#include "imaging/image.h"
#include "pipeline/measurement/volumes.h"
#include "segmentation/tissue_maps.h"

namespace wane {

// Percent of the mean of both volumes, negative = loss. `tissues`: joint maps of the person; `comparable`:
// 0..1, where both visits can be compared; `from`, `to`: the visits rigidly aligned, free of bias field and about
// equally bright; all on one grid. Empty where CSF, gray and white matter cannot be told apart by brightness.
std::optional<TissueValues> boundary_shift(const TissueMaps& tissues, const Volume& comparable, const Volume& from,
                                           const Volume& to);

}  // namespace wane
