// Pure functions know nothing of files or participants; callers add that context to their errors.
#pragma once

#include <string>

#include "base/error.h"

namespace wane {

// The result of `work()`; an InputError that it throws is rethrown as "SUBJECT: message".
template <class F>
auto naming_in_errors(const std::string& subject, F&& work) {
  try {
    return work();
  } catch (const InputError& error) {
    throw InputError(subject + ": " + error.what());
  }
}

}  // namespace wane
