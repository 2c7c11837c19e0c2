// The manual pages and the completion for bash, which the build has the program write.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

// Long options of a help text, each at the begin of its line.
std::set<std::string> options_of(const std::string& help) {
  const std::regex option(R"(\n  (?:-\w,)?(--[\w-]+))");
  std::set<std::string> options;
  for (std::sregex_iterator found(help.begin(), help.end(), option), end; found != end; ++found)
    options.insert((*found)[1]);
  return options;
}

std::string without_roff(std::string text) {
  for (const char* sequence : {"\\fB", "\\fI", "\\fR"})
    for (auto at = text.find(sequence); at != std::string::npos; at = text.find(sequence)) text.erase(at, 3);
  for (auto at = text.find("\\-"); at != std::string::npos; at = text.find("\\-")) text.erase(at, 1);
  return text;
}

class Manual : public testing::Test {
 protected:
  Manual() { EXPECT_EQ(wane({"describe", scratch_ / "described"}).exit_code, 0); }

  std::string page(const std::string& name) const {
    return without_roff(text_of(scratch_ / "described/man/man1" / (name + ".1")));
  }

  // What bash offers for the last of these words.
  std::string completed(const std::string& words) const {
    const fs::path script = scratch_ / "script";
    std::ofstream(script) << "source '" << (scratch_ / "described/bash-completion/completions/wane").string() << "'\n"
                          << "COMP_WORDS=(" << words << ")\n"
                          << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_wane\necho \"${COMPREPLY[*]}\"\n";
    const fs::path answer = scratch_ / "answer";
    EXPECT_EQ(std::system(("bash '" + script.string() + "' >'" + answer.string() + "'").c_str()), 0);
    return text_of(answer);
  }

  broken::ScratchFolder scratch_;
};

TEST_F(Manual, HasAPageForEachCommandWithEveryOptionOfItsHelp) {
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"run"}, {"participant"}, {"group"}, {"align"}, {"validate"}, {"simulate", "trial"}, {"log", "verify"}}) {
    std::vector<std::string> asked = command;
    asked.emplace_back("--help");
    std::string name = "wane";
    for (const auto& word : command) name += "-" + word;
    const std::string text = page(name);
    const auto options = options_of(wane(asked).out);
    EXPECT_GT(options.size(), 1U) << name;
    EXPECT_TRUE(options.contains("--help")) << name;
    for (const auto& option : options) EXPECT_TRUE(contains(text, option)) << name << " " << option;
  }
}

TEST_F(Manual, NamesRequiredArgumentsAndDefaults) {
  EXPECT_TRUE(contains(page("wane-run"), "wane run BIDS OUT [OPTIONS]")) << page("wane-run");
  EXPECT_TRUE(contains(page("wane-run"), "Default: dose_group."));
  EXPECT_TRUE(contains(page("wane"), "Exit codes: 0 all done"));
}

TEST_F(Manual, BashCompletesCommandsAndTheirOptions) {
  EXPECT_EQ(completed("wane vali"), "validate\n");
  EXPECT_EQ(completed("wane simulate t"), "trial\n");
  EXPECT_EQ(completed("wane run in out --no-p"), "--no-pages\n");
  EXPECT_EQ(completed("wane in out participant --participant-l"), "--participant-label\n");
  EXPECT_EQ(completed("wane run /da"), "\n") << "a file, which bash offers by itself";
}

TEST_F(Manual, TheCommandOfTheBuildIsNotForUsers) {
  EXPECT_FALSE(contains(wane({"--help"}).out, "describe"));
  EXPECT_FALSE(contains(page("wane"), "describe"));
  EXPECT_FALSE(contains(text_of(scratch_ / "described/bash-completion/completions/wane"), "describe"));
}

}  // namespace
}  // namespace wane::cases
