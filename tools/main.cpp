// wane: raw MRI visits of a clinical trial to brain-atrophy reports.
#include <itkMultiThreaderBase.h>
#include <itkObject.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/near_names.h"
#include "tools/commands.h"
#include "tools/interruption.h"
#include "tools/version.h"

namespace wane {

namespace {

constexpr int kBug = 70;

constexpr const char* kPurpose = "raw MRI visits of a clinical trial to brain-atrophy reports";

constexpr const char* kFooter =
    "Also as a BIDS App: wane BIDS OUT participant|group [options]\n\n"
    "Exit codes: 0 all done; 1 done, some participants failed (listed at the end); 2 wrong command line; 3 unusable\n"
    "input data; 5 not enough memory, disk or permission, or another Wane is at work in OUT; 70 a bug in Wane; 130, "
    "143,\n"
    "129 interrupted (Ctrl-C, a time limit, a closed terminal): run the same command again.\n"
    "`wane COMMAND --help` explains a command.";

void add_commands(CLI::App& program, int& exit_code, Interruption& interruption) {
  add_run_command(program, exit_code, interruption);
  add_participant_command(program, exit_code, interruption);
  add_group_command(program, exit_code, interruption);
  add_report_command(program, exit_code, interruption);
  add_unblind_command(program, exit_code, interruption);
  add_slurm_command(program);
  add_jobs_command(program);
  add_status_command(program);
  add_pair_command(program, exit_code, interruption);
  add_log_command(program, exit_code);
  add_import_command(program, exit_code, interruption);
  add_conform_command(program);
  add_align_command(program);
  add_extract_command(program);
  add_segment_command(program);
  add_measure_command(program);
  add_benchmark_command(program);
  add_template_command(program);
  add_simulate_command(program, interruption);
  add_validate_command(program, exit_code, interruption);
  add_describe_command(program, kPurpose);
}

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

// BIDS Apps are called as `wane [options] BIDS OUT participant|group [options]`: the level becomes the command.
std::vector<std::string> from_bids_app_form(std::vector<std::string> arguments,
                                            const std::vector<std::string>& commands) {
  const auto is_command = [&](const std::string& word) {
    return std::find(commands.begin(), commands.end(), word) != commands.end();
  };
  if (arguments.size() < 3 || is_command(arguments[0])) return arguments;
  const auto level = std::find_if(arguments.begin() + 2, arguments.end(),
                                  [](const std::string& word) { return word == "participant" || word == "group"; });
  if (level != arguments.end()) std::rotate(arguments.begin(), level, level + 1);
  return arguments;
}

void require_known_command(const std::vector<std::string>& arguments, const std::vector<std::string>& commands) {
  if (arguments.empty() || arguments[0].empty() || arguments[0][0] == '-') return;
  if (std::find(commands.begin(), commands.end(), arguments[0]) != commands.end()) return;
  if (std::filesystem::is_directory(arguments[0]))
    throw UsageError(arguments[0] + " is a folder, and the command is missing: write `wane run " + arguments[0] +
                     " OUT`, or `wane " + arguments[0] + " OUT participant` as a BIDS App.");
  throw UsageError("There is no command \"" + arguments[0] + "\"." + did_you_mean(arguments[0], commands));
}

// " Did you mean --threads?", or nothing.
std::string nearest_option(const std::string& option, const CLI::App& command) {
  std::vector<std::string> known;
  for (const CLI::Option* each : command.get_options())
    for (const auto& long_name : each->get_lnames()) known.push_back("--" + long_name);
  return near_names(option, known).empty() ? "" : did_you_mean(option, known);
}

// CLI11 would name all words that are left over, in reverse, and blame those that a misspelled option displaced.
void require_known_options(const CLI::App& program, const std::vector<std::string>& arguments) {
  const CLI::App* command = &program;
  std::string name = "wane";
  for (const auto& word : arguments) {
    if (word == "--") return;
    // One letter, to which its value may be joined. A number is no option.
    if (word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0) {
      if (command->get_option_no_throw(word.substr(0, 2)) != nullptr) continue;
      throw UsageError("There is no option " + word + " in " + name + "." + nearest_option("-" + word, *command) +
                       " (See " + name + " --help.)");
    }
    if (!word.starts_with("--")) {
      const auto inner = command->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
      if (inner.empty()) continue;
      command = inner.front();
      name += " " + word;
      continue;
    }
    const std::string option = word.substr(0, word.find('='));
    if (command->get_option_no_throw(option) != nullptr) continue;
    throw UsageError("There is no option " + option + " in " + name + "." + nearest_option(option, *command) +
                     " (See " + name + " --help.)");
  }
}

// `wane help`, `wane help run`, `wane version` and `wane -v`, as other programs have them.
std::vector<std::string> with_usual_words(std::vector<std::string> arguments) {
  if (arguments.empty()) return {"--help"};
  if (arguments[0] == "version" || arguments[0] == "-v") return {"--version"};
  if (arguments[0] != "help") return arguments;
  // Of a command, or of one below it: `wane help simulate trial`.
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

// Threads are ours (OpenMP, with results that do not depend on their number), and ITK's remarks on stderr would
// come between our own sentences; what is wrong with a file, our own reader says.
void quieten_itk() {
  itk::Object::GlobalWarningDisplayOff();
  itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(1);
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(1);
}

bool set_unless_set(const char* variable, const char* value) {
  return std::getenv(variable) == nullptr && setenv(variable, value, 1) == 0;
}

// Where the processor has fused multiplication, glibc's exp, log, sin take it and round otherwise: nodes of one cluster
// would differ in the last digit. Who sets the processor's capabilities himself knows better; other settings stay.
bool round_alike_everywhere() {
  const char* const now = std::getenv("GLIBC_TUNABLES");
  std::string settings = now != nullptr ? now : "";
  if (settings.find("glibc.cpu.hwcaps=") != std::string::npos) return false;
  if (!settings.empty()) settings += ':';
  settings += "glibc.cpu.hwcaps=-FMA,-FMA4";
  return setenv("GLIBC_TUNABLES", settings.c_str(), 1) == 0;
}

// What libraries read when they are loaded, so that the program starts itself once more; where that fails, it says so
// and goes on as it is.
void start_with_own_settings(char** argv) {
  // OpenMP's threads wait for each other by spinning, which is quick on an idle machine and several times slower than
  // one thread where other programs run too (shared cluster nodes). They are to spin briefly and then sleep.
  const bool spinning = std::getenv("OMP_WAIT_POLICY") == nullptr && set_unless_set("GOMP_SPINCOUNT", "1000");
  const bool rounding = round_alike_everywhere();
  if (!spinning && !rounding) return;
  execv("/proc/self/exe", argv);
  std::cerr << "wane: The program could not start itself again with its own settings (" << std::strerror(errno)
            << "): it goes on, but the last digits of results may differ from those of other machines.\n";
}

void log_to_stderr() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("wane"));
  spdlog::set_pattern("%H:%M:%S %^%l%$ %v");
}

int parse_and_run(int argc, char** argv, Interruption& interruption) {
  CLI::App program(std::string("Wane ") + program_version() + ": " + kPurpose + ".", "wane");
  program.set_version_flag("--version", std::string("wane ") + program_version(), "Print the version");
  program.footer(kFooter);
  program.require_subcommand(0, 1);
  int exit_code = 0;
  add_commands(program, exit_code, interruption);

  const auto commands = command_names(program);
  auto arguments = with_usual_words(from_bids_app_form({argv + 1, argv + argc}, commands));
  require_known_command(arguments, commands);
  require_known_options(program, arguments);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    program.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help and --version
    const auto used = program.get_subcommands();
    throw UsageError(std::string(error.what()) + " (see wane " + (used.empty() ? "" : used[0]->get_name() + " ") +
                     "--help)");
  }
  return exit_code;
}

