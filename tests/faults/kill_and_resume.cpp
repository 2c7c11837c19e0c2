#include "tests/faults/kill_and_resume.h"

#include <chrono>
#include <csignal>
#include <string>

#include "base/counted_random.h"
#include "tests/broken/scratch_folder.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_trial.h"

namespace wane::faults {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int words_every = 10;

// Empty where all is as it should be.
std::string fault_of_resumed(const TinyTrial& trial, const fs::path& out,
                             const std::map<std::string, std::string>& expected) {
  const Ended resumed = run(arguments_for("run", trial, out));
  if (resumed.exit_code != 0) return "exit code " + std::to_string(resumed.exit_code) + ": " + resumed.err;
  const auto left = temporary_files_below(out);
  if (!left.empty()) return left.front() + " was left";
  const Ended log = run({"log", "verify", out});
  if (log.exit_code != 0) return "log: " + log.err;
  return difference(expected, hashes_below(out));
}

}  // namespace

KillSeries kill_and_resume(int kills, std::uint64_t seed, std::ostream& words) {
  const broken::ScratchFolder scratch;
  const TinyTrial trial = make_tiny_trial(scratch.path(), 4);
  KillSeries series;
  const auto began = Clock::now();
  const Ended undisturbed = run(arguments_for("run", trial, scratch / "undisturbed"));
  series.undisturbed_seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (undisturbed.exit_code != 0) {
    words << "The undisturbed run ended with " << undisturbed.exit_code << ": " << undisturbed.err << std::endl;
    return series;
  }
  const auto expected = hashes_below(scratch / "undisturbed");
  const CountedRandom random(seed);
  for (int kill = 0; kill < kills; ++kill) {
    const fs::path out = scratch / "out";
    fs::remove_all(out);
    const auto moment = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(series.undisturbed_seconds * random.uniform(static_cast<std::uint64_t>(kill))));
    {
      Process process(arguments_for("run", trial, out));
      if (!process.ends_within(moment)) ++series.in_the_middle;
      process.send(SIGKILL);
      process.wait();
    }
    const std::string fault = fault_of_resumed(trial, out, expected);
    if (fault.empty())
      ++series.same;
    else
      words << "Kill " << kill + 1 << " after " << moment.count() << " ms: " << fault << std::endl;
    if ((kill + 1) % words_every == 0) words << series.same << " of " << kill + 1 << " so far" << std::endl;
  }
  return series;
}

}  // namespace wane::faults
