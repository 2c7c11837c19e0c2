// OUT/logs/run.jsonl: what was run, when, by whom, with what. One JSON object a line; lines are only ever added.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace wane {

class RunLog {
 public:
  // Makes the folder. Throws ResourceError.
  explicit RunLog(const std::filesystem::path& out);

  // Adds {"time": UTC, "user": who, "host": where, "process": id, "event": `event`} and the members of `details` as
  // one line in one write, so that lines of cluster tasks that share OUT do not mix. Throws ResourceError.
  void add(const std::string& event, const nlohmann::ordered_json& details) const;

 private:
  std::filesystem::path file_;
};

}  // namespace wane
