// What --help shows of a command line, for manual pages and completion.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wane {

std::vector<const CLI::App*> shown_commands(const CLI::App& command);

bool is_positional(const CLI::Option& option);
std::vector<const CLI::Option*> shown_options(const CLI::App& command, bool positional);

// "wane run"
std::string full_name(const CLI::App& command);

// "FILE" of "FILE", "INT" of "INT:INT in [1 - 200]".
std::string value_name(const CLI::Option& option);
bool takes_value(const CLI::Option& option);

}  // namespace wane
