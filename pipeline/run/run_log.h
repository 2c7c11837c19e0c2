// OUT/logs/run.jsonl: what was run, when, by whom, with what. One JSON object a line; lines are only ever added, and
// each names the SHA-256 of the line before it, so that none can be changed, removed or put in without a trace.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace wane {

std::string utc_now();    // "2026-11-27T09:10:11Z"; for people, who set the clock: nothing is computed from it
std::string host_name();  // this machine's

class RunLog {
 public:
  // Makes the folder. Throws ResourceError.
  explicit RunLog(const std::filesystem::path& out);

  // Adds {"time": UTC, "user": who, "host": where, "process": id, "event": `event`}, the members of `details` and
  // {"previous": SHA-256 of the line before, without its line break} as one line. The file is locked meanwhile, so that
  // cluster tasks that share OUT make one chain. Throws ResourceError.
  void add(const std::string& event, const nlohmann::ordered_json& details) const;

 private:
  std::filesystem::path file_;
};

struct LogVerification {
  std::size_t entries = 0;
  std::size_t unchained = 0;  // at the beginning: written by a version of Wane before the chain
  std::size_t cut_short = 0;  // lines whose writer was killed in the middle; the line after names their hash
  std::optional<std::string>
      broken;        // which line does not fit to the one before it, a sentence; empty: the log is whole
  std::string head;  // SHA-256 of the last line: noted elsewhere, it proves that none was cut off the end
};

// Throws InputError where there is no log, or a line is longer than any that Wane writes.
LogVerification verify_log(const std::filesystem::path& out);
LogVerification verify_log(std::istream& log, const std::string& name);  // `name`: what messages call it

// SHA-256 of the analysis plan at the first blinded run that the log tells of, "none" where there was no plan then;
// empty where no run was blinded.
std::optional<std::string> plan_at_first_blinded_run(const std::filesystem::path& out);

// The same of the first run that was not blinded.
std::optional<std::string> plan_at_first_unblinded_run(const std::filesystem::path& out);

// Of a log's text, either.
std::optional<std::string> plan_at_first_run(std::istream& log, const std::string& name, bool blinded);

}  // namespace wane
