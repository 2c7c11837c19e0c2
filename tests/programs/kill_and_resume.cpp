// Kills `wane run` over four tiny participants with SIGKILL at moments drawn from a seed, gives the same command again,
// and compares every file (but the logs) with those of an undisturbed run. Run by hand:
//   build/bin/wane_kill_and_resume [KILLS [SEED]]          200 kills, seed 1
// Prints each run that ended otherwise, and at the end "N of KILLS"; exit code 1 where N is less.
#include "tests/faults/kill_and_resume.h"

#include <cstdint>
#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 200;
  const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoll(argv[2]) : 1);
  const wane::faults::KillSeries series = wane::faults::kill_and_resume(kills, seed, std::cout);
  std::cout << series.same << " of " << kills << " killed runs, resumed, ended in the files of an undisturbed run ("
            << series.undisturbed_seconds << " s undisturbed; " << series.in_the_middle
            << " were killed before their end)" << std::endl;
  return series.same == kills ? 0 : 1;
}
