// Whether two visits were acquired alike, by their JSON sidecars.
#pragma once

#include <string>

#include "pipeline/dataset/sidecar.h"
#include "pipeline/quality/check.h"

namespace wane {

// Adds the checks `acquisition` (scanner, field strength, coil, sequence and its timing; nothing where the two sidecars
// have no value in common) and `contrast_agent_recorded` (one sidecar names an agent) to the pair's; older ones of
// these names are replaced. `from`, `to`: what sentences call the visits.
void judge_acquisition(Quality& quality, const ScanSidecar& from_sidecar, const ScanSidecar& to_sidecar,
                       const std::string& from, const std::string& to);

}  // namespace wane
