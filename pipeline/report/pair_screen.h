// What `wane pair` prints: two scans of one person on one screen.
#pragma once

#include <string>

#include "pipeline/analysis/participant_report.h"

namespace wane {

struct PairScans {
  std::string first, second;  // how the user named the files
};

// At most 80 columns where file names and sentences of checks allow it: the scans, the change of each tissue with its
// standard error and 95 % interval, the rate where the visits have days, the second measurement, the volumes, what the
// checks found, and the sign convention in words. `report`: of two visits, in the order of the scans. Ends in a
// newline.
std::string pair_screen(const ParticipantReport& report, const PairScans& scans);

// Whether a check failed, of either scan, of the pair or of the person.
bool pair_failed(const ParticipantReport& report);

}  // namespace wane
