// wane simulate: plants a known atrophy in a scan, for one person or for the sample trial.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "pipeline/simulation/truth_json.h"
#include "tools/commands.h"
#include "tools/heads.h"

namespace wane {

namespace {

namespace fs = std::filesystem;

struct SimulateFiles {
  HeadFiles head;
  fs::path out;
  std::shared_ptr<CommandLine> line;
};

struct PersonFlags {
  SimulateFiles files;
  std::string label = "sub-01";
  std::vector<double> gm_percent{0, -1}, wm_percent{0, -1}, days, drift_percent;
  std::vector<double> voxel_mm{1, 1, 1}, voxel_last_mm;
  std::vector<std::string> voxels;  // of each visit: "1", "1x1x3"
  std::optional<std::uint64_t> person;
  PlantOptions options;
};

struct TrialFlags {
  SimulateFiles files;
  TrialOptions options;
};

void add_files(CLI::App& command, SimulateFiles& files) {
  command.add_option("--head", files.head.head, "T1-weighted head with skull and scalp, little noise")
      ->required()
      ->type_name("FILE");
  command
      .add_option(
          "--brain", files.head.brain,
          "Its brain: a mask, or the head with all but the brain set to 0 (default: Wane extracts it; see truth/)")
      ->type_name("FILE");
  command
      .add_option(
          "--out", files.out,
          "BIDS folder to write: one of wane simulate, an empty one, or a new name; the truth goes to its folder "
          "truth/")
      ->required()
      ->type_name("DIR");
  files.line = std::make_shared<CommandLine>(command, std::vector<std::string>{});
}

SourceHead read_head(const SimulateFiles& files, const std::string& name) {
  return read_head(files.head, *files.line, files.out / "truth" / (name + "_brain.nii.gz"));
}

// What is wrong is said before anything is written.
void require_files(const SimulateFiles& files) {
  inspect_nifti(files.head.head);
  if (!files.head.brain.empty()) inspect_nifti(files.head.brain);
  require_simulated_dataset(files.out);
}

// From here on, another run knows the folder as one of these.
void make_dataset(const fs::path& out, const std::string& name) {
  write_dataset_description(out, name);
  for (const fs::path& folder : {out, out / "truth"}) remove_temporary_files(folder, LeftBehind::abandoned);
}

void warn_without_lock(const OutputLock& lock, const fs::path& out) {
  if (lock.holds()) return;
  std::cerr << "wane: The file system of " << out.string()
            << " has no locks: take care that no other Wane simulates in it.\n";
}

fs::path staging_folder(const fs::path& out, const std::string& label) {
  return out / (".unfinished-" + label);
}

// True where the participant is there as it would be made now. Throws UsageError where another one is: visits of two
// simulations must not mix, and what lies there may be wanted.
bool is_there(const fs::path& out, const std::string& label, const std::vector<VisitRequest>& visits,
              const PlantOptions& options, const std::string& source) {
  if (holds_person(out, label, request_json(visits, options), nlohmann::json::parse(source))) return true;
  if (fs::exists(out / label))
    throw UsageError((out / label).string() +
                     " is there already, made with other options, of another head or by another version of Wane; "
                     "delete it or name another folder or participant.");
  return false;
}

Vec3 voxel_of(const std::vector<double>& mm, const char* flag) {
  if (mm.size() == 1) return Vec3::Constant(mm[0]);
  if (mm.size() != 3) throw UsageError(std::string(flag) + " takes one number or three, in mm: 1,1,3.");
  return Vec3(mm[0], mm[1], mm[2]);
}

// "1x1x3" or "2"
Vec3 voxel_of(const std::string& text) {
  std::vector<double> mm;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, 'x');) {
    std::size_t used = 0;
    try {
      mm.push_back(std::stod(part, &used));
    } catch (const std::exception&) {
      used = 0;
    }
    if (used == 0 || used != part.size())
      throw UsageError("--voxels takes one size a visit, in mm, such as 1,1x1x3; \"" + text + "\" is none.");
  }
  return voxel_of(mm, "--voxels");
}

