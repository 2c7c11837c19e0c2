// What every fuzz target holds: no crash, no error but Wane's own, and those are one sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"

namespace wane::fuzz {

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "This does not hold: %s\n", what);
  std::abort();
}

// Whether `read` came through. Everything else that it throws ends the program, which libFuzzer takes for a crash.
template <class F>
bool accepted(F&& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    require(!message.empty() && message.size() <= 1000, "a message is a sentence of at most 1000 bytes");
    require(one_line(message) == message, "a message is one line of UTF-8");
    require(message.back() == '.' || message.back() == '?', "a message is a whole sentence");
    return false;
  }
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace wane::fuzz
