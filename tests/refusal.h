// What a wrong input is refused with.
#pragma once

#include <string>

#include "base/error.h"

namespace wane::test {

// The message of the InputError that `work` throws; empty where it throws nothing.
template <class F>
std::string refusal(F&& work) {
  try {
    work();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace wane::test
