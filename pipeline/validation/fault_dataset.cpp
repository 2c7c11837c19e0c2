#include "pipeline/validation/fault_dataset.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "imaging/nifti.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "pipeline/simulation/truth_json.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kAnotherPerson = "another_person";

LabelMap as_int16(const Volume& scan) {
  LabelMap numbers(scan.grid);
  for (std::size_t n = 0; n < scan.size(); ++n) numbers[n] = std::int16_t(scan[n]);
  return numbers;
}

// NIfTI-1: qform_code and sform_code, two bytes each; 0 means that the form is not given.
void take_forms_away(const fs::path& nifti) {
  constexpr std::streamoff kFormCodes = 252;
  std::fstream file(nifti, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(kFormCodes);
  file.write("\0\0\0\0", 4);
  if (!file.flush()) throw ResourceError("Cannot write " + nifti.string() + ".");
}

// `stem`: the file's name without its ending. Without forms it is not compressed, as its header is edited in place.
void write_scan(const fs::path& stem, const FaultyScan& scan) {
  const fs::path file = stem.string() + (scan.without_forms ? ".nii" : ".nii.gz");
  if (scan.storage == Storage::float32)
    write_nifti(file, scan.scan);
  else
    write_nifti(file, as_int16(scan.scan));
  if (scan.without_forms) take_forms_away(file);
}

// A variant's visits without noise, which is drawn anew for each person.
PlantOptions without_noise(PlantOptions options) {
  options.noise_fraction = 0;
  return options;
}

}  // namespace

FaultPlanter::FaultPlanter(FaultHead head, std::vector<FaultVariant> variants)
    : source_(std::move(head)), variants_(std::move(variants)) {}

std::string FaultPlanter::source_of(const FaultPerson& person) const {
  json source = json::parse(source_.source);
  source["noise_seed"] = person.seed;
  source["fault"] = nullptr;
  if (person.kind)
    source["fault"] = {{"name", person.kind->name},
                       {"degree", name_of(person.strength->degree)},
                       {"strength", person.strength->strength},
                       {"both_visits", person.strength->both_visits}};
  return source.dump();
}

bool FaultPlanter::is_planted(const fs::path& dataset, const FaultPerson& person) const {
  const FaultVariant& variant = variants_.at(person.variant);
  return holds_person(dataset, person.label, request_json(variant.visits, variant.options),
                      json::parse(source_of(person)));
}

void FaultPlanter::plant(const fs::path& dataset, const fs::path& staging, const FaultPerson& person) {
  const FaultVariant& variant = variants_.at(person.variant);
  const std::vector<FaultyScan> visits = visits_of(person);
  put_person(dataset, staging, person.label, [&](const fs::path& folder) {
    std::ostringstream sessions;
    sessions << "session_id\tdays_since_baseline\n";
    for (std::size_t v = 0; v < visits.size(); ++v) {
      const std::string session = session_name(v);
      make_folders(folder / person.label / session / "anat");
      write_scan(folder / person.label / session / "anat" / (person.label + "_" + session + "_T1w"), visits[v]);
      sessions << session << '\t' << variant.visits[v].days << '\n';
    }
    write_text_atomically(folder / person.label / (person.label + "_sessions.tsv"), sessions.str());
    make_folders(folder / "truth");
    const json truth =
        truth_json(person.label, simulated(person.variant), variant.visits, variant.options, source_of(person));
    write_text_atomically(folder / "truth" / (person.label + ".json"), truth.dump(1) + "\n");
  });
}

const SourceHead& FaultPlanter::head() {
  if (!head_) head_ = source_.read();
  return *head_;
}

const SimulatedPerson& FaultPlanter::simulated(std::size_t variant) {
  const auto found = simulated_.find(variant);
  if (found != simulated_.end()) return found->second;
  const FaultVariant& asked = variants_.at(variant);
  return simulated_[variant] = simulate_person(head(), asked.visits, without_noise(asked.options));
}

const std::vector<KnownScan>& FaultPlanter::known(std::size_t variant) {
  std::vector<KnownScan>& scans = known_[variant];
  if (scans.empty())
    for (const SimulatedVisit& visit : simulated(variant).visits) scans.push_back(known_scan(head(), visit));
  return scans;
}

const FaultScene& FaultPlanter::scene() {
  if (scene_) return *scene_;
  scene_.emplace();
  scene_->first = known(0).front();
  scene_->second = known(0).back();
  scene_->noise_fraction = variants_.front().options.noise_fraction;
  return *scene_;
}

// The visit that faults are planted in, of another person.
Volume FaultPlanter::visit_of_other(std::size_t number) const {
  PlantOptions options = without_noise(variants_.front().options);
  options.seed += 1;  // another pose
  return simulate_person(source_.others.at(number)(), {variants_.front().visits.front()}, options).visits.front().scan;
}

std::vector<FaultyScan> FaultPlanter::visits_of(const FaultPerson& person) {
  if (!person.kind) {
    std::vector<FaultyScan> visits;
    for (const KnownScan& visit : known(person.variant))
      visits.push_back({as_written(visit, variants_.at(person.variant).options.noise_fraction,
                                   noise_seed(person.seed, visits.size()))});
    return visits;
  }
  scene();
  if (person.kind->name == kAnotherPerson && scene_->others.empty())
    for (std::size_t other = 0; other < source_.others.size(); ++other) scene_->others.push_back(visit_of_other(other));
  FaultyPair pair = plant_fault(*person.kind, *person.strength, *scene_, person.seed);
  return {std::move(pair.first), std::move(pair.second)};
}

}  // namespace wane
