// wane benchmark: how long each stage and the whole of `wane participant` take on given visits, and how much memory.
#include <omp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/peak_memory.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/run/participant.h"
#include "tools/commands.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

struct BenchmarkCommand {
  explicit BenchmarkCommand(CLI::App& app) : line(app, {"conform", "align", "extract", "segment", "measure"}) {}
  CommandLine line;
  std::vector<fs::path> scans;
  std::vector<int> threads;
};

double seconds_of(const timeval& time) {
  return double(time.tv_sec) + 1e-6 * double(time.tv_usec);
}

double cpu_seconds(const rusage& usage) {
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

// Time since the last call, of this process.
class Stopwatch {
 public:
  struct Lap {
    double wall_s, cpu_s;
  };
  Lap lap() {
    const auto now = std::chrono::steady_clock::now();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = cpu_seconds(usage);
    const Lap result{std::chrono::duration<double>(now - wall_).count(), cpu_s - cpu_s_};
    wall_ = now;
    cpu_s_ = cpu_s;
    return result;
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  double cpu_s_ = 0;
};

// A folder for what the runs write, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "wane-benchmark-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw ResourceError("No folder can be made in " + fs::temp_directory_path().string() + ": " +
                          std::strerror(errno) + "; set TMPDIR to a folder with room.");
    path = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  fs::path path;
};

DatasetParticipant participant_of(const std::vector<fs::path>& scans) {
  DatasetParticipant participant;
  participant.participant_id = "sub-benchmark";
  for (std::size_t n = 0; n < scans.size(); ++n)
    participant.visits.push_back({"ses-" + std::to_string(n + 1), std::nullopt, fs::absolute(scans[n]), {}, {}});
  return participant;
}

// Everything that `wane participant` does for one person, stage by stage: name, wall and CPU seconds, peak memory (with
// what earlier stages left for it), or the peak so far where the kernel does not count it anew.
Json stages_of_one_run(const BenchmarkCommand& command, const fs::path& out) {
  const bool each_counted = restart_peak_memory();
  const RunOptions options = command.line.options();
  const DatasetParticipant participant = participant_of(command.scans);
  Json stages = Json::array();
  std::string under_way = "read";
  Stopwatch stopwatch;
  stopwatch.lap();
  const auto next = [&](const std::string& stage) {
    const Stopwatch::Lap lap = stopwatch.lap();
    stages.push_back({{"stage", under_way},
                      {"wall_s", lap.wall_s},
                      {"cpu_s", lap.cpu_s},
                      {each_counted ? "peak_memory_mib" : "peak_memory_so_far_mib", peak_memory_mib()}});
    restart_peak_memory();
    under_way = stage;
  };
  const ReferenceData reference{read_template(command.line.template_folder()),
                                read_error_model(command.line.error_model())};
  const Provenance provenance{program_version(), options_json(options).dump(), scan_files(participant, "/"),
                              is_sloppy(options)};
  run_participant(participant, "/", out, provenance, reference, options, {},
                  [&](const char* stage, int) { next(stage); });
  next("");
  return stages;
}

std::string text_from(int descriptor) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t count; (count = read(descriptor, piece.data(), piece.size())) != 0;) {
    if (count < 0 && errno != EINTR) break;
    if (count > 0) text.append(piece.data(), std::size_t(count));
  }
  return text;
}

void write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += std::size_t(count);
  }
}

// What the child writes to its parent: the stages, or why there are none.
[[noreturn]] void run_as_child(const BenchmarkCommand& command, int threads, const fs::path& out, int descriptor) {
  omp_set_num_threads(threads);
  Json answer;
  try {
    answer["stages"] = stages_of_one_run(command, out);
  } catch (const Error& error) {
    answer = {{"error", error.what()}, {"exit_code", error.exit_code()}};
  } catch (const std::exception& error) {
    answer = {{"error", error.what()}, {"exit_code", 70}};
  }
  write_all(descriptor, answer.dump());
  _exit(0);
}

struct Run {
  Json stages;
  rusage usage{};
  double wall_s = 0;
};

// In a process of its own, whose peak of memory is that of this run alone.
Run run_once(const BenchmarkCommand& command, int threads, const fs::path& out) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw ResourceError(std::string("No pipe can be opened: ") + std::strerror(errno) + ".");
  const auto started = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw ResourceError(std::string("No process can be started: ") + std::strerror(errno) + ".");
  if (child == 0) {
    end_at_signals_as_usual();
    close(ends[0]);
    run_as_child(command, threads, out, ends[1]);
  }
  close(ends[1]);
  const std::string text = text_from(ends[0]);
  close(ends[0]);
  Run run;
  int status = 0;
  wait4(child, &status, 0, &run.usage);
  run.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const Json answer = Json::parse(text, nullptr, false);
  if (answer.is_object() && answer.contains("error")) {
    if (answer["exit_code"] == 5) throw ResourceError(answer["error"].get<std::string>());
    if (answer["exit_code"] == 70) throw std::runtime_error(answer["error"].get<std::string>());
    throw InputError(answer["error"].get<std::string>());
  }
  if (!answer.is_object()) throw ResourceError("The run was killed, most likely for want of memory.");
  run.stages = answer["stages"];
  return run;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string row; std::getline(file, row);)
    if (row.starts_with("model name")) return row.substr(row.find(':') + 2);
  return "unknown";
}

