// What commands have in common: threads, configuration, template, and a flag for every option of the stages.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/run/options.h"
#include "segmentation/head_template.h"

namespace wane {

// The flags of every command: --threads, --verbose, --version. Lives as long as the command (CLI11 writes into it).
class ProcessFlags {
 public:
  explicit ProcessFlags(CLI::App& command);
  ProcessFlags(const ProcessFlags&) = delete;
  ProcessFlags& operator=(const ProcessFlags&) = delete;

  // After parsing: sets the process's number of threads and how much is logged.
  void start() const;
  int threads() const;

 private:
  int threads_ = 0;  // 0: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, all cores
  bool verbose_ = false;
};

struct CommonOptions {
  std::filesystem::path config;
  std::filesystem::path template_folder;  // empty: the one that comes with the program
  std::filesystem::path error_model;      // likewise
  bool sloppy = false;
};

// The flags of a command that works with a template and with options of the stages. Lives as long as the command.
class CommandLine {
 public:
  // Adds the flags of every command, the common ones, and the flags of the named sections of RunOptions ("align"), or
  // of single fields of one ("group.decisions"), to `command`.
  CommandLine(CLI::App& command, const std::vector<std::string>& sections);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // After parsing: defaults, then --sloppy, then --config, then flags; validated. Throws UsageError.
  RunOptions options() const;
  void start() const;  // says first of all where the results will be none (--sloppy)
  int threads() const { return process_.threads(); }
  std::filesystem::path template_folder() const;
  std::filesystem::path error_model() const;

 private:
  struct Flag {
    CLI::Option* option;
    std::size_t section, field;  // by place in option_sections
  };
  ProcessFlags process_;
  CommonOptions common_;
  RunOptions given_;  // what the flags write into; only fields whose flag was given count
  std::vector<Flag> flags_;
};

// Which scans of the dataset are used. Also of commands that only report: they have to find the same scans.
struct ScanSelection {
  std::vector<std::string> sessions;
  std::filesystem::path filter_file;
};
void add_scan_options(CLI::App& command, ScanSelection& scans);
RunOptions with_scans(RunOptions options, const ScanSelection& scans);

// Where --help lists the options that wrappers of BIDS Apps give to every App.
inline constexpr const char* kBidsAppGroup = "Options that BIDS Apps have in common";

// The program's own files: ../share/wane beside the executable's folder, in the build tree and where it is installed.
std::filesystem::path own_files_folder();

// Where the program's own template is, below own_files_folder. Throws InputError saying how to get one where it is not
// there.
std::filesystem::path own_template_folder();

// threads if positive, else OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else what the machine lets this process use.
int thread_count(int threads);

// The command line of this process as it was given.
std::string given_command_line();

// Throws UsageError where OUT is the dataset.
void require_own_folder(const std::filesystem::path& bids, const std::filesystem::path& out);

}  // namespace wane
