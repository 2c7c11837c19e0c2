#include "pipeline/dataset/text_encoding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace wane {
namespace {

// Bytes 0x80 to 0x9F of Windows-1252 as Unicode (Unicode Consortium, CP1252.TXT); 0: the byte has no meaning. From 0xA0
// on, byte and code point are the same.
constexpr std::array<char32_t, 32> windows_1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

unsigned char byte_at(std::string_view text, std::size_t place) {
  return static_cast<unsigned char>(text[place]);
}

// Bytes of the UTF-8 sequence that begins at `place`; 0 where none does (RFC 3629: no overlong forms, no surrogates,
// nothing above U+10FFFF).
std::size_t sequence_bytes(std::string_view text, std::size_t place) {
  const unsigned char first = byte_at(text, place);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xC2 && first <= 0xDF   ? 2
                            : first >= 0xE0 && first <= 0xEF ? 3
                            : first >= 0xF0 && first <= 0xF4 ? 4
                                                             : 0;
  if (bytes == 0 || place + bytes > text.size()) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((byte_at(text, place + i) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte_at(text, place + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : bytes;
}

void append_utf8(std::string& text, char32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0 | (point >> 6));
    text += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    text += static_cast<char>(0xE0 | (point >> 12));
    text += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (point & 0x3F));
  }
}

std::size_t line_begin(std::string_view text, std::size_t place) {
  const auto end = place == 0 ? std::string_view::npos : text.find_last_of("\r\n", place - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

// Lines and columns from 1, a CRLF being one line end; columns are bytes.
std::string line_and_column(std::string_view text, std::size_t place) {
  std::size_t line = 1;
  for (std::size_t i = 0; i < place; ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++line;
  return "line " + std::to_string(line) + ", column " + std::to_string(place - line_begin(text, place) + 1);
}

std::string from_windows_1252(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(result, byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte);
  }
  return result;
}

// What a reader needs to see whether the letters came out right: the word around `place`.
std::string word_around(std::string_view text, std::size_t place) {
  constexpr std::size_t most_bytes = 40;
  const auto before = text.find_last_of("\t\r\n", place);
  std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  std::size_t end = std::min(text.find_first_of("\t\r\n", place), text.size());
  begin = std::max(begin, place - std::min(place, most_bytes));
  end = std::min(end, place + most_bytes);
  return from_windows_1252(text.substr(begin, end - begin));
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t bytes = sequence_bytes(text, place);
    if (bytes == 0) return false;
    place += bytes;
  }
  return true;
}

std::string as_utf8(std::string text, const std::string& name, std::vector<std::string>& warnings) {
  std::size_t first_other = text.size();
  bool has_utf8_letters = false;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t bytes = sequence_bytes(text, place);
    if (bytes == 0) first_other = std::min(first_other, place);
    if (bytes > 1) has_utf8_letters = true;
    place += std::max<std::size_t>(bytes, 1);
  }
  if (first_other == text.size()) return text;
  const auto undefined = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 && byte < 0xA0 && windows_1252[byte - 0x80] == 0;
  });
  if (has_utf8_letters || undefined != text.end()) {
    const auto place = has_utf8_letters ? first_other : static_cast<std::size_t>(undefined - text.begin());
    throw InputError(name + ", " + line_and_column(text, place) +
                     ": the text is not UTF-8, and no other encoding that Wane knows; save the file as UTF-8 text.");
  }
  warnings.push_back(name + ": the text is not UTF-8 and is read as Windows-1252 (" +
                     line_and_column(text, first_other) + ": '" + word_around(text, first_other) +
                     "'); check that the letters are right, and save it as UTF-8 text.");
  return from_windows_1252(text);
}

}  // namespace wane
