// All options of a run in one value. Their fields' tables drive the command line, the JSON configuration, --help and
// the provenance in every sidecar.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/option_field.h"
#include "pipeline/analysis/group_options.h"
#include "pipeline/dataset/dataset_options.h"
#include "pipeline/quality/limits.h"
#include "pipeline/run/output_options.h"
#include "pipeline/stages/align.h"
#include "pipeline/stages/conform.h"
#include "pipeline/stages/extract.h"
#include "pipeline/stages/measure.h"
#include "pipeline/stages/segment.h"

namespace wane {

struct RunOptions {
  DatasetOptions dataset;
  ConformOptions conform;
  AlignOptions align;
  ExtractOptions extract;
  SegmentOptions segment;
  MeasureOptions measure;
  QualityLimits quality;
  OutputOptions output;
  GroupOptions group;
  void validate() const;  // throws UsageError for the first value that cannot be
};

// One object of the configuration file, and one group of flags: {"align": {"spacing_mm": 1.5}}, --align-spacing-mm.
struct OptionSection {
  std::string name;
  std::string help;
  OptionFields fields;  // pointing into the RunOptions they were made from
};
std::vector<OptionSection> option_sections(RunOptions& options);

// Sets what the JSON file names and leaves the rest. Throws UsageError naming the file and the section or key that
// does not exist (with the nearest that do), or whose value has the wrong type; InputError for a missing file.
void read_config(const std::filesystem::path& file, RunOptions& options);
void apply_config(const nlohmann::json& config, const std::string& source, RunOptions& options);

// Every option with its value, in the form read_config reads.
nlohmann::ordered_json options_json(const RunOptions& options);

// --sloppy: a quick pass through the whole program for trying out a dataset or a cluster set-up, not for results.
// The midpoint space has voxels of 3 mm, the template is warped at 4 mm, and the measurement stops after 5 updates a
// level.
void make_sloppy(RunOptions& options);

// Whether any of these options is as coarse as --sloppy makes it, by whatever way it was set.
bool is_sloppy(const RunOptions& options);

// `to` takes the value of `from`, which is the same field of another RunOptions.
void copy_value(const OptionField& from, const OptionField& to);

// "--align-spacing-mm"; options of the sections "group" and "output" carry no prefix:
// "--baseline-after-days"
std::string flag_name(const OptionSection& section, const OptionField& field);

}  // namespace wane
