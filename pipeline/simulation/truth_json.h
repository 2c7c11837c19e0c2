// The planted truth as it is written beside the scans.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/simulation/plant.h"

namespace wane {

// "ses-01" for the first visit (number 0).
std::string session_name(std::size_t number);

// {"label", "gm_ml", "wm_ml", "visits": [{"session", "days", "gm_change_percent", "wm_change_percent",
// "brain_change_percent", "by_jacobian", "planted_scale_percent", ...}], "request", "source"}: changes in percent of
// the first visit's volume, as the tissue changed; a visit's wrong voxel size (planted_scale_percent, of length) is not
// in them. `source`: a JSON object that says what the person was made from, see write_person.
nlohmann::json truth_json(const std::string& label, const SimulatedPerson& person,
                          const std::vector<VisitRequest>& requests, const PlantOptions& options,
                          const std::string& source);

// What was asked for, as it stands in the truth.
nlohmann::json request_json(const std::vector<VisitRequest>& requests, const PlantOptions& options);

}  // namespace wane
