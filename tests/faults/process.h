// The built program in a process that can be sent signals, and given a machine that fails (shim/fault_shim.c).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/broken/scratch_folder.h"

namespace wane::faults {

// Names and values as the shim reads them; see there.
using Environment = std::map<std::string, std::string>;

struct Ended {
  int exit_code = 0;  // 128 + signal where it was killed by one
  std::string out, err;
  std::string notes;  // the shim's
};

class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments, const Environment& faults = {},
                   const std::vector<int>& ignored_signals = {});
  ~Process();  // kills it if it is still there
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t id() const { return id_; }
  std::string err() const;  // so far
  void send(int signal) const;
  // False where it has not ended by then.
  bool ends_within(std::chrono::milliseconds time);
  Ended wait();
  // Waits until the program has got as far as to take signals; false where it ended before or a minute passed.
  bool takes_signals();
  // Waits until stderr holds `text`; false where the process ended or a minute passed without.
  bool says(const std::string& text);

 private:
  broken::ScratchFolder scratch_;
  pid_t id_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

Ended run(const std::vector<std::string>& arguments, const Environment& faults = {});

// The faults that make the N-th writing call below `folder` fail so.
Environment write_fault(const std::filesystem::path& folder, long at, const std::string& as, bool and_after = false);
// How many calls were counted, from the shim's notes; -1 where it did not come to that.
long counted_in(const std::string& notes);

// A file's text as the same input gives it every time: of trial_atrophy.json without the head of the log, which tells
// of the time.
std::string reproducible_text_of(const std::filesystem::path& file);
// SHA-256 of that of every file below a folder by its relative name; none of logs/, which hold times.
std::map<std::string, std::string> hashes_below(const std::filesystem::path& folder);
// Relative names of files and folders whose name begins with ".tmp-".
std::vector<std::string> temporary_files_below(const std::filesystem::path& folder);
// The first difference in words; empty where both are the same.
std::string difference(const std::map<std::string, std::string>& expected,
                       const std::map<std::string, std::string>& found);

}  // namespace wane::faults
