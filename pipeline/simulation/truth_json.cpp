#include "pipeline/simulation/truth_json.h"

#include <nlohmann/json.hpp>

namespace wane {
namespace {

using nlohmann::json;

json visit_json(const std::string& session, const VisitTruth& truth) {
  std::vector<std::vector<double>> pose;
  for (int row = 0; row < 4; ++row) {
    pose.emplace_back();
    for (int column = 0; column < 4; ++column) pose.back().push_back(truth.person_to_scan.matrix()(row, column));
  }
  return {
      {"session", session},
      {"days", truth.days},
      {"brain_change_percent", truth.by_volume.brain},
      {"gm_change_percent", truth.by_volume.gm},
      {"wm_change_percent", truth.by_volume.wm},
      {"by_jacobian", {{"brain", truth.by_jacobian.brain}, {"gm", truth.by_jacobian.gm}, {"wm", truth.by_jacobian.wm}}},
      {"jacobian_range", {truth.least_jacobian, truth.most_jacobian}},
      {"largest_displacement_mm", truth.largest_displacement_mm},
      {"planted_scale_percent", truth.calibration_drift_percent},
      {"person_to_scan_lps_mm", pose}};
}

}  // namespace

json request_json(const std::vector<VisitRequest>& requests, const PlantOptions& options) {
  json visits = json::array();
  for (const VisitRequest& visit : requests)
    visits.push_back({{"days", visit.days},
                      {"gm_change_percent", visit.gm_change_percent},
                      {"wm_change_percent", visit.wm_change_percent},
                      {"calibration_drift_percent", visit.calibration_drift_percent},
                      {"voxel_mm", {visit.voxel_mm[0], visit.voxel_mm[1], visit.voxel_mm[2]}}});
  return {{"visits", visits},
          {"seed", options.seed},
          {"person", options.person ? json(*options.person) : json(nullptr)},
          {"planting_spacing_mm", options.planting_spacing_mm},
          {"pattern_spacing_mm", options.pattern_spacing_mm},
          {"pattern_strength", options.pattern_strength},
          {"rotation_degrees", options.rotation_degrees},
          {"shift_mm", options.shift_mm},
          {"bias_amplitude", options.bias_amplitude},
          {"noise_fraction", options.noise_fraction},
          {"gain_range", options.gain_range},
          {"margin_mm", options.margin_mm}};
}

std::string session_name(std::size_t number) {
  const std::string text = std::to_string(number + 1);
  return "ses-" + std::string(text.size() < 2 ? 1 : 0, '0') + text;
}

json truth_json(const std::string& label, const SimulatedPerson& person, const std::vector<VisitRequest>& requests,
                const PlantOptions& options, const std::string& source) {
  json visits = json::array();
  for (std::size_t v = 0; v < person.visits.size(); ++v)
    visits.push_back(visit_json(session_name(v), person.visits[v].truth));
  return {{"label", label},
          {"gm_ml", person.gm_ml},
          {"wm_ml", person.wm_ml},
          {"visits", visits},
          {"sign_convention", "negative = loss"},
          {"request", request_json(requests, options)},
          {"source", json::parse(source)}};
}

}  // namespace wane
