#include "tests/broken/scratch_folder.h"

#include <unistd.h>

#include <atomic>
#include <string>

namespace wane::broken {

ScratchFolder::ScratchFolder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("wane_test_" + std::to_string(getpid()) + "_" + std::to_string(count++));
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace wane::broken
