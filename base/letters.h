// Letters of ASCII, the same on every machine and in every locale.
#pragma once

#include <string>

namespace wane {

// Other bytes, also those of UTF-8, stay as they are.
inline std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace wane
