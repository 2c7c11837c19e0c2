#include "pipeline/run/config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "base/error.h"
#include "base/near_names.h"
#include "pipeline/dataset/json_input.h"

namespace wane {
namespace {

// Of what is taken for a misspelling: comparing takes the product of the lengths.
constexpr std::size_t longest_name = 100;

template <class T>
bool has_type(const nlohmann::json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  // A number that does not fit would be cut to another one.
  if constexpr (std::is_same_v<T, int>)
    return value.is_number_integer() && std::abs(value.get<double>()) <= std::numeric_limits<int>::max();
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
  throw UsageError("In " + source + ", there is no " + what + " \"" + name + "\"." +
                   did_you_mean(name.substr(0, longest_name), names_of(all)));
}

}  // namespace

void set_options(const nlohmann::json& config, const std::string& source, const std::vector<OptionSection>& sections) {
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

nlohmann::json parse_config(const std::string& text, const std::string& source) {
  nlohmann::json config = parse_json(text);
  if (config.is_discarded())
    throw UsageError("The configuration file " + source + " is not JSON: " + json_problem(text) + ".");
  return config;
}

}  // namespace wane
