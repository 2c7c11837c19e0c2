// wane validate: plants known changes in heads, measures them, and says how well; or holds the results of a run against
// planted truth.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/trial.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "pipeline/validation/ladder_dataset.h"
#include "pipeline/validation/validation_report.h"
#include "tools/commands.h"
#include "tools/error_fit.h"
#include "tools/faults.h"
#include "tools/heads.h"
#include "tools/progress.h"
#include "tools/truth.h"
#include "tools/version.h"

namespace wane {

namespace {

namespace fs = std::filesystem;

struct ValidateCommand {
  explicit ValidateCommand(CLI::App& app) : line(app, {"conform", "align", "extract", "segment", "measure"}) {}
  CommandLine line;
  fs::path out, truth, report;
  fs::path work = "wane-validation";
  std::vector<fs::path> heads, brains;
  LadderOptions ladder;
  double memory_gb = 0;
  bool faults = false;
  std::vector<fs::path> fit_ladders;
  fs::path model = "error_model.json";
  bool has_voxel = false, has_work = false;  // given on the command line
  std::vector<std::string> only_faults, degrees;
};

void write_table(const fs::path& folder, const std::string& name, const TableText& table) {
  write_text_atomically(folder / (name + ".json"), table.dictionary);
  write_text_atomically(folder / (name + ".tsv"), table.text);
}

void write_report(const fs::path& folder, const ValidationReport& report, const std::string& json,
                  const std::string& markdown) {
  make_folders(folder);
  write_table(folder, "accuracy", accuracy_table(report));
  write_table(folder, "planted_changes", planted_changes_table(report));
  write_text_atomically(folder / "accuracy.md", markdown);
  write_text_atomically(folder / "validation.json", json);
}

int compare(const ValidateCommand& command) {
  const ValidationReport report = validation_report(compare_with_truth(command.out, command.truth));
  std::cout << truth_text(report);
  if (!command.report.empty()) {
    const Provenance provenance{program_version(), "{}", report.comparison.inputs};
    write_report(command.report, report, validation_json_text(report, {}, provenance), accuracy_markdown(report));
  }
  return report.comparison.missing.empty() ? 0 : 1;
}

struct LadderPerson {
  std::string label;
  std::size_t head = 0;  // place in the list of heads
  Rung rung;
};

// What a ladder is made of, before anything is simulated.
struct LadderPlan {
  std::vector<HeadFiles> heads;
  std::vector<std::string> sources;  // of each head, as source_json gives it
  bool bend = false;
  std::vector<LadderPerson> people;
};

// The heads that were named, or the sample head.
std::vector<HeadFiles> heads_to_plant_in(const ValidateCommand& command) {
  if (!command.brains.empty() && command.brains.size() != command.heads.size())
    throw UsageError("There are " + std::to_string(command.heads.size()) + " --head and " +
                     std::to_string(command.brains.size()) +
                     " --brain: each head needs its own, in the same order, or none has one and Wane extracts them.");
  std::vector<HeadFiles> heads;
  if (command.heads.empty()) heads = {sample_head()};
  for (std::size_t h = 0; h < command.heads.size(); ++h)
    heads.push_back({command.heads[h], command.brains.empty() ? fs::path() : command.brains[h]});
  for (const HeadFiles& files : heads) {
    inspect_nifti(files.head);
    if (!files.brain.empty()) inspect_nifti(files.brain);
  }
  return heads;
}

LadderPlan plan_of(const ValidateCommand& command) {
  LadderPlan plan;
  // The sample head is the template's too: as it is, Wane would align it to itself.
  plan.bend = command.heads.empty();
  plan.heads = heads_to_plant_in(command);
  for (const HeadFiles& files : plan.heads) plan.sources.push_back(source_json(files, command.line));
  LadderOptions options = command.ladder;
  options.bend = plan.bend;
  for (std::size_t h = 0; h < plan.heads.size(); ++h)
    for (const Rung& rung : ladder(options, h + 1)) plan.people.push_back({participant_label(h + 1, rung), h, rung});
  return plan;
}

void say_plan(const LadderPlan& plan, const ValidateCommand& command, ProgressDisplay& display) {
  std::size_t visits = 0;
  for (const LadderPerson& person : plan.people) visits += person.rung.visits.size();
  display.note(
      std::to_string(plan.people.size()) + " people with " + std::to_string(visits) + " visits (" +
      std::to_string(plan.people.size() / plan.heads.size()) + " for each of " + std::to_string(plan.heads.size()) +
      (plan.heads.size() == 1 ? " head" : " heads") + ") are simulated and then measured in " + command.work.string() +
      "; at 1 mm a pair takes about two minutes of a core. If this is interrupted, run the same command again to "
      "continue.");
}

void simulate(const LadderPlan& plan, const ValidateCommand& command, ProgressDisplay& display) {
  const fs::path dataset = command.work / "dataset";
  display.begin(plan.people.size());
  std::optional<SourceHead> head;
  for (std::size_t p = 0; p < plan.people.size(); ++p) {
    const LadderPerson& person = plan.people[p];
    const HeadFiles& files = plan.heads[person.head];
    const std::string& source = plan.sources[person.head];
    if (p > 0 && plan.people[p - 1].head != person.head) head.reset();
    display.step(person.label, "simulate", 0, 1);
    if (!is_simulated(dataset, person.label, person.rung, source)) {
      if (!head)
        head = read_head(files, command.line, command.work / "heads" / (head_name(person.head) + "_brain.nii.gz"));
      simulate_rung(dataset, command.work / "unfinished", person.label, person.rung, *head, source);
    }
    display.finished(person.label);
  }
}

std::vector<std::string> labels_of(const LadderPlan& plan) {
  std::vector<std::string> labels;
  for (const LadderPerson& person : plan.people) labels.push_back(person.label);
  return labels;
}

TrialRequest request_of(const ValidateCommand& command) {
  TrialRequest request;
  request.out = command.work / "out";
  request.template_folder = command.line.template_folder();
  request.error_model = command.line.error_model();
  request.options = command.line.options();
  request.threads = command.line.threads();
  request.memory_gb = command.memory_gb;
  request.program_version = program_version();
  request.command_line = given_command_line();
  return request;
}

std::map<std::string, RungOfParticipant> rungs_of(const LadderPlan& plan) {
  std::map<std::string, RungOfParticipant> rungs;
  for (const LadderPerson& person : plan.people) {
    Rung partner = person.rung;
    partner.name = person.rung.exchanged_of;
    rungs[person.label] = {person.rung.kind, person.rung.name, head_name(person.head),
                           partner.name.empty() ? "" : participant_label(person.head + 1, partner)};
  }
  return rungs;
}

Provenance provenance_of(const LadderPlan& plan, const ValidateCommand& command, const ValidationReport& report) {
  const nlohmann::ordered_json ladder = {{"quick", command.ladder.quick},
                                         {"voxel_mm", command.ladder.voxel_mm},
                                         {"slice_mm", command.ladder.slice_mm},  // 0: as thick as a voxel is wide
                                         {"seed", command.ladder.seed},
                                         {"rungs", command.ladder.only},  // empty: all
                                         {"bend", plan.bend}};
  return heads_provenance(command.line, plan.heads, "ladder", ladder, report.comparison.inputs);
}

std::string plain(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string caption(const LadderPlan& plan, const LadderOptions& options) {
  std::string heads;
  for (const HeadFiles& files : plan.heads) heads += (heads.empty() ? "" : ", ") + files.head.filename().string();
  std::ostringstream text;
  text << "Measured minus planted change, in percent of the mean of both volumes, at " << options.voxel_mm << " mm"
       << (options.slice_mm > 0 ? " and slices of " + plain(options.slice_mm) + " mm" : "") << "; wane "
       << program_version() << ",\n"
       << plan.people.size() << " simulated people from " << heads
       << (plan.bend ? ", bent into another head for each" : "")
       << (options.quick ? "; a first look only (--quick)" : "") << ".\n\n    " << given_command_line() << "\n\n";
  return text.str();
}

// A model is not judged on the heads that it was fitted to.
std::string fit_note(const std::vector<ComparedParticipant>& participants, const fs::path& error_model) {
  const std::vector<std::string> fitted = heads_of_fit(error_model);
  std::set<std::string> seen;
  for (const ComparedParticipant& participant : participants)
    if (std::find(fitted.begin(), fitted.end(), participant.head.sha256) != fitted.end())
      seen.insert(participant.head.path);
  const bool known =
      !fitted.empty() && std::all_of(participants.begin(), participants.end(),
                                     [](const auto& participant) { return !participant.head.sha256.empty(); });
  if (!known) return "It is not known whether the error model was fitted to these heads.\n\n";
  if (seen.empty()) return "The error model was fitted to other heads than these.\n\n";
  std::string names;
  for (const std::string& name : seen) names += (names.empty() ? "" : ", ") + name;
  return "The error model was fitted to these heads too, so that the last column does not judge it: " + names + ".\n\n";
}

int run_ladder(const ValidateCommand& command, Interruption& interruption) {
  // What is wrong is said before anybody waits for simulations that cannot be measured.
  command.ladder.validate();
  const TrialRequest request = request_of(command);
  read_template(request.template_folder);
  read_error_model(request.error_model);
  require_validation_folder(command.work);
  require_output_folder(request.out);
  const LadderPlan plan = plan_of(command);
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, request.out, interruption);
  const OutputLock lock = begin_validation(command.work, "Ladder of planted changes", display);
  say_plan(plan, command, display);
  simulate(plan, command, display);
  const Dataset dataset = read_dataset(command.work / "dataset", request.options.dataset, labels_of(plan));
  const auto outcomes = process_trial(dataset, request, events_shown_on(display));
  for (const ParticipantOutcome& outcome : outcomes)
    if (outcome.state == ParticipantState::failed)
      std::cout << "failed: " << outcome.participant_id << ": " << outcome.reason << '\n';
  if (const int code = exit_code_of(outcomes); code > 1) return code;  // nobody was measured
  const ValidationReport report = validation_report(
      compare_with_truth(command.work / "out", command.work / "dataset/truth", labels_of(plan)), rungs_of(plan));
  const std::string markdown = caption(plan, command.ladder) +
                               fit_note(report.comparison.participants, request.error_model) +
                               accuracy_markdown(report);
  write_report(
      command.work, report,
      validation_json_text(report, validation_heads(plan.heads, plan.bend), provenance_of(plan, command, report)),
      markdown);
  std::cout << markdown;
  for (const std::string& line : report.comparison.missing) std::cout << "MISSING " << line << '\n';
  std::cout << "\nFiles:\n";
  for (const char* name : {"validation.json", "accuracy.tsv", "planted_changes.tsv", "accuracy.md"})
    std::cout << "  " << (command.work / name).string() << '\n';
  return report.comparison.missing.empty() ? 0 : 1;
}

int plant_faults(const ValidateCommand& command, Interruption& interruption) {
  FaultsCommand faults{command.line,
                       command.has_work ? command.work : "wane-faults",
                       heads_to_plant_in(command),
                       command.heads.empty(),
                       {},
                       command.memory_gb};
  if (command.has_voxel) faults.ladder.voxel_mm = command.ladder.voxel_mm;
  faults.ladder.seed = command.ladder.seed;
  faults.ladder.only = command.only_faults;
  faults.ladder.degrees = command.degrees;
  return run_faults(faults, interruption);
}

void add_ladder_flags(CLI::App& app, ValidateCommand& command) {
  const char* group = "The ladder";
  app.add_option("--work", command.work, "Folder for the simulated visits, their results and the report")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(group);
  app.add_option(
         "--head", command.heads,
         "T1-weighted head with skull and scalp to plant changes in; repeat the option for more heads (default: "
         "Debian's Colin27, bent into another head for every rung)")
      ->type_name("FILE")
      ->group(group);
  app.add_option(
         "--brain", command.brains,
         "Brain of each --head, in the same order: a mask, or the head with all but the brain set to 0 (default: "
         "Wane extracts them; look at WORK/heads)")
      ->needs("--head")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--quick", command.ladder.quick, "Six rungs for a first look")->group(group);
  app.add_option("--rungs", command.ladder.only, "Only these rungs, such as zero1,driftup (see planted_changes.tsv)")
      ->delimiter(',')
      ->type_name("NAME,...")
      ->group(group);
  app.add_option("--voxel", command.ladder.voxel_mm, "Voxel size of the visits in mm")
      ->capture_default_str()
      ->group(group);
  app.add_option("--slices", command.ladder.slice_mm,
                 "Thickness of the slices of all visits in mm (default: as thick as a voxel is wide)")
      ->type_name("MM")
      ->group(group);
  app.add_option("--seed", command.ladder.seed, "Seed of all random numbers")->capture_default_str()->group(group);
  app.add_option("--memory", command.memory_gb,
                 "Memory limit; a lower one runs fewer participants at a time (default: 80 % of the available memory)")
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("GB")
      ->group(group);
}

void add_fault_flags(CLI::App& app, ValidateCommand& command) {
  const char* group = "Faults instead of the ladder (--work wane-faults and --voxel 2 unless given)";
  CLI::Option* faults =
      app.add_flag(
             "--faults", command.faults,
             "Plant the faults of real scans one at a time, and report which were noticed, by which check, and how "
             "often undisturbed scans were refused")
          ->group(group);
  app.add_option("--only", command.only_faults,
                 "Only these faults, such as motion,noise,good (good: undisturbed scans; see fault_rates.tsv)")
      ->delimiter(',')
      ->needs(faults)
      ->type_name("NAME,...")
      ->group(group);
  app.add_option("--degrees", command.degrees, "Only faults of these degrees: mild, clinical, gross")
      ->delimiter(',')
      ->needs(faults)
      ->type_name("NAME,...")
      ->group(group);
  for (const char* flag : {"--quick", "--rungs"}) faults->excludes(app.get_option(flag));
}

void add_fit_flags(CLI::App& app, ValidateCommand& command) {
  const char* group = "The error model instead of a new ladder";
  CLI::Option* fit =
      app.add_option("--fit", command.fit_ladders,
                     "Work folders of finished ladders: fit the error model to their changes, and report how often its "
                     "95 % intervals hold the changes of heads that it was not fitted to")
          ->type_name("DIR ...")
          ->group(group);
  app.add_option("--model", command.model, "File for the fitted error model")
      ->needs(fit)
      ->capture_default_str()
      ->type_name("FILE")
      ->group(group);
  for (const char* flag :
       {"--work", "--head", "--quick", "--rungs", "--voxel", "--slices", "--seed", "--memory", "--faults"})
    fit->excludes(app.get_option(flag));
}

void add_comparison_flags(CLI::App& app, ValidateCommand& command) {
  const char* group = "A run of yours instead of the ladder";
  CLI::Option* out = app.add_option("--out", command.out, "Results of wane run")->type_name("DIR")->group(group);
  CLI::Option* truth =
      app.add_option("--truth", command.truth, "Folder of truths, as wane simulate writes it (DATASET/truth)")
          ->type_name("DIR")
          ->group(group);
  app.add_option("--report", command.report, "Folder for the report as JSON and TSV (default: it is only printed)")
      ->needs(truth)
      ->type_name("DIR")
      ->group(group);
  out->needs(truth);
  truth->excludes(app.get_option("--fit"));
  truth->needs(out);
  for (const char* flag :
       {"--work", "--head", "--quick", "--rungs", "--voxel", "--slices", "--seed", "--memory", "--faults"})
    truth->excludes(app.get_option(flag));
}

}  // namespace

void add_validate_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App& app =
      *program.add_subcommand("validate", "Plant known changes in heads and report how well they are measured");
  const auto command = std::make_shared<ValidateCommand>(app);
  add_ladder_flags(app, *command);
  add_fault_flags(app, *command);
  add_fit_flags(app, *command);
  add_comparison_flags(app, *command);
  app.footer(
      "Example: wane validate --head volunteer1.nii.gz --head volunteer2.nii.gz --work validation\n"
      "The truth is the change planted in the tissue; a drift of the voxel size is not part of it.\n"
      "The exit code is 1 where a planted change was not measured (MISSING), and with --faults where a gross fault was "
      "not caught or a measurement broke.");
  app.callback([&app, &exit_code, &interruption, command] {
    command->line.start();
    command->has_voxel = app.count("--voxel") > 0;
    command->has_work = app.count("--work") > 0;
    if (command->faults)
      exit_code = plant_faults(*command, interruption);
    else if (!command->fit_ladders.empty())
      exit_code = run_error_fit({command->line, command->fit_ladders, command->model});
    else
      exit_code = command->truth.empty() ? run_ladder(*command, interruption) : compare(*command);
  });
}

}  // namespace wane
