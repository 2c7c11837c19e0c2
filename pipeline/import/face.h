// Whether the face is still on a scan: of a defaced scan nobody can be recognized, of any other perhaps.
#pragma once

#include "imaging/image.h"

namespace wane {

enum class Face { unknown, present, removed, brain_only };

const char* face_text(Face face);  // "not defaced", "defaced", "brain-extracted", "cannot be told"

// `scan`: a head in any orientation, its grid in LPS mm saying which way it looks. Compares how far the head reaches
// forward at the height of the nose with how far it does at the forehead. Unknown where the scan does not reach down to
// the nose.
Face face_of(const Volume& scan);

}  // namespace wane
