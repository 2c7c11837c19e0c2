#include "pipeline/run/options.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "imaging/error.h"
#include "imaging/near_names.h"

namespace wane {

namespace {

template <class T>
bool has_type(const nlohmann::json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<T, int>) return value.is_number_integer();
  if constexpr (std::is_same_v<T, double>) return value.is_number();
  if constexpr (std::is_same_v<T, std::string>) return value.is_string();
}

template <class T>
const char* type_in_words() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, int>) return "a whole number";
  if constexpr (std::is_same_v<T, double>) return "a number";
  if constexpr (std::is_same_v<T, std::string>) return "a text in quotes";
}

void set_value(const OptionField& field, const nlohmann::json& value, const std::string& key,
               const std::string& source) {
  std::visit(
      [&](auto* target) {
        using T = std::remove_pointer_t<decltype(target)>;
        if (!has_type<T>(value))
          throw UsageError("In " + source + ", \"" + key + "\" is " + value.dump() + ", but it has to be " +
                           type_in_words<T>() + (field.unit.empty() ? "" : " (" + field.unit + ")") + ".");
        *target = value.get<T>();
      },
      field.value);
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

template <class Named>
const Named& find_named(const std::vector<Named>& all, const std::string& name, const std::string& what,
                        const std::string& source) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  if (found != all.end()) return *found;
  throw UsageError("In " + source + ", there is no " + what + " \"" + name + "\"." + did_you_mean(name, names_of(all)));
}

}  // namespace

std::vector<OptionSection> option_sections(RunOptions& options) {
  return {
      {"dataset", "How the BIDS folder is read", option_fields(options.dataset)},
      {"conform", "Stage 1: finding the head in each scan", option_fields(options.conform)},
      {"align", "Stage 2: the midpoint space of a person's visits", option_fields(options.align)},
      {"extract", "Stage 3: bias field and brain mask", option_fields(options.extract)},
      {"segment", "Stage 4: tissue maps", option_fields(options.segment)},
      {"measure", "Stage 5: change between visits", option_fields(options.measure)},
      {"quality", "Limits of the quality checks (docs/quality.md)", option_fields(options.quality)},
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
  group.validate();
}

void apply_config(const nlohmann::json& config, const std::string& source, RunOptions& options) {
  const auto sections = option_sections(options);
  if (!config.is_object())
    throw UsageError(source + " does not hold a JSON object: write {\"align\": {\"spacing_mm\": 1.5}}, for example.");
  for (const auto& [section_name, values] : config.items()) {
    const OptionSection& section = find_named(sections, section_name, "section", source);
    if (!values.is_object())
      throw UsageError("In " + source + ", \"" + section_name + "\" is " + values.dump() +
                       ", but it has to be an object of options.");
    for (const auto& [key, value] : values.items()) {
      const OptionField& field =
          find_named(section.fields, key, "option", source + ", section \"" + section_name + "\"");
      set_value(field, value, section_name + "." + key, source);
    }
  }
}

void read_config(const std::filesystem::path& file, RunOptions& options) {
  std::ifstream stream(file);
  if (!stream) throw InputError("The configuration file " + file.string() + " cannot be opened: check its name.");
  nlohmann::json config;
  try {
    config = nlohmann::json::parse(stream);
  } catch (const nlohmann::json::parse_error& error) {
    throw UsageError("The configuration file " + file.string() + " is not JSON: something is wrong at character " +
                     std::to_string(error.byte) + ".");
  }
  apply_config(config, file.string(), options);
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
  options.conform.working_spacing_mm = 4.0;
  options.align.spacing_mm = 3.0;
  options.extract.warp_spacing_mm = 4.0;
  options.measure.iterations = 5;
}

bool is_sloppy(const RunOptions& options) {
  RunOptions sloppy;
  make_sloppy(sloppy);
  return options.conform.working_spacing_mm >= sloppy.conform.working_spacing_mm ||
         options.align.spacing_mm >= sloppy.align.spacing_mm ||
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
  std::string flag = "--" + (section.name == "group" ? "" : section.name + "-") + field.name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace wane
