// What a series is taken for, by how it was made and what it is called.
#pragma once

#include <string>

#include "pipeline/import/series.h"

namespace wane {

enum class Suffix { none, t1w, flair };  // what Wane can use

const char* suffix_text(Suffix suffix);  // "T1w", "FLAIR", ""

struct Classification {
  Suffix suffix = Suffix::none;
  std::string taken_for;         // "T1w", "localizer", "diffusion", ...
  std::string why;               // part of a sentence: "named mprage; TE 2.98 ms, TI 900 ms"
  bool derived = false;          // computed from other images
  bool contrast = false;         // with contrast agent
  bool normalized = false;       // the coil's brightness is evened out
  int distortion_corrected = 0;  // 3: in three dimensions, 2: within slices, 0: not, or not said
  bool three_d = false;
};

// The rules stand in docs/import.md.
Classification classify(const SeriesFacts& facts);

}  // namespace wane