// What was printed may lie in a buffer, and the file that stdout is may be on a full disk.
int after_output(int exit_code) {
  errno = 0;
  if (std::cout.flush()) return exit_code;
  throw ResourceError(std::string("The results could not be printed: ") + std::strerror(errno != 0 ? errno : EIO) +
                      "; check the disk that the output goes to.");
}

int failed(const std::string& sentence, int exit_code) {
  std::cerr << "wane: " << sentence << '\n';
  return exit_code;
}

// With --verbose.
void say_what_it_took(std::chrono::steady_clock::time_point started) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  spdlog::debug("It took {:.1f} s and at most {:.2f} GB of memory.", seconds, double(usage.ru_maxrss) * 1024e-9);
}

}  // namespace

}  // namespace wane

int main(int argc, char** argv) {
  wane::start_with_own_settings(argv);
  try {
    wane::Interruption interruption;  // before any thread is started
    wane::log_to_stderr();
    wane::quieten_itk();
    const auto started = std::chrono::steady_clock::now();
    const int exit_code = wane::after_output(wane::parse_and_run(argc, argv, interruption));
    wane::say_what_it_took(started);
    return exit_code;
  } catch (const wane::Error& error) {
    return wane::failed(error.what(), error.exit_code());
  } catch (const std::filesystem::filesystem_error& error) {
    return wane::failed("Cannot reach '" + error.path1().string() + "': " + error.code().message() +
                            "; check the path, its permissions and the disk.",
                        wane::ResourceError("").exit_code());
  } catch (const std::bad_alloc&) {
    return wane::failed("There is not enough memory: close other programs or use a machine with more.",
                        wane::ResourceError("").exit_code());
  } catch (const std::exception& error) {
    return wane::failed(std::string("This is a bug in Wane, please report it: ") + error.what(), wane::kBug);
  }
}
