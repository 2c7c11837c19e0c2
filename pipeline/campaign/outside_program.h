// Programs of the system that Wane calls: without a shell, so that no name can be taken for a command.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace wane {

struct ProgramEnd {
  int exit_code = 0;     // 128 + signal where a signal ended it
  std::string out, err;  // the first megabyte of each
};

// Runs `words[0]`, which is looked for in PATH, in `folder` and waits for its end; it reads nothing on stdin. Throws
// ResourceError where there is no such program, saying that `package` has it, or it cannot be started.
ProgramEnd run_outside_program(const std::vector<std::string>& words, const std::filesystem::path& folder,
                               const std::string& package);

}  // namespace wane
