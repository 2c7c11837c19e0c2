#include "pipeline/report/json_values.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace wane {

using nlohmann::ordered_json;

namespace {

ordered_json input_json(const InputFile& input) {
  if (!input.hmac_sha256.empty()) return {{"path", input.path}, {"hmac_sha256", input.hmac_sha256}};
  return {{"path", input.path}, {"sha256", input.sha256}};
}

}  // namespace

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  const double scaled = std::round(value * scale);
  if (!std::isfinite(scaled)) return value;
  return scaled == 0 ? 0.0 : scaled / scale;
}

ordered_json number_json(std::optional<double> value, int decimals) {
  if (!value || !std::isfinite(*value)) return nullptr;
  const double number = rounded(*value, decimals);
  // Whole numbers without ".0", as people write them: 16, 365.
  if (std::abs(number) < 1e15 && number == std::floor(number)) return static_cast<std::int64_t>(number);
  return number;
}

ordered_json text_json(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json percent_json(const TissueValues& values) {
  return {{"brain", number_json(values.brain, decimals_percent)},
          {"gray_matter", number_json(values.gray_matter, decimals_percent)},
          {"white_matter", number_json(values.white_matter, decimals_percent)}};
}

ordered_json report_head(const std::string& schema, const Provenance& provenance) {
  ordered_json head = {{"schema", schema}, {"sign_convention", "negative = loss"}, {"version", provenance.version}};
  if (provenance.sloppy) head["sloppy"] = true;
  return head;
}

ordered_json inputs_json(const std::vector<InputFile>& inputs) {
  auto json = ordered_json::array();
  for (const auto& input : inputs) json.push_back(input_json(input));
  return json;
}

void add_provenance(ordered_json& report, const Provenance& provenance) {
  auto options = ordered_json::parse(provenance.options, nullptr, false);
  if (!options.is_object()) throw std::logic_error("the options of a report are not a JSON object");
  report["options"] = std::move(options);
  report["inputs"] = inputs_json(provenance.inputs);
}

std::string json_text(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string json_line(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void JsonRows::add(const ordered_json& entry) {
  add_line(json_line(entry));
}

void JsonRows::add_line(const std::string& entry) {
  lines_ += (lines_.empty() ? "\n" : ",\n") + std::string(2 * depth_ + 2, ' ');
  lines_ += entry;
}

void JsonRows::place_in(ordered_json& parent) const {
  parent[key_] = ordered_json::array();
}

std::string json_text(const ordered_json& json, const std::vector<const JsonRows*>& lists) {
  std::string text = json_text(json);
  std::size_t size = text.size();
  for (const auto* list : lists) size += list->lines_.size() + 2 * list->depth_ + 6;
  text.reserve(size);
  for (const auto* list : lists) {
    if (list->lines_.empty()) continue;
    // No text value holds a line break, so this can only be the member itself.
    const std::string indent = "\n" + std::string(2 * list->depth_, ' ');
    const std::string member = indent + "\"" + list->key_ + "\": [";
    const auto place = text.find(member + "]");
    if (place == std::string::npos) throw std::logic_error("a report has no empty list " + list->key_);
    text.insert(place + member.size(), indent);
    text.insert(place + member.size(), list->lines_);
  }
  return text;
}

JsonRows input_rows(const Provenance& provenance) {
  JsonRows inputs("inputs");
  for (const auto& input : provenance.inputs) inputs.add(input_json(input));
  return inputs;
}

}  // namespace wane
