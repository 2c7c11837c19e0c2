#include "pipeline/simulation/simulated_dataset.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/simulation/truth_json.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void write_json(const fs::path& file, const json& value) {
  write_text_atomically(file, value.dump(1) + "\n");
}

// int16, as scanners write it.
LabelMap as_int16(const Volume& scan) {
  LabelMap numbers(scan.grid);
  for (std::size_t n = 0; n < scan.size(); ++n) numbers[n] = std::int16_t(scan[n]);
  return numbers;
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
                        "; choose another folder or free it.");
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
  move_file(truth_file(staging, label), truth_file(dataset, label));
  move_file(staging / label, dataset / label);
  fs::remove_all(staging);
}

void write_dataset_description(const fs::path& dataset, const std::string& name) {
  const fs::path file = dataset / "dataset_description.json";
  make_folders(dataset);
  if (fs::exists(file)) return;
  write_json(file, {{"Name", name},
                    {"BIDSVersion", "1.8.0"},
                    {"DatasetType", "raw"},
                    {"GeneratedBy", {{{"Name", "wane simulate"}}}},
                    {"Acknowledgements", "No patient: every scan is simulated from one head, see truth/."}});
  write_text_atomically(dataset / ".bidsignore", "truth/\n");
  write_text_atomically(
      dataset / "README",
      name +
          "\n\nNo patient was scanned: `wane simulate` planted known changes in the scan of one head, and "
          "made these visits of it.\nFor each participant, truth/sub-*.json says what was planted.\n");
}

void write_participants(const fs::path& dataset, const std::vector<TrialParticipant>& participants) {
  std::ostringstream table;
  table << "participant_id\tdose_group\tdose\n";
  json levels = json::object();
  for (const TrialParticipant& participant : participants) {
    table << participant.id << '\t' << participant.dose_group << '\t' << participant.dose << '\n';
    std::ostringstream dose;
    dose << participant.dose << " million cells per kg of body weight";
    levels[participant.dose_group] = dose.str();
  }
  make_folders(dataset);
  write_text_atomically(dataset / "participants.tsv", table.str());
  write_json(dataset / "participants.json",
             {{"dose_group", {{"Description", "Dose group of the trial"}, {"Levels", levels}}},
              {"dose", {{"Description", "Dose given"}, {"Units", "10^6 cells/kg"}}}});
}

void write_person(const fs::path& dataset, const std::string& label, const SimulatedPerson& person,
                  const std::vector<VisitRequest>& requests, const PlantOptions& options, const std::string& source) {
  if (fs::exists(dataset / label))
    throw UsageError((dataset / label).string() + " is there already; delete it or give another --out or --label.");
  std::ostringstream sessions;
  sessions << "session_id\tdays_since_baseline\n";
  for (std::size_t v = 0; v < person.visits.size(); ++v) {
    const std::string session = session_name(v);
    const fs::path folder = dataset / label / session / "anat";
    make_folders(folder);
    write_nifti(folder / (label + "_" + session + "_T1w.nii.gz"), as_int16(person.visits[v].scan));
    sessions << session << '\t' << person.visits[v].truth.days << '\n';
  }
  write_text_atomically(dataset / label / (label + "_sessions.tsv"), sessions.str());
  write_json(dataset / label / (label + "_sessions.json"),
             {{"days_since_baseline", {{"Description", "Days since the first visit"}, {"Units", "d"}}}});
  make_folders(dataset / "truth");
  write_json(dataset / "truth" / (label + ".json"), truth_json(label, person, requests, options, source));
}

}  // namespace wane
