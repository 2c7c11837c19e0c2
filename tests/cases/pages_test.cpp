// trial.html, quality.html, sub-XX.html and methods.md: what they hold, when they are made, and when they must be gone.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/cases/group_command.h"
#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane::cases {
namespace {

// The JSON in a page.
nlohmann::json data_of(const fs::path& page) {
  const std::string text = text_of(page), begin = "id=\"page-data\">", end = "</script>";
  const auto at = text.find(begin);
  if (at == std::string::npos) throw std::runtime_error(page.string() + " holds no data");
  const auto from = at + begin.size();
  return nlohmann::json::parse(text.substr(from, text.find(end, from) - from));
}

std::vector<std::string> pages_in(const fs::path& out) {
  auto names = files_below(out);
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".html"); });
  return names;
}

class Pages : public GroupCommand {
 protected:
  ProgramResult group(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"group", bids_, out_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  }
  ProgramResult report(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"report", bids_, out_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return wane(arguments);
  }
  nlohmann::json trial_page() const { return data_of(out_ / "trial.html"); }
  nlohmann::json quality_page() const { return data_of(out_ / "quality.html"); }
};

TEST_F(Pages, GroupAndReportEndWithTheSamePagesAndNameTheOneToOpenFirst) {
  const ProgramResult made = group();
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_TRUE(contains(made.out, "\nOpen first: " + (out_ / "trial.html").string() + "\n")) << made.out;
  EXPECT_EQ(pages_in(out_).size(), 14U);
  std::map<std::string, std::string> before;
  for (const auto& name : files_below(out_)) before[name] = reproducible_text_of(out_ / name);
  const ProgramResult again = report({"--threads", "3"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  ASSERT_EQ(files_below(out_).size(), before.size());
  for (const auto& [name, text] : before) EXPECT_TRUE(reproducible_text_of(out_ / name) == text) << name;
}

TEST_F(Pages, TheTrialPageHoldsTheReportAndEverybodyOfTheDataset) {
  write_table(table() + "sub-99\tA\t5\n");
  fs::remove_all(out_ / "sub-04");
  ASSERT_EQ(group().exit_code, 0);
  const auto page = trial_page();
  auto trial = json_of(out_ / "trial_atrophy.json");
  trial.erase("log");
  EXPECT_EQ(page["trial"], trial);
  ASSERT_EQ(page["participants"].size(), 13U);
  const auto& absent = page["participants"][3];
  EXPECT_EQ(absent["participant_id"], "sub-04");
  EXPECT_TRUE(absent["page"].is_null());
  EXPECT_EQ(absent["left_out_because"], "Not measured: there is no sub-04/sub-04_atrophy.json.");
  EXPECT_EQ(absent["dose"], 10);
  EXPECT_EQ(page["participants"][12]["participant_id"], "sub-99");
  EXPECT_EQ(page["participants"][0]["page"], "sub-01.html");
  EXPECT_TRUE(fs::exists(out_ / "sub-01.html"));
  EXPECT_FALSE(fs::exists(out_ / "sub-04.html"));
  // Nothing is wrong with the scans of who was not measured yet.
  const auto visits = quality_page()["visits"];
  EXPECT_EQ(visits.size(), 24U);
  EXPECT_EQ(visits[0]["participant_id"], "sub-04") << "before those that pass";
  EXPECT_TRUE(visits[0]["usable"].get<bool>());
  EXPECT_TRUE(visits[0]["checks"].empty());
  EXPECT_EQ(visits[0]["not_measured_because"], "Not measured: there is no sub-04/sub-04_atrophy.json.");
}

// What was decided and changed after the measurement stands on the participant's page as on the trial's.
TEST_F(Pages, AParticipantsPageSaysTheSameAsTheTrialPage) {
  write(bids_ / "quality_decisions.tsv",
        "participant_id\tsession_id\tdecision\treason\treader\ttime\n"
        "sub-07\tses-02\tfail\tmotion\tAnna\t2026-03-31T11:00Z\n");
  write_table(std::regex_replace(table(), std::regex("sub-08\tC\t16"), "sub-08\tD\t24"));
  ASSERT_EQ(group().exit_code, 0);
  const auto people = trial_page()["participants"];
  for (const int person : {7, 8, 9}) {
    const auto page = data_of(out_ / (id_of(person) + ".html"));
    const auto &own = page["report"], &listed = people[person - 1];
    for (const char* field : {"dose_group", "dose", "verdict", "rates_percent_per_year"})
      EXPECT_EQ(own[field], listed[field]) << person << " " << field;
    EXPECT_EQ(page["left_out_because"], listed["left_out_because"]);
    // Here the only change links the two visits: both are in the rate, or neither is.
    for (std::size_t v = 0; v < 2; ++v) {
      EXPECT_EQ(listed["visits"][v]["in_rate"], person != 7) << person;
      EXPECT_EQ(page["counts"]["visits"][v], person != 7 || v == 0) << person;
    }
    EXPECT_EQ(page["counts"]["changes"][0], listed["changes"][0]["counts"]);
  }
  const auto excluded = data_of(out_ / "sub-07.html");
  EXPECT_EQ(excluded["report"]["visits"][1]["decision"]["reader"], "Anna");
  EXPECT_TRUE(contains(excluded["left_out_because"], "Excluded by Anna: ses-02: motion"));
  EXPECT_TRUE(contains(excluded["report"]["sentence"], "excluded by Anna"));
  EXPECT_TRUE(excluded["report"]["rates_percent_per_year"].is_null());
  EXPECT_EQ(data_of(out_ / "sub-08.html")["report"]["dose"], 24);
  fs::remove(bids_ / "participants.tsv");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(data_of(out_ / "sub-08.html")["report"]["dose"].is_null());
}

// Else tasks of a cluster would fail while pages are made.
TEST_F(Pages, PagesAreMadeWhileAParticipantsLockIsHeld) {
  fs::create_directories(out_ / "logs");
  const int held = open((out_ / "logs/sub-03.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  const ProgramResult result = group();
  close(held);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(out_ / "sub-03.html"));
}

TEST_F(Pages, TheKeyOfTheReadersWorkStaysWhenPeopleJoinOrFail) {
  ASSERT_EQ(group().exit_code, 0);
  const auto key = quality_page()["dataset_key"];
  fs::remove_all(out_ / "sub-01");
  write(bids_ / "sub-00/ses-01/anat/sub-00_ses-01_T1w.nii.gz", "not read");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(quality_page()["dataset_key"], key);
  write(out_ / "logs/dataset_key.txt", "<script>alert(1)");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(std::regex_match(quality_page()["dataset_key"].get<std::string>(), std::regex("[0-9a-f]{16}")));
}

// From the file beside the scan to the page.
TEST_F(Pages, OfASidecarOnlyNamesOfScannersAndSequencesReachAPage) {
  const auto sidecar_of = [&](const std::string& id) { return bids_ / id / "ses-01/anat" / (id + "_ses-01_T1w.json"); };
  write(sidecar_of("sub-01"), R"({"Manufacturer": "Siemens", "ManufacturersModelName": "Prisma_fit",
    "PulseSequenceType": "Patient Anna Mueller", "SequenceName": "*tfl3d1_16ns", "MagneticFieldStrength": 3})");
  write(sidecar_of("sub-02"), R"({"Manufacturer": "Anna Mueller", "ManufacturersModelName": "born 12.03.1961 in Bern",
    "PulseSequenceType": "MPRAGE Mueller", "SequenceName": "12.03.1961"})");
  ASSERT_EQ(group().exit_code, 0);
  const auto scan = data_of(out_ / "sub-01.html")["scans"][0];
  EXPECT_EQ(scan["manufacturer"], "Siemens");
  EXPECT_EQ(scan["model"], "Prisma_fit");
  EXPECT_EQ(scan["sequence"], "*tfl3d1_16ns");
  for (const auto& name : pages_in(out_))
    for (const char* text : {"Mueller", "12.03.1961", "Bern"})
      EXPECT_FALSE(contains(text_of(out_ / name), text)) << name << " " << text;
}

TEST_F(Pages, NothingOfANoteIsTakenForHtml) {
  const std::string evil = "</script><script>alert(1)</script><!-- \xE2\x80\xA8 &amp;";
  write(bids_ / "quality_decisions.tsv",
        "participant_id\tsession_id\tdecision\treason\treader\ttime\n"
        "sub-07\t\tfail\t" +
            evil + "\t<b>reader</b>\t2026-03-31T11:00Z\n");
  ASSERT_EQ(group().exit_code, 0);
  for (const auto& name : pages_in(out_)) {
    const std::string text = text_of(out_ / name);
    EXPECT_FALSE(contains(text, "<script>alert")) << name;
    EXPECT_FALSE(contains(text, "<b>reader")) << name;
  }
  const auto visits = quality_page()["visits"];
  const auto decided =
      std::find_if(visits.begin(), visits.end(), [](const auto& visit) { return visit["participant_id"] == "sub-07"; });
  ASSERT_NE(decided, visits.end());
  EXPECT_EQ((*decided)["decision"]["reason"], evil);
  EXPECT_EQ((*decided)["decision"]["reader"], "<b>reader</b>");
}

TEST_F(Pages, BlindedPagesHoldNoDoseNoGroupAndNoMeansUntilTheyAreUnblinded) {
  write_table(std::regex_replace(table(), std::regex("\tB\t10"), "\tB-secret\t10.625"));
  ASSERT_EQ(group().exit_code, 0);
  ASSERT_TRUE(contains(text_of(out_ / "trial.html"), "B-secret"));
  ASSERT_TRUE(contains(text_of(out_ / "quality.html"), "B-secret"));
  const ProgramResult blinded = group({"--blind", key_});
  ASSERT_EQ(blinded.exit_code, 0) << blinded.err;
  EXPECT_EQ(pages_in(out_).size(), 14U);
  for (const auto& name : files_below(out_))
    for (const char* secret : {"B-secret", "10.625"}) EXPECT_FALSE(contains(text_of(out_ / name), secret)) << name;
  EXPECT_FALSE(contains(text_of(out_ / "quality.html"), "group-1")) << "not even codes";
  EXPECT_TRUE(contains(text_of(out_ / "trial.html"), "group-1"));
  for (const auto& group : trial_page()["trial"]["dose_groups"]) EXPECT_FALSE(group.contains("rates_percent_per_year"));
  for (const auto& person : trial_page()["participants"]) EXPECT_TRUE(person["dose_group"].is_null());
  EXPECT_TRUE(quality_page()["blinded"].get<bool>());

  EXPECT_EQ(report().exit_code, 2) << "blinded results stay so";
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  EXPECT_TRUE(contains(text_of(out_ / "trial.html"), "B-secret"));
  EXPECT_EQ(quality_page()["visits"][0]["dose_group"], "A");
  EXPECT_EQ(data_of(out_ / "sub-12.html")["report"]["dose"], 24);
}

TEST_F(Pages, ABlindedRunThatFailsLeavesNoPageBehind) {
  ASSERT_EQ(group().exit_code, 0);
  const ProgramResult result = wane({"run", bids_, out_, "--blind", key_});
  EXPECT_EQ(result.exit_code, 3) << "no scan can be read: " << result.err;
  EXPECT_EQ(pages_in(out_), std::vector<std::string>());
  EXPECT_FALSE(fs::exists(out_ / "methods.md"));
}

TEST_F(Pages, PagesOfThoseWhoAreGoneAreRemovedAndForeignFilesStay) {
  ASSERT_EQ(group().exit_code, 0);
  fs::copy_file(out_ / "sub-01.html", out_ / "sub-77.html");  // of an earlier dataset
  write(out_ / "sub-88.html", "<!doctype html>my own notes");
  fs::remove_all(bids_ / "sub-12");
  write_table(std::regex_replace(table(), std::regex("sub-12\t.*\n"), ""));
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_FALSE(fs::exists(out_ / "sub-12.html"));
  EXPECT_FALSE(fs::exists(out_ / "sub-77.html"));
  EXPECT_EQ(text_of(out_ / "sub-88.html"), "<!doctype html>my own notes");
}

TEST_F(Pages, WithoutPagesThoseOfAnEarlierRunAreRemoved) {
  ASSERT_EQ(group().exit_code, 0);
  const ProgramResult result = group({"--no-pages"});
  ASSERT_EQ(result.exit_code, 0);
  EXPECT_FALSE(contains(result.out, "trial.html")) << result.out;
  EXPECT_EQ(pages_in(out_), std::vector<std::string>());
  EXPECT_TRUE(fs::exists(out_ / "methods.md"));
}

TEST_F(Pages, AParticipantThatIsMeasuredAnewHasNoPageOfTheOldMeasurement) {
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(wane({"participant", bids_, out_, "--participant-label", "03"}).exit_code, 3) << "no scan can be read";
  EXPECT_FALSE(fs::exists(out_ / "sub-03.html"));
  EXPECT_TRUE(fs::exists(out_ / "sub-04.html"));
}

TEST_F(Pages, WhatSidecarsSayIsInTheTablesAndInNoPage) {
  const fs::path file = out_ / "sub-05/sub-05_atrophy.json";
  ParticipantReport edited = parse_participant_json(text_of(file), "x");
  edited.changes[0].quality.checks = {
      {"acquisition", 1, 0, Verdict::warn,
       "The acquisition of ses-01 and ses-02 differs (sequence name DOE^JANE and X): part of it may be the scanner's."},
      {"contrast_agent_recorded", std::nullopt, std::nullopt, Verdict::fail,
       "The sidecar of ses-02 names a contrast agent (DOE^JANE 1960) and that of the other visit does not."}};
  write(file, participant_json_text(edited, {version_, "{}", {}}));
  ASSERT_TRUE(contains(text_of(file), "DOE^JANE")) << "else this tests nothing";
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(contains(text_of(out_ / "quality.tsv"), "DOE^JANE"));
  EXPECT_EQ(pages_in(out_).size(), 14U);
  for (const auto& name : pages_in(out_)) EXPECT_FALSE(contains(text_of(out_ / name), "DOE^JANE")) << name;
  EXPECT_TRUE(contains(trial_page()["participants"][4]["left_out_because"], "A sidecar names a contrast agent"));
}

TEST_F(Pages, MethodsTellOfThisRun) {
  write(bids_ / "analysis_plan.json", R"({"measure": "gray_matter", "test": "jonckheere"})");
  write(bids_ / "quality_decisions.tsv",
        "participant_id\tsession_id\tdecision\treason\treader\ttime\n"
        "sub-07\tses-02\tfail\tmotion\tB. Reader\t2026-03-31T11:00Z\n");
  ASSERT_EQ(group({"--baseline-after-days", "0"}).exit_code, 0);
  const std::string text = text_of(out_ / "methods.md");
  for (const std::string& part :
       std::vector<std::string>{"version " + version_, "12 participants were measured, with 24 visits",
                                "Primary analysis: gray matter, Jonckheere-Terpstra test",
                                "Readers decided about 1 visit: 0 passed, 1 failed"})
    EXPECT_TRUE(contains(text, part)) << text;
  std::string paragraphs;
  for (const auto& paragraph : trial_page()["methods"]["paragraphs"])
    paragraphs += "\n" + paragraph.get<std::string>() + "\n";
  EXPECT_TRUE(contains(text, paragraphs));
}

// Of what was really measured, with images.
TEST_F(Schemas, PagesOfMeasuredScansConform) {
  const SharedRun run = sloppy_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  EXPECT_TRUE(conforms(data_of(run.out / "trial.html").dump(), "page-trial"));
  EXPECT_TRUE(conforms(data_of(run.out / "quality.html").dump(), "page-quality"));
  const auto participant = data_of(run.out / "sub-01.html");
  EXPECT_TRUE(conforms(participant.dump(), "page-participant"));
  EXPECT_EQ(participant["report"], json_of(run.out / "sub-01/sub-01_atrophy.json"));
  EXPECT_EQ(participant["scans"].size(), 2U);
  EXPECT_FALSE(conforms(participant.dump(), "page-trial"));
  auto without = participant;
  without.erase("methods");
  EXPECT_FALSE(conforms(without.dump(), "page-participant"));
}

}  // namespace
}  // namespace wane::cases