std::vector<VisitRequest> requests_of(const PersonFlags& flags) {
  const std::size_t visits = flags.gm_percent.size();
  const auto require_visits = [&](const auto& list, const char* flag) {
    if (list.size() != visits)
      throw UsageError(std::string(flag) + " has " + std::to_string(list.size()) + " values and --gm has " +
                       std::to_string(visits) + "; each visit needs one.");
  };
  require_visits(flags.wm_percent, "--wm");
  if (!flags.days.empty()) require_visits(flags.days, "--days");
  if (!flags.drift_percent.empty()) require_visits(flags.drift_percent, "--drift");
  if (!flags.voxels.empty()) require_visits(flags.voxels, "--voxels");
  std::vector<VisitRequest> requests(visits);
  for (std::size_t v = 0; v < visits; ++v) {
    requests[v].days = flags.days.empty() ? 365.0 * double(v) : flags.days[v];
    requests[v].gm_change_percent = flags.gm_percent[v];
    requests[v].wm_change_percent = flags.wm_percent[v];
    requests[v].calibration_drift_percent = flags.drift_percent.empty() ? 0.0 : flags.drift_percent[v];
    requests[v].voxel_mm = flags.voxels.empty() ? voxel_of(flags.voxel_mm, "--voxel") : voxel_of(flags.voxels[v]);
  }
  if (!flags.voxel_last_mm.empty()) requests.back().voxel_mm = voxel_of(flags.voxel_last_mm, "--voxel-last");
  return requests;
}

void simulate_one(const PersonFlags& flags) {
  const std::vector<VisitRequest> requests = requests_of(flags);
  PlantOptions options = flags.options;
  options.person = flags.person;
  options.validate();
  if (!flags.label.starts_with("sub-")) throw UsageError("--label must begin with sub-, as BIDS names people.");
  if (const auto problem = file_label_problem(flags.label); !problem.empty())
    throw UsageError("--label '" + flags.label + "' " + problem + " and cannot name files: use letters and digits.");
  const fs::path& out = flags.files.out;
  flags.files.line->start();
  require_files(flags.files);
  const std::string source = source_json(flags.files.head, *flags.files.line);
  make_dataset(out, "Simulated visits with planted atrophy");
  const OutputLock lock = lock_simulated_person(out, flags.label);
  warn_without_lock(lock, out);
  if (!is_there(out, flags.label, requests, options, source)) {
    const SourceHead head = read_head(flags.files, flags.label);
    put_person(out, staging_folder(out, flags.label), flags.label, [&](const fs::path& folder) {
      write_person(folder, flags.label, simulate_person(head, requests, options), requests, options, source);
    });
  }
  std::cout << (out / "truth" / (flags.label + ".json")).string() << '\n';
}

// A dataset is one trial.
void require_no_other_people(const fs::path& out, const std::vector<TrialParticipant>& plan) {
  for (const fs::directory_entry& entry : fs::directory_iterator(out)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("sub-") &&
        std::none_of(plan.begin(), plan.end(), [&](const auto& one) { return one.id == name; }))
      throw UsageError(entry.path().string() + " is not of this trial; delete it or name another folder (--out).");
  }
}

// Those of the plan that are not there yet. Each is locked for the look, which also removes the lock's file where a
// process was killed after its participant was whole.
std::vector<TrialParticipant> missing_people(const fs::path& out, std::vector<TrialParticipant> plan,
                                             const std::string& source) {
  std::erase_if(plan, [&](const TrialParticipant& one) {
    const OutputLock own = lock_simulated_person(out, one.id);
    return is_there(out, one.id, one.visits, one.options, source);
  });
  return plan;
}

void simulate_trial(const TrialFlags& flags, Interruption& interruption) {
  const fs::path& out = flags.files.out;
  flags.files.line->start();
  const std::vector<TrialParticipant> plan = trial_plan(flags.options);
  require_files(flags.files);
  const std::string source = source_json(flags.files.head, *flags.files.line);
  make_dataset(out, "Sample trial: four doses, planted atrophy");
  const OutputLock lock = lock_simulated_dataset(out);
  warn_without_lock(lock, out);
  require_no_other_people(out, plan);
  const std::vector<TrialParticipant> missing = missing_people(out, plan, source);
  write_participants(out, plan);
  std::mutex print;
  bool ended = false;
  const Interruption::LastWords last_words(
      interruption,
      [&](const std::string& sentence) {
        const std::lock_guard wait(print);
        ended = true;  // the sentence is the last one
        std::cerr << "wane: " << sentence << std::endl;
      },
      nullptr);
  std::size_t done = plan.size() - missing.size();
  if (done > 0) std::cerr << done << " of " << plan.size() << " are there already\n";
  std::optional<SourceHead> head;
  if (!missing.empty()) head = read_head(flags.files, "head");
  // People in parallel; the loops inside of each then run on one thread and give the same bits.
  parallel_for(missing.size(), [&](std::size_t p) {
    const TrialParticipant& participant = missing[p];
    const OutputLock own = lock_simulated_person(out, participant.id);
    if (is_there(out, participant.id, participant.visits, participant.options, source)) return;  // by another process
    const SimulatedPerson person = simulate_person(*head, participant.visits, participant.options);
    put_person(out, staging_folder(out, participant.id), participant.id, [&](const fs::path& folder) {
      write_person(folder, participant.id, person, participant.visits, participant.options, source);
    });
    const std::lock_guard wait(print);
    if (!ended) std::cerr << "simulated " << participant.id << " (" << ++done << " of " << plan.size() << ")\n";
  });
  std::cout << out.string() << '\n';
}

