// The heads that changes are planted in, as commands are given them.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/simulation/plant.h"
#include "tools/common_options.h"

namespace wane {

struct HeadFiles {
  std::filesystem::path head;
  std::filesystem::path brain;  // a mask, or the head with all but the brain set to 0; empty: Wane extracts it
};

// Debian's Colin27, from where the build found it or from where the package mricron-data puts it. Throws InputError
// saying what to install.
HeadFiles sample_head();

// Reads and prepares a head. A brain that Wane extracts (by conform, align and extract, with the command's template and
// options) is written to `extracted_brain`, whose folder is made: look at it, for what it leaves out loses nothing.
SourceHead read_head(const HeadFiles& files, const CommandLine& line, const std::filesystem::path& extracted_brain);

// A JSON object for the truth: the version, the files with their SHA-256, and how a brain is extracted.
std::string source_json(const HeadFiles& files, const CommandLine& line);

}  // namespace wane
