// wane validate --fit: the error model from ladders of planted changes, and how well it holds for heads that it was not
// fitted to.
#pragma once

#include <filesystem>
#include <vector>

#include "tools/common_options.h"

namespace wane {

struct ErrorFitCommand {
  const CommandLine& line;
  std::vector<std::filesystem::path> ladders;  // work folders of finished ladders
  std::filesystem::path model;                 // written
};

// The exit code, 0. Throws InputError for a ladder that is not finished, or was measured by an older build or with
// another error model than the command's.
int run_error_fit(const ErrorFitCommand& command);

}  // namespace wane
