// Runs the built program as a user would, on small datasets that all tests of this folder share.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/faults/process.h"

namespace wane::cases {

struct ProgramResult {
  int exit_code = 0;
  std::string out;  // what it wrote to stdout
  std::string err;  // ... and to stderr
};

// build/bin/wane with these arguments. A process that dies from a signal has exit code 128 + its number.
ProgramResult wane(const std::vector<std::string>& arguments);

// Another program, as the shell's words say. Exit code 127: there is none.
ProgramResult shell(const std::string& command);
std::string quoted(const std::string& word);  // for the shell

// What a test cannot do without may be missing on a developer's machine, and never there.
bool is_continuous_integration();

bool contains(const std::string& text, const std::string& part);

std::string text_of(const std::filesystem::path& file);
nlohmann::json json_of(const std::filesystem::path& file);

// Relative names of all files below `folder`, sorted; none of logs/, which hold times.
std::vector<std::string> files_below(const std::filesystem::path& folder);
using faults::reproducible_text_of;

// Datasets and results made once for all test processes and kept in the build folder until the program changes. Tests
// only read them.
struct SharedRun {
  std::filesystem::path dataset, out;
  ProgramResult result;  // of `wane run dataset out`
};
std::filesystem::path sample_trial();  // sample_scans/make: 12 people, 2 visits, 2 mm, with truth/
SharedRun sample_trial_run();
SharedRun sloppy_run();  // sub-01 of the sample trial alone, --sloppy, one thread

// A dataset in `to` with these participants of the sample trial and a participants.tsv of just them.
void copy_participants(const std::filesystem::path& to, const std::vector<std::string>& participants);
// "sub-01", "ses-02": the file below `dataset`.
std::filesystem::path scan_of(const std::filesystem::path& dataset, const std::string& participant,
                              const std::string& session);

}  // namespace wane::cases
