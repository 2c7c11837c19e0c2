// Runs in which one of the calls that write fails.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace wane::faults {

struct FailingWrites {
  long counted = 0;  // calls that write in one undisturbed run
  int tried = 0;
  int right = 0;     // ended as they should: see below
  int unharmed = 0;  // of these, ended in exit code 0 and the undisturbed run's files: the call was of no consequence
};

// `wane run` over one tiny participant: the N-th call that writes below OUT fails with `as` (ENOSPC, EIO, ...), with
// `and_after` all later ones too, for N = 1, 1 + step, ... Right is exit code 5 with a sentence that names a file below
// OUT, no file under its own name that is not one of the undisturbed run's, and the same command without the fault
// ending in the undisturbed run's files, with no temporary file and a whole log. Exit code 0 is right too where all
// files are there as they should be (closing a file whose bytes are on the disk). With as = KILL the exit code is that
// of SIGKILL. What is not right is said in `words`.
FailingWrites fail_writes(const std::string& as, bool and_after, long step, std::ostream& words);

}  // namespace wane::faults
