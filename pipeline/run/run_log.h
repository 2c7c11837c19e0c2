// OUT/logs/run.jsonl: what was run, when, by whom, with what. One JSON object a line; lines are only ever added, and
// each names the SHA-256 of the line before it.
//
// The chain shows that a line was changed, removed or put in by accident or by somebody who does not know of it. It has
// no secret: whoever can write the file can compute a whole new chain, cut the end off, or remove the file. That shows
// only against the hash of a line (a head) that was kept elsewhere; trial_atrophy.json holds that of its own line, and
// every copy of that report keeps it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <istream>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace wane {

std::string utc_now();    // "2026-11-27T09:10:11Z"; for people, who set the clock: nothing is computed from it
std::string host_name();  // this machine's

// The event of the first --blind, and its member for the plan of the first run before that was not blinded.
extern const char* const blinding_event;
extern const char* const unblinded_plan_member;

class RunLog {
 public:
  // Makes the folder. Throws ResourceError.
  explicit RunLog(const std::filesystem::path& out);

  // Adds {"time": UTC, "user": who, "host": where, "process": id, "event": `event`}, the members of `details` and
  // {"previous": SHA-256 of the line before, without its line break} as one line. The file is locked meanwhile, so that
  // cluster tasks that share OUT make one chain. Gives the SHA-256 of the new line. Throws ResourceError.
  std::string add(const std::string& event, const nlohmann::ordered_json& details) const;

  // Puts another log in the place of this one, which begins with such a line. `details_of` gets the name of the log so
  // far, to keep a copy of it; where it throws, all stays as it is. Locked as by add.
  void begin_anew(const std::string& event,
                  const std::function<nlohmann::ordered_json(const std::filesystem::path& so_far)>& details_of) const;

 private:
  std::filesystem::path file_;
};

struct LogVerification {
  std::size_t entries = 0;
  std::size_t cut_short = 0;  // lines whose writer was killed in the middle; the line after names their hash
  std::optional<std::string>
      broken;                   // which line does not fit to the one before it, a sentence; empty: the log is whole
  std::string head;             // SHA-256 of the last line
  std::size_t noted_entry = 0;  // the line whose SHA-256 is `noted`, counted from 1; 0: none is
};

// `noted`: a head that was kept elsewhere, or empty. Throws InputError where there is no log, or a line is longer than
// any that Wane writes.
LogVerification verify_log(const std::filesystem::path& out, const std::string& noted = "");
LogVerification verify_log(std::istream& log, const std::string& name,  // `name`: what messages call it
                           const std::string& noted = "");

// The head of the log that trial_atrophy.json names; empty where there is no such report or it names none.
std::string log_head_in_report(const std::filesystem::path& out);

// Who unblinded the results, and when, as the end of a sentence: "by anna on node-7 at 2026-11-27T09:10:11Z"; empty
// where the log does not tell.
std::string unblinded_by(const std::filesystem::path& out);
std::string unblinded_by(std::istream& log, const std::string& name);

// SHA-256 of the analysis plan at the first blinded run that the log tells of, "none" where there was no plan then;
// empty where no run was blinded.
std::optional<std::string> plan_at_first_blinded_run(const std::filesystem::path& out);

// The same of the first run that was not blinded, also where the log of that time was put away by `--blind`.
std::optional<std::string> plan_at_first_unblinded_run(const std::filesystem::path& out);

// Of a log's text, either.
std::optional<std::string> plan_at_first_run(std::istream& log, const std::string& name, bool blinded);

}  // namespace wane
