#include "pipeline/run/options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/run/config.h"

namespace wane {

std::vector<OptionSection> option_sections(RunOptions& options) {
  return {
      {"dataset", "How the BIDS folder is read", option_fields(options.dataset)},
      {"conform", "Stage 1: finding the head in each scan", option_fields(options.conform)},
      {"align", "Stage 2: the midpoint space of a person's visits", option_fields(options.align)},
      {"extract", "Stage 3: bias field and brain mask", option_fields(options.extract)},
      {"segment", "Stage 4: tissue maps", option_fields(options.segment)},
      {"measure", "Stage 5: change between visits", option_fields(options.measure)},
      {"quality", "Limits of the quality checks (docs/quality.md)", option_fields(options.quality)},
      {"output", "What is kept of a participant", option_fields(options.output)},
      {"group", "The trial's reports", option_fields(options.group)},
  };
}

void RunOptions::validate() const {
  dataset.validate();
  conform.validate();
  align.validate();
  extract.validate();
  segment.validate();
  measure.validate();
  quality.validate();
  output.validate();
  group.validate();
}

void apply_config(const nlohmann::json& config, const std::string& source, RunOptions& options) {
  set_options(config, source, option_sections(options));
}

void read_config(const std::filesystem::path& file, RunOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw InputError("The configuration file " + file.string() + " cannot be opened: check its name.");
  apply_config(parse_config(read_text_file(file, most_json_bytes), file.string()), file.string(), options);
}

nlohmann::ordered_json options_json(const RunOptions& options) {
  RunOptions copy = options;
  nlohmann::ordered_json json;
  for (const auto& section : option_sections(copy)) {
    nlohmann::ordered_json& values = json[section.name] = nlohmann::ordered_json::object();
    for (const auto& field : section.fields)
      std::visit([&](const auto* value) { values[field.name] = *value; }, field.value);
  }
  return json;
}

void make_sloppy(RunOptions& options) {
  options.align.spacing_mm = 3.0;
  options.extract.warp_spacing_mm = 4.0;
  options.measure.iterations = 5;
}

bool is_sloppy(const RunOptions& options) {
  RunOptions sloppy;
  make_sloppy(sloppy);
  return options.align.spacing_mm >= sloppy.align.spacing_mm ||
         options.extract.warp_spacing_mm >= sloppy.extract.warp_spacing_mm ||
         options.measure.iterations <= sloppy.measure.iterations;
}

void copy_value(const OptionField& from, const OptionField& to) {
  std::visit(
      [&](const auto* source) {
        using T = std::remove_const_t<std::remove_pointer_t<decltype(source)>>;
        *std::get<T*>(to.value) = *source;
      },
      from.value);
}

std::string flag_name(const OptionSection& section, const OptionField& field) {
  const bool plain = section.name == "group" || section.name == "output";
  std::string flag = "--" + (plain ? "" : section.name + "-") + field.name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace wane
