// The version tells programs built from different sources apart.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// What tools/version.cmake writes for the sources in `folder`, in which there is no git.
std::string version_of_sources(const fs::path& folder, const fs::path& output) {
  const std::string command = "cmake -DSOURCE_DIR='" + folder.string() + "' -DPROJECT_VERSION=1.2.3 -DOUTPUT='" +
                              output.string() + "' -P '" + WANE_SOURCE_DIR + "/tools/version.cmake'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return text_of(output);
}

class VersionOfSources : public testing::Test {
 protected:
  VersionOfSources() {
    fs::create_directories(folder_ / "imaging");
    fs::create_directories(folder_ / "tests");
    std::ofstream(folder_ / "imaging/a.cpp") << "int a;\n";
  }
  std::string version() const { return version_of_sources(folder_.path(), folder_ / "version.cpp"); }
  broken::ScratchFolder folder_;
};

TEST_F(VersionOfSources, IsTheirHashWithoutGit) {
  EXPECT_TRUE(std::regex_search(version(), std::regex(R"("1\.2\.3\+source\.[0-9a-f]{12}")"))) << version();
}

TEST_F(VersionOfSources, ChangesWithContentsAndNamesAndWithNothingElse) {
  const std::string before = version();
  std::ofstream(folder_ / "tests/a_test.cpp") << "int test;\n";
  EXPECT_EQ(version(), before);
  std::ofstream(folder_ / "imaging/a.cpp") << "int b;\n";
  const std::string changed = version();
  EXPECT_NE(changed, before);
  fs::rename(folder_ / "imaging/a.cpp", folder_ / "imaging/b.cpp");
  EXPECT_NE(version(), changed);
}

TEST_F(VersionOfSources, IsNotWrittenAgainWhereItIsTheSame) {
  version();
  const fs::path file = folder_ / "version.cpp";
  const auto long_ago = fs::last_write_time(file) - std::chrono::hours(1);
  fs::last_write_time(file, long_ago);
  version();
  EXPECT_EQ(fs::last_write_time(file), long_ago);
}

TEST(Version, OfTheProgramStandsInItsReports) {
  const std::string said = wane({"--version"}).out;
  EXPECT_TRUE(std::regex_match(
      said, std::regex("wane [0-9.]+\\+(g[0-9a-f]{10,}(-dirty\\.[0-9a-f]{8})?|source\\.[0-9a-f]{12})\n")))
      << said;
  const nlohmann::json report = json_of(sloppy_run().out / "sub-01/sub-01_atrophy.json");
  EXPECT_EQ("wane " + report["version"].get<std::string>() + "\n", said);
}

}  // namespace
}  // namespace wane::cases
