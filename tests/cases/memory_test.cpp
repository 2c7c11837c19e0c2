// How --memory bounds what is in flight.
#include <gtest/gtest.h>

#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// The plan is made from headers alone; what these scans hold is refused afterwards, at once.
TEST(Memory, BoundsHowManyParticipantsAreInFlight) {
  const broken::ScratchFolder scratch;
  for (const char* participant : {"sub-01", "sub-02"}) {
    const fs::path scan = scan_of(scratch / "dataset", participant, "ses-01");
    fs::create_directories(scan.parent_path());
    broken::write_bytes(scan, broken::gz_bytes(broken::nifti_bytes({})).substr(0, 600));  // cut short
  }
  const auto said_with = [&](const char* memory_gb) {
    return wane({"participant", scratch / "dataset", scratch / "out", "--threads", "2", "--memory", memory_gb}).err;
  };
  // One visit at 1 mm takes about 1 GB.
  const std::string enough = said_with("4"), scarce = said_with("1.6"), too_little = said_with("0.3");
  EXPECT_NE(enough.find("2 at once with 1 thread each"), std::string::npos) << enough;
  EXPECT_NE(scarce.find("1 at once with 2 threads each"), std::string::npos) << scarce;
  EXPECT_NE(too_little.find("of memory, and 0.3 GB may be used: allow more with --memory"), std::string::npos)
      << too_little;
}

}  // namespace
}  // namespace wane::cases
