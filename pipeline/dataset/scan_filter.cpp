#include "pipeline/dataset/scan_filter.h"

#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/near_names.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/labels.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// The names of entities in filter files, and in names of files. All that names of T1w scans may have.
const std::map<std::string, std::string>& short_names() {
  static const std::map<std::string, std::string> names = {
      {"subject", "sub"},        {"session", "ses"}, {"acquisition", "acq"}, {"ceagent", "ce"},
      {"reconstruction", "rec"}, {"run", "run"},     {"echo", "echo"},       {"part", "part"},
      {"inversion", "inv"},      {"space", "space"}, {"sample", "sample"},   {"chunk", "chunk"},
      {"description", "desc"},   {"suffix", ""},     {"datatype", ""},       {"extension", ""}};
  return names;
}

std::string short_name(const std::string& entity, const std::string& source) {
  std::vector<std::string> known;
  for (const auto& [name, brief] : short_names()) {
    if (entity == name || (!brief.empty() && entity == brief)) return brief.empty() ? name : brief;
    known.push_back(name);
  }
  throw UsageError("In " + source + ", t1w asks for the entity \"" + entity + "\", which does not exist." +
                   did_you_mean(entity, known));
}

std::string without_zeros(const std::string& text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? text.substr(std::min(text.find_first_not_of('0'), text.size() - 1)) : text;
}

std::string value_of(const nlohmann::ordered_json& value, const std::string& entity, const std::string& source) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  throw UsageError("In " + source + ", the value of \"" + entity + "\" is " + value.dump() +
                   ", but it has to be a text, a whole number, a list of them, or null (the entity is not there).");
}

std::vector<std::string> values_of(const nlohmann::ordered_json& json, const std::string& entity,
                                   const std::string& source) {
  std::vector<std::string> values;
  if (json.is_null()) return values;
  if (!json.is_array()) return {value_of(json, entity, source)};
  for (const auto& value : json) values.push_back(value_of(value, entity, source));
  if (values.empty())
    throw UsageError("In " + source + ", the list of \"" + entity + "\" is empty: no scan can have such a value.");
  return values;
}

std::map<std::string, std::vector<std::string>> values_in(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw InputError("The BIDS filter file " + file.string() + " cannot be opened: check its name.");
  const std::string text = read_text_file(file, most_json_bytes), source = file.string();
  const nlohmann::ordered_json json = parse_ordered_json(text);
  if (json.is_discarded()) throw UsageError(source + " is not JSON: " + json_problem(text) + ".");
  if (!json.is_object() || (json.contains("t1w") && !json["t1w"].is_object()))
    throw UsageError(source + R"( is no BIDS filter file, such as {"t1w": {"acquisition": "mprage"}}.)");
  std::map<std::string, std::vector<std::string>> values;
  if (!json.contains("t1w")) return values;  // of images that Wane does not read
  for (const auto& [entity, value] : json["t1w"].items())
    values[short_name(entity, source)] = values_of(value, entity, source);
  return values;
}

// Entities of the name by their short names, its suffix, extension and data type.
std::map<std::string, std::string> facts_of(const fs::path& file) {
  std::string stem = file.filename().string();
  const auto dot = stem.find('.');
  std::map<std::string, std::string> facts = {{"datatype", file.parent_path().filename().string()},
                                              {"extension", dot == std::string::npos ? "" : stem.substr(dot)}};
  stem.resize(std::min(dot, stem.size()));
  std::istringstream stream(stem);
  for (std::string part; std::getline(stream, part, '_');) {
    const auto dash = part.find('-');
    if (dash == std::string::npos)
      facts["suffix"] = part;
    else
      facts[part.substr(0, dash)] = part.substr(dash + 1);
  }
  return facts;
}

}  // namespace

bool is_glob(const std::string& label) {
  return label.find_first_of("*?[") != std::string::npos;
}

bool matches_glob(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

std::string label_pattern(const std::string& label, const std::string& prefix) {
  return label.starts_with('*') ? label : with_prefix(label, prefix);
}

std::vector<std::string> separate_labels(const std::string& given, char separator) {
  std::vector<std::string> labels;
  std::istringstream stream(given);
  for (std::string label; std::getline(stream, label, separator);) {
    const auto begin = label.find_first_not_of(" \t"), end = label.find_last_not_of(" \t");
    if (begin == std::string::npos) continue;
    labels.push_back(label.substr(begin, end - begin + 1));
  }
  return labels;
}

ScanFilter::ScanFilter(const DatasetOptions& options)
    : sessions_(separate_labels(options.sessions)),
      values_(options.filter_file.empty() ? std::map<std::string, Values>() : values_in(options.filter_file)) {}

bool ScanFilter::takes_session(const std::string& session) const {
  const bool named = sessions_.empty() || std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& pattern) {
                       return !session.empty() && matches_glob(label_pattern(pattern, "ses-"), session);
                     });
  const auto asked = values_.find("ses");
  if (!named || asked == values_.end()) return named;
  if (asked->second.empty() || session.empty()) return asked->second.empty() && session.empty();
  return std::any_of(asked->second.begin(), asked->second.end(),
                     [&](const auto& value) { return matches_glob(label_pattern(value, "ses-"), session); });
}

bool ScanFilter::takes_scan(const fs::path& file) const {
  const auto facts = facts_of(file);
  return std::all_of(values_.begin(), values_.end(), [&](const auto& asked) {
    if (asked.first == "ses") return true;  // see takes_session
    const auto found = facts.find(asked.first);
    if (asked.second.empty()) return found == facts.end();
    return found != facts.end() && std::any_of(asked.second.begin(), asked.second.end(), [&](const auto& value) {
             return matches_glob(value, found->second) || without_zeros(value) == without_zeros(found->second) ||
                    value == asked.first + "-" + found->second;
           });
  });
}

}  // namespace wane
