// wane run, participant, group, unblind: a BIDS folder to reports. wane log: what was run.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "pipeline/run/report_trial.h"
#include "pipeline/run/run_log.h"
#include "pipeline/run/trial.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

struct TrialCommand {
  TrialCommand(CLI::App& app, const std::vector<std::string>& sections) : line(app, sections) {}
  CommandLine line;
  fs::path bids, out;
  std::vector<std::string> labels;
  ScanSelection scans;
  fs::path work_folder;               // of other BIDS Apps; not used
  bool skip_bids_validation = false;  // likewise
  fs::path blind_key;                 // of --blind, or of unblind
  double memory_gb = 0;
  std::string memory;  // of --mem
  fs::path stages;     // of participant
  bool force = false;
  bool no_pages = false;
};

const std::vector<std::string> kAllSections = {"dataset", "conform", "align",  "extract",       "segment",
                                               "measure", "quality", "output", "group.quality", "group.decisions"};
const std::vector<std::string> kRunSections = {"dataset", "conform", "align",  "extract", "segment",
                                               "measure", "quality", "output", "group"};

// "16G", "16000" or "16000MB", as fMRIPrep and MRIQC read them; GB. Empty where it is none.
std::optional<double> gigabytes_of(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::size_t digits = 0;
  double number = 0;
  try {
    number = std::stod(text, &digits);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  std::string unit = text.substr(digits);
  if (unit.size() > 1 && unit.ends_with('B')) unit.pop_back();
  if (unit == "G") return number;
  if (unit == "T") return 1e3 * number;
  if (unit.empty() || unit == "M") return 1e-3 * number;
  return std::nullopt;
}

// Less than any participant needs: a number of GB that lacks its unit.
constexpr double kLeastGigabytes = 0.1;

// Empty where the text is an amount, as CLI11 wants it.
std::string is_memory(const std::string& text) {
  const auto gigabytes = gigabytes_of(text);
  if (!gigabytes || !std::isfinite(*gigabytes)) return "it takes an amount such as 16G or 16000M, not '" + text + "'";
  if (*gigabytes >= kLeastGigabytes) return "";
  return "a number without a unit is in MB, as in fMRIPrep: for gigabytes write " + text + "G";
}

// Those that wrappers of BIDS Apps give to every App.
void add_bids_app_options(CLI::App& app, TrialCommand& command) {
  app.add_option("--mem,--mem_mb,--mem-mb", command.memory,
                 "As --memory, with a unit: 16G. Without one it is in MB, as in fMRIPrep")
      ->check(is_memory)
      ->type_name("AMOUNT")
      ->group(kBidsAppGroup);
  app.add_option("-w,--work-dir,--work_dir", command.work_folder,
                 "Taken and not used: Wane works in the memory and needs no working folder")
      ->type_name("DIR")
      ->group(kBidsAppGroup);
  app.add_flag("--skip-bids-validation,--skip_bids_validation", command.skip_bids_validation,
               "Taken and without effect: Wane runs no validator, and says itself what it cannot use")
      ->group(kBidsAppGroup);
}

std::shared_ptr<TrialCommand> add_folders(CLI::App& app, const std::vector<std::string>& sections) {
  auto command = std::make_shared<TrialCommand>(app, sections);
  app.add_option("BIDS", command->bids, "Folder of the raw scans (sub-*/ses-*/anat/*_T1w.nii.gz, participants.tsv)")
      ->required()
      ->type_name("DIR");
  app.add_option("OUT", command->out, "Folder for reports and images: one that Wane made, an empty one, or a new name")
      ->required()
      ->type_name("DIR");
  add_scan_options(app, command->scans);
  return command;
}

void add_participant_flags(CLI::App& app, TrialCommand& command) {
  app.add_option("--participant-label,--participant_label", command.labels,
                 "Only these participants, with or without \"sub-\": 01 02, or 01,02, or 0*")
      ->type_name("LABEL");
  app.add_option("--memory", command.memory_gb,
                 "Memory limit; a lower one runs fewer participants at a time (default: 80 % of the available memory)")
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("GB");
  add_bids_app_options(app, command);
  app.add_flag("--force", command.force, "Measure all participants, also those whose reports are up to date");
}

void add_blind_option(CLI::App& app, TrialCommand& command) {
  app.add_option("--blind", command.blind_key,
                 "Hide doses and dose groups until `wane unblind`; FILE is the key, made where it does not exist")
      ->type_name("FILE");
}

void add_pages_flag(CLI::App& app, TrialCommand& command) {
  app.add_flag("--no-pages", command.no_pages,
               "Leave out the pages (trial.html, quality.html, sub-*.html); `wane report` makes them");
}

// For the reports alone: no template is needed.
TrialRequest report_request_of(const TrialCommand& command) {
  require_own_folder(command.bids, command.out);
  TrialRequest request;
  request.out = command.out;
  request.options = with_scans(command.line.options(), command.scans);
  request.threads = command.line.threads();
  request.blind_key = command.blind_key;
  request.memory_gb = command.memory.empty() ? command.memory_gb : gigabytes_of(command.memory).value_or(0);
  request.stages = command.stages;
  request.force = command.force;
  request.program_files = own_files_folder();
  request.pages = !command.no_pages;
  request.asked_by_label = !command.labels.empty();
  request.program_version = program_version();
  request.command_line = given_command_line();
  return request;
}

TrialRequest request_of(const TrialCommand& command) {
  TrialRequest request = report_request_of(command);
  request.template_folder = command.line.template_folder();
  request.error_model = command.line.error_model();
  return request;
}

Dataset dataset_of(const TrialCommand& command, const RunOptions& options, ProgressDisplay& display) {
  Dataset dataset = read_dataset(command.bids, options.dataset, command.labels);
  // What a job prints may lie in OUT.
  const bool hidden = !command.blind_key.empty() || blinding_state(command.out) == BlindingState::blinded;
  for (const auto& warning : hidden ? blinded(dataset).warnings : dataset.warnings) display.warn(warning);
  return dataset;
}

// The dataset of this command, and what people decided about its scans.
Dataset dataset_with_decisions(const TrialCommand& command, TrialRequest& request, ProgressDisplay& display) {
  Dataset dataset = dataset_of(command, request.options, display);
  request.decisions = read_quality_decisions(dataset, request.options.group.decisions);
  return dataset;
}

// Pages tell of the scans; else the scans' names of 100 000 participants would only fill the memory.
Dataset without_unused_scans(Dataset dataset, const TrialRequest& request) {
  if (request.pages && dataset.participants.size() <= most_participants_with_pages) return dataset;
  for (auto& participant : dataset.participants) {
    participant.visits = {};
    participant.warnings = {};
  }
  return dataset;
}

std::size_t count_of(const std::vector<ParticipantOutcome>& outcomes, ParticipantState state) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [&](const auto& outcome) { return outcome.state == state; }));
}

