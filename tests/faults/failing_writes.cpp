#include "tests/faults/failing_writes.h"

#include <csignal>
#include <map>

#include "tests/broken/scratch_folder.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_trial.h"

namespace wane::faults {

namespace fs = std::filesystem;
using Hashes = std::map<std::string, std::string>;

namespace {

// The trial's own files are another trial's where a participant failed; of each participant none may be half.
std::string half_written(const fs::path& out, const Hashes& expected) {
  for (const auto& [name, hash] : hashes_below(out)) {
    if (name.find(".tmp-") != std::string::npos) continue;  // the next run removes it; the fault may forbid it now
    if (!name.starts_with("sub-")) continue;
    if (!expected.contains(name)) return name + " is there";
    if (expected.at(name) != hash) return name + " is half-written";
  }
  return "";
}

// "Cannot write '/.../out/sub-01/...'": the sentence names what could not be written.
bool names_a_file(const Ended& ended, const fs::path& out) {
  return (ended.err + ended.out).find(out.string()) != std::string::npos;
}

std::string fault_of(const Ended& failed, const TinyTrial& trial, const fs::path& out, const Hashes& expected,
                     bool killed) {
  const int exit_code = killed ? 128 + SIGKILL : 5;
  if (failed.exit_code == 0) return difference(expected, hashes_below(out));
  if (failed.exit_code != exit_code) return "exit code " + std::to_string(failed.exit_code) + ": " + failed.err;
  if (!killed && !names_a_file(failed, out)) return "no file is named: " + failed.err;
  if (failed.err.find("bug in Wane") != std::string::npos) return "taken for a bug: " + failed.err;
  if (fs::exists(out))
    if (const std::string half = half_written(out, expected); !half.empty()) return half;
  const Ended resumed = run(arguments_for("run", trial, out));
  if (resumed.exit_code != 0) return "resumed: exit code " + std::to_string(resumed.exit_code) + ": " + resumed.err;
  const auto left = temporary_files_below(out);
  if (!left.empty()) return left.front() + " was left";
  const Ended log = run({"log", "verify", out});
  if (log.exit_code != 0) return "log: " + log.err;
  return difference(expected, hashes_below(out));
}

}  // namespace

FailingWrites fail_writes(const std::string& as, bool and_after, long step, std::ostream& words) {
  const broken::ScratchFolder scratch;
  const TinyTrial trial = make_tiny_trial(scratch.path(), 1);
  const fs::path undisturbed = scratch / "undisturbed";
  FailingWrites result;
  const Ended counting = run(arguments_for("run", trial, undisturbed), write_fault(undisturbed, 0, as));
  result.counted = counted_in(counting.notes);
  if (counting.exit_code != 0 || result.counted < 1) {
    words << "The undisturbed run ended with " << counting.exit_code << ": " << counting.err << std::endl;
    return result;
  }
  const Hashes expected = hashes_below(undisturbed);
  for (long at = 1; at <= result.counted; at += step) {
    const fs::path out = scratch / "out";
    fs::remove_all(out);
    const Ended failed = run(arguments_for("run", trial, out), write_fault(out, at, as, and_after));
    const std::string fault = fault_of(failed, trial, out, expected, as == "KILL");
    ++result.tried;
    if (fault.empty()) {
      ++result.right;
      if (failed.exit_code == 0) ++result.unharmed;
      continue;
    }
    words << as << (and_after ? " from" : " at") << " call " << at << " of " << result.counted << " ("
          << failed.notes.substr(0, failed.notes.find('\n')) << "): " << fault << std::endl;
  }
  return result;
}

}  // namespace wane::faults