void add_person_command(CLI::App& simulate) {
  const auto flags = std::make_shared<PersonFlags>();
  CLI::App& command = *simulate.add_subcommand("person", "Visits of one person, with the changes that you name");
  add_files(command, flags->files);
  command.add_option("--label", flags->label, "Name of the participant")->capture_default_str();
  const char* percent = "Percent change of the whole %, one value a visit, the first 0, negative = loss: 0,-0.8,-1.6";
  auto percent_of = [&](const std::string& tissue) {
    std::string text = percent;
    return text.replace(text.find('%'), 1, tissue);
  };
  command.add_option("--gm", flags->gm_percent, percent_of("gray matter"))->delimiter(',')->capture_default_str();
  command.add_option("--wm", flags->wm_percent, percent_of("white matter"))->delimiter(',')->capture_default_str();
  command.add_option("--days", flags->days, "Days since the first visit, one value a visit (default: years)")
      ->delimiter(',');
  command
      .add_option(
          "--drift", flags->drift_percent,
          "Percent by which lengths are too long at a visit, one value a visit. This is no change of tissue and "
          "not part of the truth")
      ->delimiter(',');
  CLI::Option* voxel = command.add_option("--voxel", flags->voxel_mm, "Voxel size in mm, one number or three")
                           ->delimiter(',')
                           ->capture_default_str();
  CLI::Option* last =
      command.add_option("--voxel-last", flags->voxel_last_mm, "Voxel size of the last visit in mm, if it differs")
          ->delimiter(',');
  command.add_option("--voxels", flags->voxels, "Voxel size of each visit in mm, one value a visit: 1,1x1x3")
      ->delimiter(',')
      ->excludes(voxel)
      ->excludes(last);
  command.add_option("--person", flags->person,
                     "Number of a made-up person whose head the given one is first bent into");
  PlantOptions& options = flags->options;
  command.add_option("--seed", options.seed, "Seed of pose, bias field, noise and regions")->capture_default_str();
  command.add_option("--noise", options.noise_fraction, "Sigma of the noise, as fraction of bright tissue")
      ->capture_default_str();
  command.add_option("--bias", options.bias_amplitude, "Bias field, largest logarithm")->capture_default_str();
  command.add_option("--rotate", options.rotation_degrees, "Range of the pose's angles in degrees")
      ->capture_default_str();
  command.add_option("--shift", options.shift_mm, "Range of the pose's shifts in mm")->capture_default_str();
  command.add_option("--gain", options.gain_range, "Range of the intensity gain between visits")->capture_default_str();
  command.add_option("--pattern", options.pattern_strength, "How much regions differ, 0 to 2")->capture_default_str();
  command.add_option("--planting-spacing", options.planting_spacing_mm, "Grid of the planted displacement in mm")
      ->capture_default_str();
  command.callback([flags] { simulate_one(*flags); });
}

void add_trial_command(CLI::App& simulate, Interruption& interruption) {
  const auto flags = std::make_shared<TrialFlags>();
  CLI::App& command =
      *simulate.add_subcommand("trial", "The sample trial: four dose groups whose loss falls with dose");
  add_files(command, flags->files);
  command.add_option("--seed", flags->options.seed, "Seed of everything")->capture_default_str();
  command.add_option("--participants-per-group", flags->options.participants_per_group, "People in each dose group")
      ->capture_default_str()
      ->check(CLI::Range(1, 200));
  command.add_flag("--full", flags->options.full, "1 mm voxels and three visits (default: 2 mm and two)");
  command.footer("Interrupted, the same command goes on where it stopped.");
  command.callback([flags, &interruption] { simulate_trial(*flags, interruption); });
}

}  // namespace

void add_simulate_command(CLI::App& program, Interruption& interruption) {
  CLI::App& command = *program.add_subcommand("simulate", "Plant a known atrophy in a scan and write the visits");
  command.require_subcommand(1);
  add_person_command(command);
  add_trial_command(command, interruption);
}

}  // namespace wane
