// Manual pages of a command line, made from the same table of commands and options as --help, so that they cannot
// differ from it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wane {

struct ManualPage {
  std::string name;  // "wane-run": the page of `wane run`
  std::string text;  // roff, with the macros of man(7)
};

// A page for the program, one for each of its commands, and one for each command of these. What --help hides has none.
// `purpose` is what the program is for, without a period; `version` stands at the foot of the pages.
std::vector<ManualPage> manual_pages(const CLI::App& program, const std::string& purpose, const std::string& version);

}  // namespace wane
