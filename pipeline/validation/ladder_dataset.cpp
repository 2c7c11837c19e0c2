#include "pipeline/validation/ladder_dataset.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/simulation/simulated_dataset.h"
#include "pipeline/simulation/truth_json.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Of a rung with exchanged visits the request is its partner's.
std::string source_of(const Rung& rung, const std::string& source) {
  json own = json::parse(source);
  own["exchanged"] = !rung.exchanged_of.empty();
  return own.dump();
}

TissueChange seen_from(const TissueChange& change, const TissueChange& new_first) {
  const auto percent = [](double to, double from) { return 100 * ((100 + to) / (100 + from) - 1); };
  return {percent(change.brain, new_first.brain), percent(change.gm, new_first.gm), percent(change.wm, new_first.wm)};
}

}  // namespace

bool is_simulated(const fs::path& dataset, const std::string& label, const Rung& rung, const std::string& source) {
  return holds_person(dataset, label, request_json(rung.visits, rung.options), json::parse(source_of(rung, source)));
}

void simulate_rung(const fs::path& dataset, const fs::path& staging, const std::string& label, const Rung& rung,
                   const SourceHead& head, const std::string& source) {
  SimulatedPerson person = simulate_person(head, rung.visits, rung.options);
  if (!rung.exchanged_of.empty()) person = in_opposite_order(person);
  put_person(dataset, staging, label, [&](const fs::path& folder) {
    write_person(folder, label, person, rung.visits, rung.options, source_of(rung, source));
  });
}

SimulatedPerson in_opposite_order(const SimulatedPerson& person) {
  SimulatedPerson turned = person;
  std::reverse(turned.visits.begin(), turned.visits.end());
  const VisitTruth first = turned.visits.front().truth;
  turned.gm_ml *= 1 + first.by_volume.gm / 100;
  turned.wm_ml *= 1 + first.by_volume.wm / 100;
  for (SimulatedVisit& visit : turned.visits) {
    visit.truth.days = first.days - visit.truth.days;
    visit.truth.by_volume = seen_from(visit.truth.by_volume, first.by_volume);
    visit.truth.by_jacobian = seen_from(visit.truth.by_jacobian, first.by_jacobian);
  }
  return turned;
}

}  // namespace wane
