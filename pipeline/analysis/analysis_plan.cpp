#include "pipeline/analysis/analysis_plan.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"

namespace wane {
namespace {

template <class T, std::size_t N>
using Names = std::array<std::pair<const char*, T>, N>;

constexpr Names<Trend, 3> tests = {
    {{"jonckheere", Trend::jonckheere}, {"spearman", Trend::spearman}, {"linear", Trend::linear}}};
constexpr Names<DoseScale, 3> scales = {
    {{"linear", DoseScale::linear}, {"log", DoseScale::log}, {"rank", DoseScale::rank}}};
constexpr Names<Sides, 3> all_sides = {
    {{"two", Sides::two}, {"less_loss", Sides::less_loss}, {"more_loss", Sides::more_loss}}};
constexpr Names<int, 3> measures = {{{"brain", 0}, {"gray_matter", 1}, {"white_matter", 2}}};

template <class T, std::size_t N>
const char* name_in(const Names<T, N>& names, T value) {
  for (const auto& [name, each] : names)
    if (each == value) return name;
  return "";
}

// The name under `key`; throws unless it is one of `names`.
template <class T, std::size_t N>
std::pair<std::string, T> chosen(const nlohmann::json& plan, const char* key, const Names<T, N>& names,
                                 const std::string& file) {
  std::string possible;
  for (const auto& [name, value] : names) {
    if (plan.at(key).is_string() && plan.at(key) == name) return {name, value};
    possible += std::string(possible.empty() ? "" : ", ") + name;
  }
  throw InputError(file + ": \"" + key + "\" is " + plan.at(key).dump() + ", but it has to be one of: " + possible +
                   ".");
}

}  // namespace

AnalysisPlan parse_analysis_plan(const std::string& text, const std::string& file) {
  const auto json = parse_json(text);
  if (!json.is_object())
    throw InputError(file + " is not a JSON object; write {\"measure\": \"gray_matter\", \"test\": \"linear\"}.");
  for (const auto& [key, value] : json.items())
    if (key != "measure" && key != "test" && key != "scale" && key != "alpha" && key != "sides" && key != "comment")
      throw InputError(file + " has a key \"" + key +
                       "\" that an analysis plan does not know; it knows measure, test, scale, alpha, sides, comment.");
  for (const char* key : {"measure", "test"})
    if (!json.contains(key)) throw InputError(file + " does not say which \"" + key + "\" is primary; add it.");
  AnalysisPlan plan;
  plan.measure = chosen(json, "measure", measures, file).first;
  plan.test = chosen(json, "test", tests, file).second;
  if (json.contains("scale")) plan.scale = chosen(json, "scale", scales, file).second;
  if (json.contains("sides")) plan.sides = chosen(json, "sides", all_sides, file).second;
  if (json.contains("alpha")) {
    const bool possible = json["alpha"].is_number() && json["alpha"] > 0 && json["alpha"] < 0.5;
    if (!possible)
      throw InputError(file + ": \"alpha\" is " + json["alpha"].dump() +
                       ", but it has to be a number between 0 and 0.5, such as 0.05.");
    plan.alpha = json["alpha"];
  }
  return plan;
}

PlanFile read_analysis_plan(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw InputError("The analysis plan " + file.string() + " cannot be opened; check its name.");
  const std::string text = read_text_file(file, most_json_bytes);
  return {parse_analysis_plan(text, file.string()), file.filename().string(), sha256_of_text(text)};
}

const char* in_words(Trend test) {
  switch (test) {
    case Trend::jonckheere:
      return "Jonckheere-Terpstra test";
    case Trend::spearman:
      return "Spearman correlation";
    case Trend::linear:
      return "linear contrast";
  }
  return "";
}

const char* name_of(Trend test) {
  return name_in(tests, test);
}
const char* name_of(DoseScale scale) {
  return name_in(scales, scale);
}
const char* name_of(Sides sides) {
  return name_in(all_sides, sides);
}

std::optional<DoseScale> scale_named(const std::string& name) {
  for (const auto& [each, scale] : scales)
    if (name == each) return scale;
  return std::nullopt;
}

}  // namespace wane
