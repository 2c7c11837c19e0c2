#include "base/peak_memory.h"

#include <fstream>
#include <limits>
#include <string>

namespace wane {

bool restart_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5\n";  // man 5 proc: resets the peak resident set size
  file.close();
  return !file.fail();
}

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word; status.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return 0;
}

}  // namespace wane
