#include "base/error.h"

#include <cstdint>

namespace wane {
namespace {

// Room for two long paths and the sentence around them.
constexpr std::size_t most_message_bytes = 1000;
constexpr std::size_t kept_beginning = 600;
constexpr std::size_t kept_end = 350;  // it says what to do

// The length of the UTF-8 character that `text` begins with; 0 where there is none (also overlong and surrogates).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xFFu >> (length + 1));
  for (std::size_t n = 1; n < length; ++n) {
    if ((byte(n) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(n) & 0x3Fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  // U+0080 to U+009F are the same commands to a terminal as ESC and a letter.
  return first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string shortened(const std::string& text) {
  if (text.size() <= most_message_bytes) return text;
  std::size_t end = kept_beginning;
  while (continues_a_character(text[end])) --end;
  std::size_t begin = text.size() - kept_end;
  while (continues_a_character(text[begin])) ++begin;
  return text.substr(0, end) + " [...] " + text.substr(begin);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_bytes(text);
    const bool shown = length > 0 && !is_control(text.substr(0, length));
    if (shown)
      line += text.substr(0, length);
    else
      line += '?';
    text.remove_prefix(length > 0 ? length : 1);
  }
  return shortened(line);
}

}  // namespace wane
