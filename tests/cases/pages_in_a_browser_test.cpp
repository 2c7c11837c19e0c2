// The pages of the sample trial in a real browser: pipeline/report/pages/tests, run by node, say what is wrong.
#ifdef WANE_NODE
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

const fs::path sources = fs::path(WANE_SOURCE_DIR) / "pipeline/report/pages/tests";
const fs::path work = fs::path(WANE_BINARY_DIR) / "pages";  // with the npm packages that the build fetched

std::string chromium() {
  const char* const named = std::getenv("WANE_CHROMIUM");
  return named ? named : "/usr/bin/chromium";
}

// As the tests of this commit stand, beside the packages that they import.
void copy_tests() {
  fs::remove_all(work / "tests");
  fs::copy(sources, work / "tests", fs::copy_options::recursive);
}

void set(const char* name, const fs::path& value) {
  ASSERT_EQ(setenv(name, value.c_str(), 1), 0);
}

TEST(PagesInABrowser, DoWhatTheirTestsSay) {
  if (!fs::exists(chromium())) {
    const std::string sentence = "There is no " + chromium() + ": tools/install-packages --tests installs it.";
    ASSERT_FALSE(is_continuous_integration()) << sentence;
    GTEST_SKIP() << sentence;
  }
  const SharedRun run = sample_trial_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  copy_tests();
  set("WANE_PAGES_OUT", run.out);
  set("WANE_PAGES_DATASET", run.dataset);
  set("WANE_BIN", fs::path(WANE_BINARY_DIR) / "bin/wane");
  fs::current_path(work);
  // Node 18 takes files, and no patterns of its own.
  const int status = std::system(WANE_NODE " --test tests/*.test.mjs");
  EXPECT_EQ(status, 0) << "see the failing tests above";
}

}  // namespace
}  // namespace wane::cases
#endif
