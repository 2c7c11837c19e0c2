#include "base/outside_program.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

TEST(OutsideProgram, GetsWordsAsTheyAreAndItsFolder) {
  const broken::ScratchFolder folder;
  const std::string hostile = "a b'$(touch hacked)`\"\n*";
  const ProgramEnd end = run_outside_program(
      {"sh", "-c", "pwd; printf %s \"$1\"; echo late >&2; exit 3", "sh", hostile}, {folder.path()}, "dash");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.out, fs::canonical(folder.path()).string() + "\n" + hostile);
  EXPECT_EQ(end.err, "late\n");
}

TEST(OutsideProgram, ThatPrintsMuchOnBothSidesDoesNotHang) {
  const ProgramEnd end =
      run_outside_program({"sh", "-c", "head -c 3000000 /dev/zero >&2; head -c 300000 /dev/zero"}, {}, "dash");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out.size(), 300'000U);
  EXPECT_GE(end.err.size(), 1'000'000U);
}

TEST(OutsideProgram, ThatIsNotThereNamesItsPackage) {
  try {
    run_outside_program({"no-such-program-of-wane"}, {}, "slurm-client");
    FAIL() << "it is not there";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find("slurm-client"), std::string::npos);
  }
}

TEST(OutsideProgram, ThatTakesTooLongIsKilled) {
  const ProgramEnd end =
      run_outside_program({"sh", "-c", "echo begun; exec sleep 60"}, {".", {}, std::chrono::seconds(1)}, "dash");
  EXPECT_TRUE(end.took_too_long);
  EXPECT_EQ(end.exit_code, 128 + 9);
  EXPECT_EQ(end.out, "begun\n");
}

TEST(OutsideProgram, GetsAnotherHomeWhereItIsNamedAndNoneOfWanesOwnSettings) {
  const char* home = std::getenv("HOME");
  const std::string before = home ? home : "";
  ASSERT_EQ(setenv("HOME", "/own", 1), 0);
  ASSERT_EQ(setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2", 1), 0);
  const std::vector<std::string> words = {"sh", "-c", "echo $HOME; echo $GLIBC_TUNABLES"};
  EXPECT_EQ(run_outside_program(words, {".", "/elsewhere"}, "dash").out, "/elsewhere\n\n");
  EXPECT_EQ(run_outside_program(words, {}, "dash").out, "/own\n\n");
  unsetenv("GLIBC_TUNABLES");
  setenv("HOME", before.c_str(), 1);
}

}  // namespace
}  // namespace wane