void print_outcomes(const std::vector<ParticipantOutcome>& outcomes) {
  const std::size_t kept = count_of(outcomes, ParticipantState::kept);
  std::cout << "Participants: " << count_of(outcomes, ParticipantState::computed) << " measured";
  if (kept > 0) std::cout << ", " << kept << " already up to date (--force measures them again)";
  std::cout << ", " << count_of(outcomes, ParticipantState::failed) << " failed\n";
  for (const auto& outcome : outcomes)
    if (outcome.state == ParticipantState::failed)
      std::cout << "  failed: " << outcome.participant_id << ": " << outcome.reason << '\n';
}

void print_reports(const GroupResult& result) {
  std::cout << result.summary << "\nReports:\n";
  for (const auto& file : result.files) std::cout << "  " << file.string() << '\n';
}

// Near the end of the screen, where it is seen.
void print_look_list(const LookList& list) {
  if (!list.text.empty()) std::cout << '\n' << list.text;
}

// Where to look first; the last lines on the screen.
void print_pages(const WrittenPages& pages) {
  if (pages.trial.empty()) return;
  std::cout << "\nOpen first: " << pages.trial.string() << '\n';
  if (!pages.quality.empty()) std::cout << "  to accept or reject visits: " << pages.quality.string() << '\n';
  if (!pages.participants.empty())
    std::cout << "  a page for each participant: " << pages.participants.front().string()
              << (pages.participants.size() > 1 ? ", ..." : "") << '\n';
}

