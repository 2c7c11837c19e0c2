// wane import: a scanner's folder, or loose NIfTI files, into a BIDS dataset.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "pipeline/import/carry_out.h"
#include "pipeline/import/existing_dataset.h"
#include "pipeline/import/plan_table.h"
#include "pipeline/import/source_folder.h"
#include "tools/commands.h"
#include "tools/version.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

struct ImportFlags {
  fs::path source, bids, map;
  ImportOptions options;
  bool dry_run = false;
  std::unique_ptr<ProcessFlags> process;
};

// One within the other would bring in its own scans.
void require_apart(const fs::path& source, const fs::path& bids) {
  std::error_code error;
  const fs::path from = fs::weakly_canonical(source, error), to = fs::weakly_canonical(bids, error);
  const fs::path to_from_source = to.lexically_relative(from), source_from_bids = from.lexically_relative(to);
  const auto below = [](const fs::path& relative) { return !relative.empty() && *relative.begin() != ".."; };
  if (below(to_from_source))
    throw UsageError("The dataset " + bids.string() +
                     " lies in the folder that is to be imported; name a folder "
                     "outside of it.");
  if (below(source_from_bids) && *source_from_bids.begin() != "sourcedata")
    throw UsageError("The folder " + source.string() + " lies in the dataset " + bids.string() +
                     "; move it out, or below its sourcedata.");
}

void print_list(const std::string& title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return;
  std::cout << '\n' << title << ":\n";
  for (const auto& sentence : sentences) std::cout << "  " << one_line(sentence) << '\n';
}

std::vector<std::string> problems_of(const SourceFolder& source, const ImportPlan& plan,
                                     const std::vector<ImportOutcome>& outcomes) {
  std::vector<std::string> problems = source.problems;
  for (std::size_t n = 0; n < plan.series.size(); ++n)
    if (plan.series[n].action == Action::problem)
      problems.push_back(series_in_words(source.series[n], plan.series[n]) + ": " + plan.series[n].why);
  for (const auto& outcome : outcomes)
    if (!outcome.failure.empty())
      problems.push_back(series_in_words(source.series[outcome.series], plan.series[outcome.series]) + ": " +
                         outcome.failure);
  return problems;
}

std::vector<std::string> warnings_of(const SourceFolder& source, const ImportPlan& plan,
                                     const std::vector<ImportOutcome>& outcomes) {
  std::vector<std::string> warnings = plan.warnings;
  for (std::size_t n = 0; n < plan.series.size(); ++n)
    for (const auto& warning : plan.series[n].warnings)
      warnings.push_back(series_in_words(source.series[n], plan.series[n]) + ": " + warning);
  for (const auto& outcome : outcomes)
    for (const auto& warning : outcome.warnings)
      warnings.push_back(series_in_words(source.series[outcome.series], plan.series[outcome.series]) + ": " + warning);
  return warnings;
}

std::vector<std::string> faces_of(const ImportPlan& plan, const std::vector<ImportOutcome>& outcomes) {
  std::vector<std::string> faces;
  for (const auto& outcome : outcomes) {
    const auto& planned = plan.series[outcome.series];
    if (outcome.failure.empty())
      faces.push_back(scan_path(planned.participant, planned.session, planned.taken.suffix) +
                      ".nii.gz: " + face_text(outcome.face));
  }
  return faces;
}

std::string summary(const SourceFolder& source, const ImportPlan& plan, std::size_t imported, std::size_t problems,
                    bool dry_run) {
  return fmt::format(
      "{} series in {} files ({} of other kinds): {} {}, {} there already, {} not needed, {} with problems.",
      source.series.size(), source.files, source.other_files, imported, dry_run ? "to import" : "imported",
      count_of(plan, Action::there), count_of(plan, Action::not_needed), problems);
}

int exit_code_of(std::size_t usable, std::size_t problems) {
  constexpr int all_done = 0, some_failed = 1, nothing_usable = 3;
  if (usable == 0) return nothing_usable;
  return problems > 0 ? some_failed : all_done;
}

int import(const ImportFlags& flags, Interruption& interruption) {
  flags.process->start();
  require_apart(flags.source, flags.bids);
  if (!flags.options.pattern.empty()) require_usable_pattern(flags.options.pattern);
  const ImportMap map = flags.map.empty() ? ImportMap{} : import_map(read_tsv(flags.map, flags.map.string()));
  const SourceFolder source = read_source_folder(flags.source);
  // Before it is read: two imports must not add to what they both read.
  std::unique_ptr<ImportStaging> staging;
  if (!flags.dry_run) {
    read_existing_dataset(flags.bids);  // refuses foreign folders before anything is written
    staging = std::make_unique<ImportStaging>(flags.bids);
  }
  const Interruption::LastWords last_words(
      interruption,
      [&](const std::string&) {
        std::cerr << "wane: Interrupted: scans that were imported are whole; run the same command again for the others."
                  << std::endl;
      },
      [&](const std::string&) {
        if (staging) staging->remove();
      });
  const ImportPlan plan = plan_import(source.series, map, read_existing_dataset(flags.bids), flags.options);
  std::cout << plan_table(source.series, plan) << std::flush;
  std::vector<ImportOutcome> outcomes;
  if (!flags.dry_run) {
    const ImportRun run{program_version(), flags.options.keep_dates, [](std::size_t done, std::size_t of) {
                          std::cerr << "imported " << done << " of " << of << '\n';
                        }};
    outcomes = carry_out(source.series, plan, flags.bids, *staging, run);
  }
  const auto problems = problems_of(source, plan, outcomes);
  print_list("Problems", problems);
  print_list("Warnings", warnings_of(source, plan, outcomes));
  print_list("Faces", faces_of(plan, outcomes));
  const std::size_t planned = count_of(plan, Action::import);
  const std::size_t failed = std::size_t(
      std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return !outcome.failure.empty(); }));
  std::cout << '\n' << summary(source, plan, planned - failed, problems.size(), flags.dry_run) << '\n';
  return exit_code_of(planned - failed + count_of(plan, Action::there), problems.size());
}

}  // namespace

void add_import_command(CLI::App& program, int& exit_code, Interruption& interruption) {
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App& command =
      *program.add_subcommand("import", "Bring DICOM files of a scanner, or loose NIfTI files, into a BIDS dataset");
  command.add_option("SOURCE", flags->source, "Folder with DICOM or NIfTI files, at any depth")->required();
  command.add_option("BIDS", flags->bids, "The dataset, new or one to add to")->required();
  command.add_option("--map", flags->map,
                     "Table (.tsv) of whose the scans are: columns patient_id or folder, participant_id; and as wanted "
                     "session, study_date, baseline_date, dose_group, dose, suffix");
  command.add_option("--pattern", flags->options.pattern,
                     "How paths below SOURCE tell it, as '{participant}/{session}' or 'site*/{participant}_{session}'");
  command.add_flag("--keep-dates", flags->options.keep_dates, "Write the visits' dates into sessions.tsv");
  command
      .add_option("--thickest-t1w-slice-mm", flags->options.thickest_t1w_slice_mm,
                  "Thicker slices of a T1w scan are refused: they measure no atrophy")
      ->check(CLI::Range(0.1, 20.0))
      ->capture_default_str();
  command.add_flag("--dry-run", flags->dry_run, "Print the plan and write nothing");
  flags->process = std::make_unique<ProcessFlags>(command);
  command.footer(
      "Participants are named by their PatientID unless --map or --pattern names them. docs/import.md has the\n"
      "rules. Running again adds only what is new.");
  command.callback([flags, &exit_code, &interruption] { exit_code = import(*flags, interruption); });
}

}  // namespace wane
