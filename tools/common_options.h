// What most commands have in common: threads, configuration, template, and a flag for every option of the stages.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/run/options.h"
#include "segmentation/head_template.h"

namespace wane {

struct CommonOptions {
  int threads = 0;  // 0: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK, all cores
  std::filesystem::path config;
  std::filesystem::path template_folder;  // empty: the one that comes with the program
  bool sloppy = false;
  bool verbose = false;
};

// The flags of a command. Lives as long as the command (CLI11 writes into it).
class CommandLine {
 public:
  // Adds the common flags, and the flags of the named sections of RunOptions ("align"), to `command`.
  CommandLine(CLI::App& command, const std::vector<std::string>& sections);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // After parsing: defaults, then --sloppy, then --config, then flags; validated. Throws UsageError.
  RunOptions options() const;
  // Sets the process's number of threads and how much is logged.
  void start() const;
  int threads() const;
  bool verbose() const { return common_.verbose; }
  std::filesystem::path template_folder() const;

 private:
  struct Flag {
    CLI::Option* option;
    std::size_t section, field;  // by place in option_sections
  };
  CommonOptions common_;
  RunOptions given_;  // what the flags write into; only fields whose flag was given count
  std::vector<Flag> flags_;
};

// Where the program's own template is: ../share/wane/template beside the executable's folder, in the build tree and
// where it is installed. Throws InputError saying how to get one where it is not there.
std::filesystem::path own_template_folder();

// threads if positive, else OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else what the machine lets this process use.
int thread_count(int threads);

}  // namespace wane
