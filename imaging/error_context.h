// Errors of pure functions do not know of files and people: who calls them says whom an error concerns.
#pragma once

#include <string>

#include "imaging/error.h"

namespace wane {

// The result of `work()`; an InputError that it throws is thrown on as "SUBJECT: what was said".
template <class F>
auto naming_in_errors(const std::string& subject, F&& work) {
  try {
    return work();
  } catch (const InputError& error) {
    throw InputError(subject + ": " + error.what());
  }
}

}  // namespace wane
