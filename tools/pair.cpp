// wane pair: two scans of one person, their change on one screen.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/text_file.h"
#include "imaging/nifti.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/pair_screen.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/participant.h"
#include "pipeline/run/report_trial.h"
#include "pipeline/run/trial.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr const char* kParticipant = "sub-pair";
constexpr const char* kFirst = "ses-01";
constexpr const char* kSecond = "ses-02";

struct PairCommand {
  explicit PairCommand(CLI::App& app)
      : line(app, {"conform", "align", "extract", "segment", "measure", "quality", "output", "group.quality"}) {}
  CommandLine line;
  fs::path first, second, out;
  double days = 0;  // 0: not said
};

fs::path whole_path(const fs::path& file) {
  return fs::absolute(file).lexically_normal();
}

// That both scans lie in; reports name them relative to it.
fs::path common_folder(const fs::path& a, const fs::path& b) {
  fs::path common;
  const fs::path of_a = a.parent_path(), of_b = b.parent_path();
  for (auto at_a = of_a.begin(), at_b = of_b.begin(); at_a != of_a.end() && at_b != of_b.end() && *at_a == *at_b;
       ++at_a, ++at_b)
    common /= *at_a;
  return common;
}

void require_scan(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error))
    throw UsageError(file.string() +
                     " is a folder: name the two scans (.nii or .nii.gz). `wane run BIDS OUT` measures a "
                     "dataset, `wane import FOLDER BIDS` makes one of DICOM files.");
  inspect_nifti(file);  // says what is wrong with it
}

void require_two_scans(const PairCommand& command) {
  require_scan(command.first);
  require_scan(command.second);
  std::error_code error;
  if (fs::equivalent(command.first, command.second, error))
    throw UsageError("Both scans are the same file (" + command.first.string() + "): name two scans of one person.");
}

DatasetVisit visit_of(const char* session, const fs::path& scan, const fs::path& folder,
                      std::vector<std::string>& warnings) {
  DatasetVisit visit;
  visit.session = session;
  visit.t1w = scan;
  std::vector<SidecarProblem> problems;
  visit.sidecar = read_sidecar(scan, sidecar_candidates(scan.parent_path()), folder, problems);
  for (const auto& problem : problems) warnings.push_back(problem.sentence);
  return visit;
}

// The two scans as a dataset of one participant with two visits.
Dataset dataset_of(const PairCommand& command) {
  const fs::path first = whole_path(command.first), second = whole_path(command.second);
  Dataset dataset;
  dataset.folder = common_folder(first, second);
  DatasetParticipant participant;
  participant.participant_id = kParticipant;
  participant.visits = {visit_of(kFirst, first, dataset.folder, participant.warnings),
                        visit_of(kSecond, second, dataset.folder, participant.warnings)};
  if (command.days > 0) {
    participant.visits[0].days = 0;
    participant.visits[1].days = command.days;
    participant.order_known = true;
  } else {
    participant.no_dates_because = "--days, the days between the scans, was not given";
  }
  dataset.participants = {std::move(participant)};
  dataset.all_participant_ids = {kParticipant};
  return dataset;
}

// In memory: no file is written.
ParticipantReport measured(const PairCommand& command, const Dataset& dataset, ProgressDisplay& display) {
  const RunOptions options = command.line.options();
  const DatasetParticipant& participant = dataset.participants.front();
  const ReferenceData reference{read_template(command.line.template_folder()),
                                read_error_model(command.line.error_model())};
  const Provenance provenance{program_version(), "{}", scan_files(participant, dataset.folder), is_sloppy(options)};
  const QualityRules rules{quality_mode_named(options.group.quality).value_or(QualityMode::exclude), nullptr,
                           options.quality};
  display.begin(1);
  ParticipantReport report =
      measured_report(participant, dataset.folder, provenance, reference, options, rules,
                      [&](const char* step, int index) { display.step(kParticipant, step, index, stage_count); });
  display.finished(kParticipant);
  report.sloppy = provenance.sloppy;
  return report;
}

// A trial's reports would be replaced by those of the pair.
void require_no_other_results(const fs::path& out) {
  std::error_code error;
  for (fs::directory_iterator it(out, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("sub-") && it->is_directory() && name != kParticipant)
      throw UsageError("The folder " + out.string() + " holds results of other participants (" + name +
                       "): name another folder with --out.");
  }
}

struct Written {
  ParticipantReport report;
  WrittenPages pages;
};

// Everything that `wane run` writes of a dataset, here of one with this participant alone.
Written written(const PairCommand& command, const Dataset& dataset, ProgressDisplay& display) {
  TrialRequest request;
  request.out = command.out;
  request.template_folder = command.line.template_folder();
  request.error_model = command.line.error_model();
  request.program_files = own_files_folder();
  request.options = command.line.options();
  request.threads = command.line.threads();
  request.program_version = program_version();
  request.command_line = given_command_line();
  require_no_other_results(command.out);
  require_blinding_as_before(request);
  const TrialEvents events = events_shown_on(display);
  make_output_folder(request.out, request.program_version);
  const OutputLock lock = lock_reports(request.out);
  const ParticipantOutcome outcome = process_trial(dataset, request, events).front();
  if (outcome.state == ParticipantState::failed) {
    if (outcome.exit_code == ResourceError("").exit_code()) throw ResourceError(outcome.reason);
    throw InputError(outcome.reason);
  }
  Written result;
  result.pages = report_trial(dataset, request, events, lock).pages;
  const fs::path file = report_file(request.out, kParticipant);
  result.report = parse_participant_json(read_text_file(file, most_json_bytes), file.string());
  return result;
}

void print_files(const PairCommand& command, const WrittenPages& pages) {
  std::cout << "\nReport: " << report_file(command.out, kParticipant).string() << '\n';
  if (!pages.participants.empty()) std::cout << "Open: " << pages.participants.front().string() << '\n';
}

int pair(const PairCommand& command, Interruption& interruption) {
  command.line.start();
  require_two_scans(command);
  command.line.options();  // wrong ones are said at once
  const Dataset dataset = dataset_of(command);
  ParticipantReport report;
  WrittenPages pages;
  {
    ProgressDisplay display;
    const Interruption::LastWords last_words = last_words_of(display, command.out, interruption);
    if (command.out.empty()) {
      report = measured(command, dataset, display);
    } else {
      Written files = written(command, dataset, display);
      report = std::move(files.report);
      pages = std::move(files.pages);
    }
  }
  std::cout << pair_screen(report, {command.first.string(), command.second.string()});
  if (!command.out.empty()) print_files(command, pages);
  return pair_failed(report) ? 1 : 0;
}

}  // namespace

void add_pair_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app = program.add_subcommand("pair", "Compare two scans of one person: the change, on one screen");
  const auto command = std::make_shared<PairCommand>(*app);
  app->add_option("FIRST", command->first, "T1-weighted scan of the first visit (.nii or .nii.gz)")
      ->required()
      ->type_name("FILE");
  app->add_option("SECOND", command->second, "T1-weighted scan of the second visit")->required()->type_name("FILE");
  app->add_option("--out", command->out,
                  "Folder for the report, the pages and the images; without it nothing is written")
      ->type_name("DIR");
  app->add_option("--days", command->days, "Days between the scans, for the rate per year")
      ->check(CLI::Range(1.0, 36500.0))
      ->type_name("N");
  app->footer(
      "Example: wane pair baseline.nii.gz year1.nii.gz --days 365 --out result/\n"
      "Exit code 1: a quality check failed, and the numbers are not to be used.");
  app->callback([&exit_code, &interruption, command] { exit_code = pair(*command, interruption); });
}

}  // namespace wane
