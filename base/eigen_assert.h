// What Eigen does where its own condition does not hold (sizes that do not fit, an index outside): it throws.
//
// Eigen's own way is abort(), which would end a whole trial for one participant. Every C++ file of Wane is compiled
// with this header before all others (CMakeLists.txt, wane_build_options), so that all files agree; none includes it
// itself.
#pragma once

#include <stdexcept>

namespace wane {

// A bug in Wane, never a user's mistake.
class BrokenAssertion : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_broken_assertion(const char* condition, const char* file, int line);

}  // namespace wane

#define eigen_assert(condition) \
  ((condition) ? static_cast<void>(0) : ::wane::throw_broken_assertion(#condition, __FILE__, __LINE__))
