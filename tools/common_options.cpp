#include "tools/common_options.h"

#include <omp.h>
#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <system_error>
#include <variant>

#include "base/error.h"
#include "pipeline/dataset/shell_words.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/words.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCommonGroup = "Common options";

int positive_number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::max(0, std::atoi(text));
}

int cores_of_this_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return 1;
}

constexpr const char* kForExperts = " (for experts)";

// "[mm; 10 to 100]"
std::string unit_and_range(const OptionField& field) {
  std::string text = field.unit;
  if (field.range.is_limited()) text += (text.empty() ? "" : "; ") + in_words(field.range);
  return text.empty() ? "" : " [" + text + "]";
}

std::string help_of(const OptionField& field) {
  std::string help = field.help + unit_and_range(field);
  if (!help.empty()) help[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(help[0])));
  const std::string origin = in_words(field.origin);
  return field.kind == OptionKind::expert && !origin.empty() ? help + ". " + origin : help;
}

// Leaves the options of experts out of --help; --help-all has them.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::All) return CLI::Formatter(*this).make_help(app, std::move(name), mode);
    std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    // Of the groups that are left out, CLI11 keeps the empty lines.
    for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
    return help;
  }
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    return group.ends_with(kForExperts) ? "" : CLI::Formatter::make_group(std::move(group), is_positional, options);
  }
};

CLI::Option* add_flag_for(CLI::App& command, const OptionSection& section, const OptionField& field) {
  const std::string flag = flag_name(section, field);
  CLI::Option* option =
      std::visit([&](auto* value) { return command.add_option(flag, *value, help_of(field))->capture_default_str(); },
                 field.value);
  return option->group(section.help + (field.kind == OptionKind::expert ? kForExperts : ""));
}

}  // namespace

int thread_count(int threads) {
  if (threads > 0) return threads;
  for (const char* variable : {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"})
    if (const int number = positive_number_in(variable)) return number;
  return cores_of_this_process();
}

void add_scan_options(CLI::App& command, ScanSelection& scans) {
  command
      .add_option("--session-label,--session_label,--session-id", scans.sessions,
                  "Only these sessions, with or without \"ses-\": 01 02, or 01,02, or 0*")
      ->type_name("LABEL")
      ->group(kBidsAppGroup);
  command
      .add_option("--bids-filter-file,--bids_filter_file", scans.filter_file,
                  R"(JSON file that says which T1w scans are used: {"t1w": {"acquisition": "mprage", "run": 1}})")
      ->type_name("FILE")
      ->group(kBidsAppGroup);
}

RunOptions with_scans(RunOptions options, const ScanSelection& scans) {
  std::string sessions;
  for (const std::string& session : scans.sessions) sessions += (sessions.empty() ? "" : ",") + session;
  if (!sessions.empty()) options.dataset.sessions = sessions;
  if (!scans.filter_file.empty()) options.dataset.filter_file = scans.filter_file.string();
  return options;
}

fs::path own_files_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "share/wane").lexically_normal();
}

fs::path own_template_folder() {
  std::error_code error;
  fs::path folder = own_files_folder() / "template";
  if (fs::is_directory(folder, error)) return folder;
  throw InputError("Wane's own template is not where it belongs (" + folder.string() +
                   "): build or install Wane again, or name another template with --template.");
}

std::string given_command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return shell_command(words);
}

ProcessFlags::ProcessFlags(CLI::App& command) {
  command
      .add_option("--threads,--n_cpus,--n-cpus,--nprocs", threads_,
                  "Number of threads (default: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, or all cores). Results do not "
                  "depend on it")
      ->check(CLI::Range(1, 4096))
      ->group(kCommonGroup);
  command
      .add_flag("--verbose", verbose_, "Also report the time of each step and of the whole run, and the memory used")
      ->group(kCommonGroup);
  command.set_version_flag("--version", std::string("wane ") + program_version(), "Print the version")
      ->group(kCommonGroup);
}

void ProcessFlags::start() const {
  omp_set_num_threads(threads());
  spdlog::set_level(verbose_ ? spdlog::level::debug : spdlog::level::info);
}

int ProcessFlags::threads() const {
  return thread_count(threads_);
}

CommandLine::CommandLine(CLI::App& command, const std::vector<std::string>& sections) : process_(command) {
  command.formatter(std::make_shared<HelpFormatter>());
  command.set_help_all_flag("--help-all",
                            "Print this help with the options for experts, and where their defaults come from");
  command
      .add_option("--config", common_.config,
                  R"(JSON file with options, such as {"align": {"spacing_mm": 1.5}}; flags override it)")
      ->type_name("FILE")
      ->group(kCommonGroup);
  command
      .add_option("--template", common_.template_folder,
                  "Folder with another head template, see docs/template.md (default: Wane's own)")
      ->type_name("DIR")
      ->group(kCommonGroup);
  command
      .add_option(
          "--error-model", common_.error_model,
          "JSON file with another model of how uncertain changes are, as wane validate --fit makes it (default: "
          "Wane's own)")
      ->type_name("FILE")
      ->group(kCommonGroup);
  command
      .add_flag("--sloppy", common_.sloppy,
                "Coarse and quick, to try out a dataset or a cluster set-up; not for results")
      ->group(kCommonGroup);

  const auto all = option_sections(given_);
  for (std::size_t s = 0; s < all.size(); ++s) {
    const auto is_named = [&](const std::string& name) {
      return std::find(sections.begin(), sections.end(), name) != sections.end();
    };
    for (std::size_t f = 0; f < all[s].fields.size(); ++f)
      if (is_named(all[s].name) || is_named(all[s].name + "." + all[s].fields[f].name))
        flags_.push_back({add_flag_for(command, all[s], all[s].fields[f]), s, f});
  }
}

void CommandLine::start() const {
  process_.start();
  if (common_.sloppy) std::cerr << made_sloppy << '\n';
}

RunOptions CommandLine::options() const {
  RunOptions options;
  if (common_.sloppy) make_sloppy(options);
  if (!common_.config.empty()) read_config(common_.config, options);

  RunOptions given = given_;
  const auto from = option_sections(given);
  const auto to = option_sections(options);
  for (const Flag& flag : flags_)
    if (flag.option->count() > 0)
      copy_value(from[flag.section].fields[flag.field], to[flag.section].fields[flag.field]);
  options.validate();
  return options;
}

fs::path CommandLine::error_model() const {
  return common_.error_model.empty() ? own_files_folder() / error_model_file_name : common_.error_model;
}

fs::path CommandLine::template_folder() const {
  return common_.template_folder.empty() ? own_template_folder() : common_.template_folder;
}

void require_own_folder(const fs::path& bids, const fs::path& out) {
  std::error_code error;
  if (fs::equivalent(bids, out, error))
    throw UsageError("The output folder " + out.string() +
                     " is the dataset itself: name another folder, so that raw data stay as they are.");
}

}  // namespace wane
