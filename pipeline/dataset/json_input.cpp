#include "pipeline/dataset/json_input.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text_file.h"

namespace wane {
namespace {

// Counts brackets outside of strings; of text that is not JSON it may be wrong, which the parser then refuses.
bool nested_too_deeply(std::string_view text) {
  int levels = 0;
  bool in_string = false;
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    if (in_string) {
      if (c == '\\') ++n;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++levels > most_json_levels) return true;
    } else if (c == ']' || c == '}') {
      --levels;
    }
  }
  return false;
}

template <class Json>
Json parsed(std::string_view text) {
  if (text.size() > most_json_bytes || nested_too_deeply(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

template <class Json>
std::string text_of_member(const Json& json, const char* member) {
  if (!json.is_object() || !json.contains(member) || !json[member].is_string()) return "";
  return json[member];
}

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  return parsed<nlohmann::json>(text);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text) {
  return parsed<nlohmann::ordered_json>(text);
}

std::string text_member(const nlohmann::json& json, const char* member) {
  return text_of_member(json, member);
}

std::string text_member(const nlohmann::ordered_json& json, const char* member) {
  return text_of_member(json, member);
}

std::string json_problem(std::string_view text) {
  if (text.size() > most_json_bytes) return "it has more than " + std::to_string(most_json_bytes >> 20) + " MiB";
  if (nested_too_deeply(text)) return "it is nested more than " + std::to_string(most_json_levels) + " levels deep";
  try {
    [[maybe_unused]] const auto json = nlohmann::json::parse(text);
    return "nothing is wrong";
  } catch (const nlohmann::json::parse_error& error) {
    return "something is wrong at character " + std::to_string(error.byte);
  } catch (const nlohmann::json::exception&) {
    return "it holds a number that is too large";
  }
}

nlohmann::ordered_json json_in_file(const std::filesystem::path& file) {
  try {
    return parse_ordered_json(read_text_file(file, most_json_bytes));
  } catch (const InputError&) {
    return nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded);
  }
}

}  // namespace wane
