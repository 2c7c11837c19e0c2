// wane conform, align, extract, segment, measure: one stage at a time on files, for scripts that chain them.
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/error_context.h"
#include "imaging/nifti.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/quality/judge.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/run/earlier_stages.h"
#include "pipeline/run/process.h"
#include "pipeline/run/work_folder.h"
#include "tools/commands.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr const char* kChain =
    "The stages in order, for one person:\n"
    "  wane conform WORK baseline.nii.gz --visit ses-01     once for each visit\n"
    "  wane conform WORK year1.nii.gz --visit ses-02\n"
    "  wane align WORK\n"
    "  wane extract WORK\n"
    "  wane segment WORK\n"
    "  wane measure WORK                                    prints volumes and changes as JSON\n"
    "Every stage leaves its files in WORK/STAGE and prints that folder. `wane run` does all of this for a whole "
    "dataset.";

struct StageCommand {
  CLI::App* app;
  std::shared_ptr<fs::path> work = std::make_shared<fs::path>();
  std::shared_ptr<CommandLine> line;
};

// `judges`: the stage has quality checks.
StageCommand add_stage(CLI::App& program, const std::string& name, const std::string& help, bool judges = false) {
  StageCommand command;
  command.app = program.add_subcommand(name, help);
  command.app->footer(kChain);
  command.app->add_option("WORK", *command.work, "Work folder of one person")->required()->type_name("DIR");
  std::vector<std::string> sections{name};
  if (judges) sections.insert(sections.end(), {"quality", "group.quality"});
  command.line = std::make_shared<CommandLine>(*command.app, sections);
  return command;
}

StageOrigin origin_of(const CommandLine& line) {
  return {program_version(), template_hashes(line.template_folder())};
}

void print_warnings(const fs::path& subject, const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) std::cerr << "wane: warning: " << subject.string() << ": " << warning << '\n';
}

// Checks that warn are printed. One that fails ends the stage before it leaves anything, unless --quality report asks
// for the numbers all the same.
void heed(const Quality& quality, const std::string& subject, const RunOptions& options) {
  std::string failed;
  for (const QualityCheck& check : quality.checks) {
    if (check.verdict == Verdict::pass) continue;
    std::cerr << "wane: warning: " << subject << ": " << check.sentence << '\n';
    if (check.verdict == Verdict::fail && failed.empty()) failed = check.sentence;
  }
  if (failed.empty() || options.group.quality == name_of(QualityMode::report)) return;
  throw InputError(subject + ": " + failed + " (--quality report continues despite this.)");
}

PersonQualityInput of_sessions(const std::vector<std::string>& sessions) {
  PersonQualityInput input;
  input.visits.resize(sessions.size());
  for (std::size_t n = 0; n < sessions.size(); ++n) input.visits[n].scan.session = sessions[n];
  return input;
}

// A visit's name becomes part of file names.
void require_plain_name(const std::string& visit) {
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
  if (!visit.empty() && std::all_of(visit.begin(), visit.end(), plain)) return;
  throw UsageError("The visit's name \"" + visit + "\" becomes part of file names: use letters, digits, '-' and '_'.");
}

}  // namespace

void add_conform_command(CLI::App& program) {
  const StageCommand command =
      add_stage(program, "conform", "Stage 1 on one scan: clean its values, find the head in it", true);
  const auto scan = std::make_shared<fs::path>();
  const auto visit = std::make_shared<std::string>();
  command.app->add_option("SCAN", *scan, "T1-weighted scan of one visit (.nii or .nii.gz)")
      ->required()
      ->type_name("FILE");
  command.app->add_option("--visit", *visit, "Name of the visit; visits are ordered by name")->required();
  command.app->callback([=, line = command.line, work = command.work] {
    line->start();
    require_plain_name(*visit);
    const RunOptions options = line->options();
    NiftiScan raw = read_nifti(*scan);
    print_warnings(*scan, raw.report.warnings);
    const HeadTemplate head_template = read_template(line->template_folder());
    ConformedVisit conformed = naming_in_errors(scan->string(), [&] {
      return conform(std::move(raw.volume), head_template, options.conform, raw.report.orientation_source != "none");
    });
    conformed.name = scan->string();
    print_warnings(*scan, conformed.warnings);
    const ScanQualityInput facts =
        scan_quality(conformed, head_template, *visit, raw.report.orientation_source != "none");
    heed(judge_scan(facts, options.quality), scan->string(), options);
    save_with_origin(*work / "conform" / *visit, "conform", origin_of(*line), options, raw.sha256,
                     [&] { save_conformed(*work, *visit, conformed); });
    std::cout << (*work / "conform" / *visit).string() << '\n';
  });
}

