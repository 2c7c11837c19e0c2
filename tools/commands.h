// The subcommands of `wane`, one file each. Each function adds its command to the program; what the command does runs
// when the program parses the command line, throws wane::Error for what goes wrong, and leaves its exit code in
// `exit_code` where it is not 0. Those that measure or report say at an interruption how to go on.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/common_options.h"
#include "tools/interruption.h"

namespace wane {

void add_run_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_participant_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_group_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_report_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_unblind_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_pair_command(CLI::App& program, int& exit_code, Interruption& interruption);
void add_log_command(CLI::App& program, int& exit_code);
void add_slurm_command(CLI::App& program);
void add_jobs_command(CLI::App& program);
void add_status_command(CLI::App& program);
void add_import_command(CLI::App& program, int& exit_code, Interruption& interruption);

void add_conform_command(CLI::App& program);
void add_align_command(CLI::App& program);
void add_extract_command(CLI::App& program);
void add_segment_command(CLI::App& program);
void add_measure_command(CLI::App& program);

void add_benchmark_command(CLI::App& program);
void add_template_command(CLI::App& program);
void add_simulate_command(CLI::App& program, Interruption& interruption);
void add_validate_command(CLI::App& program, int& exit_code, Interruption& interruption);
// The build's own. `purpose`: what the program is for, as its manual page begins.
void add_describe_command(CLI::App& program, const std::string& purpose);

}  // namespace wane