// 1 where a participant of this call was measured and a check keeps it out of the rates: who looks at the exit code
// alone must not take the results for those of everybody. What a person excluded is settled.
int exit_code_with(int code, const std::vector<ParticipantOutcome>& outcomes, const LookList& list) {
  if (code != 0) return code;
  const auto excluded = [&](const ParticipantOutcome& outcome) {
    return std::find(list.excluded.begin(), list.excluded.end(), outcome.participant_id) != list.excluded.end();
  };
  return std::any_of(outcomes.begin(), outcomes.end(), excluded) ? 1 : 0;
}

int participants(const TrialCommand& command, Interruption& interruption) {
  command.line.start();
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, command.out, interruption);
  TrialRequest request = request_of(command);
  const Dataset dataset = dataset_with_decisions(command, request, display);
  if (!request.asked_by_label)  // else they fail, and that is said
    for (const auto& absent : dataset.left_out) display.warn(absent.participant_id + ": " + absent.reason);
  const auto outcomes = process_trial(dataset, request, events_shown_on(display));
  print_outcomes(outcomes);
  print_look_list(look_list_of(outcomes, request.out));
  return exit_code_of(outcomes);
}

// Also `wane report`.
int group(const TrialCommand& command, Interruption& interruption) {
  command.line.start();
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, command.out, interruption);
  TrialRequest request = report_request_of(command);
  const Dataset dataset = without_unused_scans(dataset_with_decisions(command, request, display), request);
  const OutputLock lock = lock_reports(request.out);
  const GroupResult result = report_trial(dataset, request, events_shown_on(display), lock);
  print_reports(result);
  print_look_list(result.look);
  print_pages(result.pages);
  return 0;
}

int unblind(const TrialCommand& command, Interruption& interruption) {
  command.line.start();
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, command.out, interruption);
  TrialRequest request = report_request_of(command);
  request.blind_key.clear();
  const Dataset dataset = without_unused_scans(dataset_with_decisions(command, request, display), request);
  const OutputLock lock = lock_reports(request.out);
  const GroupResult result = unblind_trial(dataset, request, command.blind_key, events_shown_on(display), lock);
  print_reports(result);
  print_look_list(result.look);
  print_pages(result.pages);
  return 0;
}

// Empty where the text is a hash, as CLI11 wants it.
std::string is_sha256(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return digits && text.size() == 64 ? "" : "A SHA-256 has 64 digits 0-9a-f, as `wane log verify` prints it.";
}

// `head`: of --head, or empty; then that which OUT's own report names is looked for.
int verify(const fs::path& out, const std::string& head) {
  const std::string noted = head.empty() ? log_head_in_report(out) : head;
  const std::string whose = head.empty() ? "trial_atrophy.json names" : "--head names";
  const LogVerification log = verify_log(out, noted);
  if (log.broken) throw InputError(*log.broken);
  if (!noted.empty() && log.noted_entry == 0)
    throw InputError("The log has no entry with the SHA-256 that " + whose + " (" + noted +
                     "): since then it was cut off, or another was put in its place.");
  std::cout << "The log is whole: " << log.entries << (log.entries == 1 ? " entry" : " entries");
  if (log.cut_short > 0)
    std::cout << "; " << log.cut_short << (log.cut_short == 1 ? " was" : " were")
              << " cut short when Wane was killed, so that what stood before is not proven";
  std::cout << ".\n";
  if (!noted.empty()) std::cout << "It holds the entry that " << whose << ", number " << log.noted_entry << ".\n";
  std::cout << "SHA-256 of the last entry: " << log.head << "\nKeep it outside of " << out.string()
            << " and give it to --head later: by itself, a log cannot show that its end was cut off or that all of it "
               "was written anew.\n";
  return 0;
}

