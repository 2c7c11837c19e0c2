// JSON that people, other programs or earlier runs left: the one way in for every such file. How much memory and stack
// it can take is limited; nlohmann's library limits neither.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace wane {

// A participant's report of 100 visits has less than 1 MB. The values take up to 30 times the bytes of their text.
inline constexpr std::size_t most_json_bytes = 8u << 20;
// Wane's own files have 7 levels, BIDS sidecars 3; writing, copying and comparing call themselves once for each.
inline constexpr int most_json_levels = 64;

// A discarded value (is_discarded()) where the text is not JSON, or beyond these limits. Never throws for any text.
nlohmann::json parse_json(std::string_view text);
nlohmann::ordered_json parse_ordered_json(std::string_view text);  // members stay in their order

// As parse_ordered_json of a file; also discarded where there is none that can be read.
nlohmann::ordered_json json_in_file(const std::filesystem::path& file);

// The text of a member; empty where there is none or it is of another type, because files may have been edited.
std::string text_member(const nlohmann::json& json, const char* member);
std::string text_member(const nlohmann::ordered_json& json, const char* member);

// Why a text is discarded, as a part of a sentence: "something is wrong at character 17".
std::string json_problem(std::string_view text);

}  // namespace wane
