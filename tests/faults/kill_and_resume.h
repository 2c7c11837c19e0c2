// Runs killed at random moments and resumed.
#pragma once

#include <cstdint>
#include <ostream>

namespace wane::faults {

struct KillSeries {
  int same = 0;           // ended in the files of an undisturbed run, with no temporary file and a whole log
  int in_the_middle = 0;  // were killed before they had ended by themselves
  double undisturbed_seconds = 0;
};

// So many `wane run` over four tiny participants, each killed by SIGKILL after a time drawn evenly from that of an
// undisturbed run, then resumed by the same command. Each that ends otherwise is said in `words`, and after every
// ten how many did not.
KillSeries kill_and_resume(int kills, std::uint64_t seed, std::ostream& words);

}  // namespace wane::faults
