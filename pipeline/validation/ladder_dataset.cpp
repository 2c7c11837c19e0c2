#include "pipeline/validation/ladder_dataset.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "imaging/error.h"
#include "pipeline/dataset/json_input.h"
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

fs::path truth_file(const fs::path& dataset, const std::string& label) {
  return dataset / "truth" / (label + ".json");
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::rename(from, to, error);
  if (error)
    throw ResourceError("Cannot move " + from.string() + " to " + to.string() + ": " + error.message() +
                        "; choose another folder (--work) or free it.");
}

TissueChange seen_from(const TissueChange& change, const TissueChange& new_first) {
  const auto percent = [](double to, double from) { return 100 * ((100 + to) / (100 + from) - 1); };
  return {percent(change.brain, new_first.brain), percent(change.gm, new_first.gm), percent(change.wm, new_first.wm)};
}

}  // namespace

bool holds_person(const fs::path& dataset, const std::string& label, const json& request, const json& source) {
  if (!fs::is_directory(dataset / label)) return false;
  const json truth = json_in_file(truth_file(dataset, label));
  if (!truth.is_object()) return false;
  return truth.value("request", json()) == request && truth.value("source", json()) == source;
}

void put_person(const fs::path& dataset, const fs::path& staging, const std::string& label,
                const std::function<void(const fs::path& folder)>& write) {
  fs::remove_all(staging);
  write(staging);
  fs::remove(truth_file(dataset, label));  // without it, what is left of an older one counts for nothing
  fs::remove_all(dataset / label);
  move_file(staging / label, dataset / label);
  move_file(truth_file(staging, label), truth_file(dataset, label));
  fs::remove_all(staging);
}

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
