// Makes each call that writes in a run over one tiny participant fail in turn, and looks what comes of it. By hand:
//   build/bin/wane_fail_each_write [ENOSPC|EIO|EROFS|EACCES|KILL [STEP [after]]]    ENOSPC, every call, this call alone
// Prints each that ended otherwise than it should, and at the end "N of M"; exit code 1 where N is less.
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/faults/failing_writes.h"

int main(int argc, char** argv) {
  const std::string as = argc > 1 ? argv[1] : "ENOSPC";
  const long step = argc > 2 ? std::atol(argv[2]) : 1;
  const bool and_after = argc > 3;
  const wane::faults::FailingWrites result = wane::faults::fail_writes(as, and_after, step, std::cout);
  std::cout << result.right << " of " << result.tried << " runs with " << as << (and_after ? " from" : " at")
            << " one of " << result.counted << " writing calls ended as they should (" << result.unharmed
            << " unharmed: exit code 0 and the right files)" << std::endl;
  return result.right == result.tried && result.tried > 0 ? 0 : 1;
}
