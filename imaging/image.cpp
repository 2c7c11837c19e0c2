#include "imaging/image.h"

#include "base/error.h"

namespace wane {

void require_same_grid(const Grid& a, const Grid& b, const char* what_a, const char* what_b) {
  if (a.matches(b)) return;
  throw InputError(std::string(what_a) + " (" + a.describe() + ") and " + what_b + " (" + b.describe() +
                   ") are not on the same grid; give two images of the same space.");
}

}  // namespace wane
