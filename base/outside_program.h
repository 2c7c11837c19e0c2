// Programs of the system that Wane calls: without a shell, so that no name can be taken for a command.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wane {

struct ProgramEnd {
  int exit_code = 0;           // 128 + signal where a signal ended it
  bool took_too_long = false;  // and was killed
  std::string out, err;        // the first megabyte of each
};

struct ProgramSurroundings {
  std::filesystem::path folder = ".";               // where it runs
  std::filesystem::path home{};                     // its HOME; empty: the user's own, with the user's settings
  std::optional<std::chrono::seconds> most_time{};  // after which it is killed; empty: it may take any time
};

// Runs `words[0]`, which is looked for in PATH, and waits for its end; it reads nothing on stdin. Throws ResourceError
// where there is no such program, saying that `package` has it, or it cannot be started.
ProgramEnd run_outside_program(const std::vector<std::string>& words, const ProgramSurroundings& surroundings,
                               const std::string& package);

}  // namespace wane
