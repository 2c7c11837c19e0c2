// A trial so small that the whole program runs over it in seconds: for tests that run it again and again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace wane::faults {

struct TinyTrial {
  std::filesystem::path dataset, template_folder;
};

// In `folder`: people of two visits each, Debian's Colin27 at half its size with a shape and a brightness of their own,
// two dose groups, and Wane's template at half its size. What is measured in them means nothing; it is only to be the
// same each time.
TinyTrial make_tiny_trial(const std::filesystem::path& folder, int people);

std::filesystem::path sample_head();  // Debian's Colin27 at 1 mm

// wane COMMAND DATASET OUT with the options that make it quick, on one thread.
std::vector<std::string> arguments_for(const std::string& command, const TinyTrial& trial,
                                       const std::filesystem::path& out);

// "sub-01", "ses-02": the file.
std::filesystem::path scan_of(const TinyTrial& trial, const std::string& participant, const std::string& session);

}  // namespace wane::faults
