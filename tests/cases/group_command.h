// A dataset and an output folder with made-up participants' reports: for what is made of reports, without measuring.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/report/participant_json.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {

namespace fs = std::filesystem;

inline void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

inline const std::map<std::string, double> doses = {{"A", 5}, {"B", 10}, {"C", 16}, {"D", 24}};

inline std::string id_of(int person) {
  return (person < 10 ? "sub-0" : "sub-") + std::to_string(person);
}

// That the reports of a participant measured by this program name.
inline std::string program_version() {
  std::string text = wane({"--version"}).out;
  text.erase(text.find_last_not_of('\n') + 1);
  return text.substr(text.rfind(' ') + 1);
}

// Twelve people, three a group, two visits a year apart; loss falls with dose, or rises if the doses are swapped.
class GroupCommand : public testing::Test {
 protected:
  GroupCommand() {
    for (int person = 1; person <= 12; ++person) {
      const std::string id = id_of(person);
      const double percent = -1.6 + 0.3 * ((person - 1) / 3) + 0.07 * ((person * 5) % 7 - 3);
      ParticipantReport report;
      report.participant_id = id;
      report.visits = {{"ses-01", 0.0, {1200.0 + 10 * person, 700, 500, 300, 1500}, {}, {}, {}},
                       {"ses-02", 365.25, {1190, 695, 495, 310, 1500}, {}, {}, {}}};
      report.changes = {{"ses-01", "ses-02", 365.25, {percent, 1.5 * percent, 0.5 * percent}, {0.1, 0.2, 0.2}}};
      write(out_ / id / (id + "_atrophy.json"), participant_json_text(report, {version_, "{}", {}}));
      for (const std::string session : {"ses-01", "ses-02"})
        write(bids_ / id / session / "anat" / (id + "_" + session + "_T1w.nii.gz"), "not read");
    }
    write(bids_ / "participants.json", R"({"dose": {"Units": "million cells"}})");
    write_table(false);
  }

  std::string group_of(int person, bool swapped) const {
    const int level = (person - 1) / 3;
    return std::string(1, char('A' + (swapped ? 3 - level : level)));
  }
  void write_table(bool swapped) const {
    std::string table = "participant_id\tdose_group\tdose\n";
    for (int person = 1; person <= 12; ++person) {
      const std::string group = group_of(person, swapped);
      table += id_of(person) + "\t" + group + "\t" + std::to_string(int(doses.at(group))) + "\n";
    }
    write_table(table);
  }
  void write_table(const std::string& text) const { write(bids_ / "participants.tsv", text); }
  std::string table() const { return text_of(bids_ / "participants.tsv"); }

  // Without pages, which take most of the time: pages_test.cpp looks at them.
  ProgramResult group(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"group", bids_, out_, "--no-pages"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  }
  std::string sentence(const std::string& tissue) const {
    return json_of(out_ / "trial_atrophy.json")["dose_response"][tissue]["sentence"];
  }
  // Exit code 3 and one line on stderr that says this.
  void expect_refused(const std::string& table_text, const std::string& part) const {
    write_table(table_text);
    const ProgramResult result = group();
    EXPECT_EQ(result.exit_code, 3) << part;
    EXPECT_TRUE(contains(result.err, part)) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }

  broken::ScratchFolder scratch_;
  const std::string version_ = program_version();
  fs::path bids_ = scratch_ / "bids", out_ = scratch_ / "out", key_ = scratch_ / "key.json";
};

}  // namespace wane::cases
