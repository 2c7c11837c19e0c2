// Completion of a command line in bash, made from the same table of commands and options as --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace wane {

// A script for bash that completes the program's commands, options and file names. What --help hides is not offered.
std::string bash_completion(const CLI::App& program);

}  // namespace wane
