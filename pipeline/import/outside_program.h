// Other programs, without a shell: names of files are arguments and nothing else.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace wane {

struct ConverterEnd {
  int exit_code = 0;           // 128 + signal where it was killed by one
  bool took_too_long = false;  // and was ended
  std::string output;          // stdout and stderr, as far as the first 1 MiB
};

// Runs `command` (found in PATH) in `folder`, which is its HOME too, so that no settings of the user change what it
// does. Throws ResourceError where it cannot be started: `missing` says what to install.
ConverterEnd run_converter(const std::vector<std::string>& command, const std::filesystem::path& folder,
                           std::chrono::seconds most_time, const std::string& missing);

}  // namespace wane
