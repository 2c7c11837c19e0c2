// The heads that changes are planted in, as commands are given them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/simulation/plant.h"
#include "pipeline/validation/validation_report.h"
#include "tools/common_options.h"
#include "tools/progress.h"

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

// "01" for the first, 0.
std::string head_name(std::size_t head);

// As reports list them. `bent`: every person is another head that was made of one of these.
std::vector<ValidationHead> validation_heads(const std::vector<HeadFiles>& heads, bool bent);

// Of a report on people simulated from `heads`: the command's options, with what was planted as the member `name`, and
// the SHA-256 of the heads' files before those of `results`. Reads the heads' files.
Provenance heads_provenance(const CommandLine& line, const std::vector<HeadFiles>& heads, const std::string& name,
                            const nlohmann::ordered_json& planted, const std::vector<InputFile>& results);

// At the beginning of `wane validate`, after require_validation_folder: makes WORK and the description of WORK/dataset
// (named `dataset_name`), by which another run knows it, and removes what a killed one left in WORK under temporary
// names. Throws UnderWay where another `wane validate` is at work there.
[[nodiscard]] OutputLock begin_validation(const std::filesystem::path& work, const std::string& dataset_name,
                                          ProgressDisplay& display);

}  // namespace wane