int run(const TrialCommand& command, Interruption& interruption) {
  command.line.start();
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, command.out, interruption);
  TrialRequest request = request_of(command);
  require_blinding_as_before(request);
  const Dataset dataset = dataset_with_decisions(command, request, display);
  const TrialEvents events = events_shown_on(display);
  make_output_folder(request.out, request.program_version);
  const OutputLock lock = lock_reports(request.out);
  const auto outcomes = process_trial(dataset, request, events);
  LookList look;
  WrittenPages pages;
  // With nobody left there is nothing to report, and the failures say why.
  if (count_of(outcomes, ParticipantState::failed) < outcomes.size()) {
    // The reports are of the whole trial, whoever was asked for now.
    const Dataset whole = command.labels.empty() ? dataset : read_dataset(command.bids, request.options.dataset);
    // Decisions name visits as their participant has them, whoever was asked for.
    if (!command.labels.empty()) request.decisions = read_quality_decisions(whole, request.options.group.decisions);
    for (const auto& outcome : outcomes)
      if (outcome.state == ParticipantState::failed) request.failed_now.insert(outcome.participant_id);
    const GroupResult result = report_trial(whole, request, events, lock);
    print_reports(result);
    look = result.look;
    pages = result.pages;
    std::cout << '\n';
  }
  print_outcomes(outcomes);
  print_look_list(look);
  print_pages(pages);
  return exit_code_with(exit_code_of(outcomes), outcomes, look);
}

}  // namespace

void add_run_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app = program.add_subcommand("run", "Measure every participant, then write the trial's reports");
  const auto command = add_folders(*app, kRunSections);
  add_participant_flags(*app, *command);
  add_blind_option(*app, *command);
  add_pages_flag(*app, *command);
  app->footer(
      "Example: wane run trial/ results/ --threads 8\n"
      "A participant that fails is listed at the end and does not stop the others. Running again measures only the\n"
      "participants that are not up to date. Exit code 1: some participants failed, or were measured and excluded for "
      "quality.");
  app->callback([&exit_code, &interruption, command] { exit_code = run(*command, interruption); });
}

void add_participant_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app = program.add_subcommand("participant", "Measure only some participants (one task of a cluster)");
  const auto command = add_folders(*app, kAllSections);
  add_participant_flags(*app, *command);
  app->add_option(
         "--stages", command->stages,
         "Take from DIR/sub-XX what wane conform, align, extract and segment left there, where it was made from "
         "the same scans with the same options; measure from the scans where it was not")
      ->type_name("DIR");
  app->footer(
      "Example: wane participant trial/ results/ --participant-label 01 02\n"
      "Tasks may share the output folder. When all are done: wane group trial/ results/");
  app->callback([&exit_code, &interruption, command] { exit_code = participants(*command, interruption); });
}

void add_group_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app =
      program.add_subcommand("group", "Write the trial's reports from what `participant` left in the output folder");
  const auto command = add_folders(*app, {"dataset", "group"});
  add_blind_option(*app, *command);
  add_pages_flag(*app, *command);
  app->callback([&exit_code, &interruption, command] { exit_code = group(*command, interruption); });
}

void add_report_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app = program.add_subcommand(
      "report", "Make all pages, reports and tables again from the output folder, without measuring");
  const auto command = add_folders(*app, {"dataset", "group"});
  add_blind_option(*app, *command);
  app->footer("Example: wane report trial/ results/\nThen open results/trial.html.");
  app->callback([&exit_code, &interruption, command] { exit_code = group(*command, interruption); });
}

void add_unblind_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  CLI::App* app =
      program.add_subcommand("unblind", "Reveal the dose groups of blinded results and rewrite the reports");
  const auto command = add_folders(*app, {"dataset", "group"});
  app->add_option("--key", command->blind_key, "The key file that --blind made")->required()->type_name("FILE");
  add_pages_flag(*app, *command);
  app->footer(
      "Example: wane unblind trial/ results/ --key safe/key.json\nIt works once, stands in the log, and cannot be "
      "undone.");
  app->callback([&exit_code, &interruption, command] { exit_code = unblind(*command, interruption); });
}

void add_log_command(CLI::App& program, int& exit_code) {
  CLI::App* app = program.add_subcommand("log", "Check the log of an output folder");
  app->require_subcommand(1);
  CLI::App* verifying =
      app->add_subcommand("verify", "Check that each line of OUT/logs/run.jsonl fits to the line before it");
  const auto out = std::make_shared<fs::path>();
  const auto head = std::make_shared<std::string>();
  verifying->add_option("OUT", *out, "Output folder")->required()->type_name("DIR");
  verifying
      ->add_option("--head", *head,
                   "SHA-256 of an entry that was kept elsewhere; else that in OUT/trial_atrophy.json is looked for")
      ->check(is_sha256)
      ->type_name("SHA256");
  verifying->callback([&exit_code, out, head] { exit_code = verify(*out, *head); });
}

}  // namespace wane