void add_align_command(CLI::App& program) {
  const StageCommand command =
      add_stage(program, "align", "Stage 2 on all visits: one unbiased midpoint space, one resampling each", true);
  const auto visits = std::make_shared<std::vector<std::string>>();
  command.app->add_option("--visits", *visits, "Visits to use, in order of time (default: all, by name)");
  command.app->callback([=, line = command.line, work = command.work] {
    line->start();
    const RunOptions options = line->options();
    const auto names = visits->empty() ? conformed_visits(*work) : *visits;
    std::vector<ConformedVisit> conformed;
    conformed.reserve(names.size());
    for (const auto& name : names) conformed.push_back(load_conformed(*work, name));
    const HeadTemplate head_template = read_template(line->template_folder());
    const AlignedVisits aligned =
        naming_in_errors(work->string(), [&] { return align(conformed, head_template, options.align); });
    print_warnings(*work, aligned.warnings);
    PersonQualityInput input = of_sessions(names);
    input.agreement = aligned.agreement;
    for (const Quality& pair : judge_agreement(input, options.quality)) heed(pair, work->string(), options);
    save_with_origin(*work / "align", "align", origin_of(*line), options, "",
                     [&] { save_aligned(*work, names, aligned); });
    std::cout << (*work / "align").string() << '\n';
  });
}

void add_extract_command(CLI::App& program) {
  const StageCommand command = add_stage(program, "extract", "Stage 3 on all visits: bias fields and one brain mask");
  command.app->callback([line = command.line, work = command.work] {
    line->start();
    const RunOptions options = line->options();
    const AlignedVisits aligned = load_aligned(*work);
    std::vector<ConformedVisit> conformed;
    for (const auto& name : aligned_visits(*work)) conformed.push_back(load_conformed(*work, name));
    const HeadTemplate head_template = read_template(line->template_folder());
    const ExtractedBrain extracted =
        naming_in_errors(work->string(), [&] { return extract(aligned, conformed, head_template, options.extract); });
    save_with_origin(*work / "extract", "extract", origin_of(*line), options, "",
                     [&] { save_extracted(*work, extracted); });
    std::cout << (*work / "extract").string() << '\n';
  });
}

void add_segment_command(CLI::App& program) {
  const StageCommand command = add_stage(program, "segment", "Stage 4 on all visits: gray, white and CSF maps");
  command.app->callback([line = command.line, work = command.work] {
    line->start();
    const RunOptions options = line->options();
    const ExtractedBrain extracted = load_extracted(*work);
    const TissueMaps tissues = naming_in_errors(work->string(), [&] { return segment(extracted, options.segment); });
    save_with_origin(*work / "segment", "segment", origin_of(*line), options, "",
                     [&] { save_segmented(*work, tissues); });
    std::cout << (*work / "segment").string() << '\n';
  });
}

void add_measure_command(CLI::App& program) {
  const StageCommand command =
      add_stage(program, "measure", "Stage 5 on all visits: volumes and percent changes", true);
  command.app->callback([line = command.line, work = command.work] {
    line->start();
    const RunOptions options = line->options();
    const ExtractedBrain extracted = load_extracted(*work);
    const TissueMaps tissues = load_segmented(*work);
    const ErrorModel error_model = read_error_model(line->error_model());
    const Measurement measurement =
        naming_in_errors(work->string(), [&] { return measure(extracted, tissues, options.measure, error_model); });
    print_warnings(*work, measurement.warnings);
    PersonQualityInput input = of_sessions(aligned_visits(*work));
    for (std::size_t v = 0; v < input.visits.size(); ++v)
      input.visits[v].folded_share = measurement.visits[v].folded_share;
    input.changes = measurement.changes;
    input.share_compared = measurement.share_compared;
    input.last_step_mm = measurement.last_step_mm;
    for (const Quality& change : judge_measurement(input, options.quality)) heed(change, work->string(), options);
    std::cout << save_measured(*work, measurement) << '\n';
  });
}

}  // namespace wane
