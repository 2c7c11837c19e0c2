// Parts of sentences.
#pragma once

#include <string>
#include <vector>

namespace wane::test {

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline bool any_has(const std::vector<std::string>& sentences, const std::string& part) {
  for (const auto& sentence : sentences)
    if (has(sentence, part)) return true;
  return false;
}

}  // namespace wane::test