std::size_t voxels_of(const std::vector<fs::path>& scans) {
  std::size_t voxels = 0;
  for (const fs::path& scan : scans) voxels += inspect_nifti(scan).grid.voxel_count();
  return voxels;
}

double memory_of(const Json& stage) {
  return stage.contains("peak_memory_mib") ? stage["peak_memory_mib"] : stage["peak_memory_so_far_mib"];
}

// Where stages are counted anew, the system's count of the whole holds the last of them alone.
double peak_memory_of(const Run& run) {
  double peak_mib = double(run.usage.ru_maxrss) / 1024;
  for (const Json& stage : run.stages) peak_mib = std::max(peak_mib, memory_of(stage));
  return peak_mib;
}

Json line_of(const Run& run, int threads, const std::vector<fs::path>& scans, std::size_t voxels) {
  Json stages = run.stages;
  for (Json& stage : stages) stage["share"] = stage["wall_s"].get<double>() / run.wall_s;
  return {{"schema", "wane/benchmark/1"},
          {"version", program_version()},
          {"processor", processor()},
          {"threads", threads},
          {"visits", scans.size()},
          {"voxels", voxels},
          {"wall_s", run.wall_s},
          {"cpu_s", cpu_seconds(run.usage)},
          {"peak_memory_mib", peak_memory_of(run)},
          {"voxels_per_second", double(voxels) / run.wall_s},
          {"stages", stages}};
}

void print_row(const std::string& name, const Json& row, double share) {
  std::fprintf(stderr, "%-10s %8.1f %8.1f %6.0f %% %9.0f\n", name.c_str(), row["wall_s"].get<double>(),
               row["cpu_s"].get<double>(), 100 * share, memory_of(row));
}

void print_table(const Json& line, double wall_of_one_thread) {
  const int threads = line["threads"];
  std::fprintf(stderr, "%d thread%s   wall s    CPU s    share  peak MiB\n", threads, threads == 1 ? " " : "s");
  for (const Json& stage : line["stages"]) print_row(stage["stage"], stage, stage["share"]);
  print_row("whole", line, 1);
  if (line["stages"][0].contains("peak_memory_so_far_mib"))
    std::fputs("The kernel does not count memory anew for each stage: the peak so far is given.\n", stderr);
  if (threads > 1 && wall_of_one_thread > 0)
    std::fprintf(stderr, "%.2f times as fast as one thread\n", wall_of_one_thread / line["wall_s"].get<double>());
  std::fputs("\n", stderr);
}

std::vector<int> threads_to_try(const BenchmarkCommand& command) {
  if (!command.threads.empty()) return command.threads;
  std::vector<int> all;
  for (int threads = 1; threads <= command.line.threads(); ++threads) all.push_back(threads);
  return all;
}

void benchmark(const BenchmarkCommand& command) {
  command.line.start();
  command.line.options();  // wrong ones are said at once
  const std::size_t voxels = voxels_of(command.scans);
  const ScratchFolder scratch;
  double wall_of_one_thread = 0;
  for (const int threads : threads_to_try(command)) {
    const Run run = run_once(command, threads, scratch.path / std::to_string(threads));
    const Json line = line_of(run, threads, command.scans, voxels);
    if (threads == 1) wall_of_one_thread = run.wall_s;
    print_table(line, wall_of_one_thread);
    std::cout << line.dump() << std::endl;
  }
}

}  // namespace

void add_benchmark_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "benchmark", "Time each stage and the whole of `wane participant` on the visits of one person");
  const auto command = std::make_shared<BenchmarkCommand>(*app);
  app->add_option("T1W", command->scans, "T1-weighted scans of one person, one a visit")->required()->type_name("FILE");
  app->add_option("--try-threads", command->threads, "Numbers of threads to try (default: 1 to --threads)")
      ->check(CLI::Range(1, 4096))
      ->delimiter(',');
  app->footer(
      "Prints one line of JSON for each number of threads, and a table to stderr. Its files go to a folder in\n"
      "TMPDIR that is removed at the end. Run nothing else meanwhile.");
  app->callback([command] { benchmark(*command); });
}

}  // namespace wane
