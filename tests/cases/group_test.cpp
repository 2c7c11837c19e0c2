// wane group, unblind and log verify on made-up participants' reports: no scan is measured.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "tests/cases/group_command.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

TEST_F(GroupCommand, NamesThePlantedDoseResponseAndTheReverseForSwappedDoses) {
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(sentence("gray_matter").find("Higher dose goes with less gray matter loss: the loss is smaller by "), 0U)
      << sentence("gray_matter");
  write_table(true);
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(sentence("gray_matter").find("Higher dose goes with more gray matter loss: the loss is larger by "), 0U)
      << sentence("gray_matter");
}

TEST_F(GroupCommand, ThreadsDoNotChangeABit) {
  ASSERT_EQ(group({"--threads", "1"}).exit_code, 0);
  const std::string one = reproducible_text_of(out_ / "trial_atrophy.json");
  ASSERT_EQ(group({"--threads", "3"}).exit_code, 0);
  EXPECT_TRUE(reproducible_text_of(out_ / "trial_atrophy.json") == one);
}

TEST_F(GroupCommand, ReportsOfAnotherVersionAreSaidToBe) {
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(json_of(out_ / "trial_atrophy.json")["warnings"].empty());
  for (int person = 1; person <= 12; ++person) {
    const fs::path file = out_ / id_of(person) / (id_of(person) + "_atrophy.json");
    auto report = json_of(file);
    report["version"] = "0.0.1+gold";
    write(file, report.dump());
  }
  const ProgramResult result = group();
  EXPECT_EQ(result.exit_code, 0);
  for (const std::string& text : {result.err, json_of(out_ / "trial_atrophy.json")["warnings"].dump()})
    EXPECT_TRUE(contains(text, "made by version 0.0.1+gold of Wane, and this report by version " + version_)) << text;
}

TEST_F(GroupCommand, MalformedTablesGiveOneClearSentence) {
  const std::string good = table();
  const auto with = [&](const std::string& pattern, const std::string& replacement) {
    return std::regex_replace(good, std::regex(pattern), replacement);
  };
  expect_refused(with("participant_id", "person"), "has no column 'participant_id'; it has: person, dose_group, dose");
  expect_refused(with("sub-04\tB\t10", "sub-04\tB\tten"), "line 5: dose 'ten' is not a number");
  expect_refused(good + "sub-01\tB\t5\n", "lines 2 and 14: the rows of sub-01 disagree: dose_group is 'A' and 'B'");
  expect_refused(with("\t", ";"), "has its columns separated by semicolons");
  expect_refused(with("sub-04\tB\t10", "sub-04\tB"), "line 5: 2 cells where the first line has 3");
  expect_refused("", "is empty; its first line must name the columns");
}

TEST_F(GroupCommand, ByteOrderMarkAndWindowsLineEndsAreRead) {
  ASSERT_EQ(group().exit_code, 0);
  const std::string expected = sentence("brain");
  write_table("\xEF\xBB\xBF" + std::regex_replace(table(), std::regex("\n"), "\r\n"));
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(sentence("brain"), expected);
}

TEST_F(GroupCommand, OneGroupOnlyIsSaid) {
  write_table(std::regex_replace(table(), std::regex("\t[ABCD]\t[0-9]+"), "\tA\t5"));
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(contains(sentence("brain"), "cannot be computed: all participants have the same dose."))
      << sentence("brain");
}

TEST_F(GroupCommand, AnUnknownParticipantIsLeftOutWithTheReason) {
  write_table(table() + "sub-99\tA\t5\n");
  const ProgramResult result = group();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.out, "Left out: sub-99, ")) << result.out;
}

TEST_F(GroupCommand, AMissingCovariateColumnOrPlanIsOneSentence) {
  ProgramResult result = group({"--covariates", "age"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "has no column 'age'; it has: participant_id")) << result.err;
  result = group({"--plan", scratch_ / "none.json"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "cannot be opened")) << result.err;
  EXPECT_EQ(group({"--baseline-after-days", "-3"}).exit_code, 2);
}

TEST_F(GroupCommand, CovariatesAreEchoedAndAgesOfBidsAreNumbers) {
  const std::string good = table();
  std::string aged = "participant_id\tdose_group\tdose\tage\tcomma\n";
  std::istringstream lines(good.substr(good.find('\n') + 1));
  int person = 0;
  for (std::string line; std::getline(lines, line);) {
    ++person;
    const std::string age = person == 12 ? "89+" : person == 5 ? "n/a" : std::to_string(60 + person);
    aged += line + "\t" + age + "\t" + (person == 3 ? "70,5" : age) + "\n";
  }
  write_table(aged);
  ProgramResult result = group({"--covariates", "age"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.err, "Covariate age: a number from 61 to 89; no value for sub-05, who is not in the"))
      << result.err;
  EXPECT_TRUE(contains(result.err, "Covariate age: '89+' is read as 89 (sub-12)")) << result.err;
  const auto trial = json_of(out_ / "trial_atrophy.json");
  EXPECT_TRUE(contains(trial["warnings"].dump(), "'89+' is read as 89"));
  const std::string model = trial["dose_response"]["brain"]["mixed_model"].dump();
  EXPECT_TRUE(contains(model, "age x years")) << model;
  EXPECT_FALSE(contains(model, "age = ")) << model;
  result = group({"--covariates", "comma"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "line 4: comma '70,5' has a decimal comma")) << result.err;
  EXPECT_EQ(group({"--covariates", "dose"}).exit_code, 2);
}

TEST_F(GroupCommand, NamesInAnotherEncodingBecomeUtf8AndDoNotUnblind) {
  write_table(std::regex_replace(table(), std::regex("\tA\t"), "\t5 \xB5g\t"));
  const ProgramResult open = group();
  EXPECT_EQ(open.exit_code, 0) << open.err;
  EXPECT_TRUE(contains(open.err, "participants.tsv: the text is not UTF-8 and is read as Windows-1252")) << open.err;
  EXPECT_TRUE(contains(text_of(out_ / "rates.tsv"), "\t5 \xC2\xB5g\t"));
  EXPECT_FALSE(contains(text_of(out_ / "rates.tsv"), "5 \xB5g"));
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_FALSE(contains(text_of(out_ / "trial_atrophy.json"), "\xB5g"));
}

TEST_F(GroupCommand, TheLoggedCommandIsOneForAShell) {
  ASSERT_EQ(wane({"group", bids_, out_, "--covariates", ""}).exit_code, 0);
  EXPECT_TRUE(contains(text_of(out_ / "logs/run.jsonl"), " --covariates ''")) << text_of(out_ / "logs/run.jsonl");
}

TEST_F(GroupCommand, BlindedResultsHoldNoDoseUntilTheyAreUnblinded) {
  ASSERT_EQ(group().exit_code, 0);
  const std::string open = text_of(out_ / "trial_atrophy.json");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_EQ(json_of(key_)["codes"].size(), 4U);
  for (const auto& name : files_below(out_)) {
    if (!name.ends_with("_atrophy.json")) continue;
    const auto report = json_of(out_ / name);
    if (report.contains("dose")) {
      EXPECT_TRUE(report["dose"].is_null()) << name;
      EXPECT_TRUE(report["dose_group"].is_null()) << name;
    }
  }
  EXPECT_FALSE(fs::exists(out_ / "dose-groups/dose-A_atrophy.json"));
  EXPECT_FALSE(contains(text_of(out_ / "rates.tsv"), "\t24\t"));
  const auto blinded = json_of(out_ / "trial_atrophy.json");
  EXPECT_TRUE(blinded["blinded"].get<bool>());
  EXPECT_TRUE(contains(sentence("brain"), "Doses are blinded"));
  EXPECT_FALSE(blinded["dose_response"]["brain"].contains("tests"));

  EXPECT_EQ(group().exit_code, 2) << "blinded results stay so";
  EXPECT_EQ(wane({"unblind", bids_, out_, "--key", bids_ / "participants.json"}).exit_code, 3);
  const ProgramResult unblinded = wane({"unblind", bids_, out_, "--key", key_});
  EXPECT_EQ(unblinded.exit_code, 0) << unblinded.err;
  EXPECT_EQ(json_of(out_ / "sub-12/sub-12_atrophy.json")["dose"], 24);
  EXPECT_EQ(json_of(out_ / "trial_atrophy.json")["dose_response"], nlohmann::json::parse(open)["dose_response"]);
  EXPECT_EQ(group({"--blind", key_}).exit_code, 2) << "unblinding cannot be undone";
}

TEST_F(GroupCommand, UnblindingWorksOnceAndTheSecondTimeSaysByWhomAndWhen) {
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  const std::string log = text_of(out_ / "logs/run.jsonl");
  const ProgramResult second = wane({"unblind", bids_, out_, "--key", key_});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_TRUE(std::regex_search(second.err, std::regex("were unblinded already, by .+ on .+ at "
                                                       "20[0-9-]+T[0-9:]+Z: `wane group` makes their reports anew")))
      << second.err;
  EXPECT_EQ(text_of(out_ / "logs/run.jsonl"), log);
  EXPECT_EQ(group().exit_code, 0);
  fs::remove(out_ / "logs/run.jsonl");
  EXPECT_TRUE(contains(wane({"unblind", bids_, out_, "--key", key_}).err, "the log does not say by whom"));
}

// A kill after the state was written, before the reports.
TEST_F(GroupCommand, AReportAfterAnUnblindingThatWasKilledGivesEverybodyTheirDoses) {
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  ASSERT_TRUE(json_of(out_ / "sub-12/sub-12_atrophy.json")["dose"].is_null());
  const std::string state = text_of(out_ / "blinding.json");
  write(out_ / "blinding.json", std::regex_replace(state, std::regex("\"blinded\""), "\"unblinded\""));
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(json_of(out_ / "sub-12/sub-12_atrophy.json")["dose"], 24);
}

// Its log names hashes of participants.tsv, and must not be lost.
TEST_F(GroupCommand, TheLogOfTheTimeBeforeBlindingLiesBesideTheKeyAndComesBack) {
  write(bids_ / "analysis_plan.json", R"({"measure": "gray_matter", "test": "jonckheere"})");
  ASSERT_EQ(group().exit_code, 0);
  const std::string before = text_of(out_ / "logs/run.jsonl");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  std::vector<fs::path> beside;
  for (const auto& entry : fs::directory_iterator(scratch_.path()))
    if (entry.path().filename().string().starts_with("key.json.log-")) beside.push_back(entry.path());
  ASSERT_EQ(beside.size(), 1U);
  EXPECT_EQ(text_of(beside[0]), before);
  EXPECT_EQ(fs::status(beside[0]).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(wane({"log", "verify", out_}).exit_code, 0);
  write(bids_ / "analysis_plan.json", R"({"measure": "brain", "test": "linear"})");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_TRUE(json_of(out_ / "trial_atrophy.json")["analysis_plan"]["changed_since_unblinded"].get<bool>())
      << "the look before the blinding is known still";
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  EXPECT_EQ(text_of(out_ / "logs/run-before-blinding.jsonl"), before);
  EXPECT_EQ(wane({"log", "verify", out_}).exit_code, 0);
}

TEST_F(GroupCommand, ALogBesideTheKeyThatWasChangedIsNotBroughtBack) {
  ASSERT_EQ(group().exit_code, 0);
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(scratch_.path()))
    if (entry.path().filename().string().starts_with("key.json.log-")) write(entry.path(), "{}\n");
  const ProgramResult result = wane({"unblind", bids_, out_, "--key", key_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.err, "is not the one that was put there")) << result.err;
  EXPECT_FALSE(fs::exists(out_ / "logs/run-before-blinding.jsonl"));
}

// Every file of OUT that the trial's reports are: not the participants', nor what says how OUT was made.
std::vector<std::string> trial_files_in(const fs::path& out) {
  auto names = files_below(out);
  std::erase_if(names, [](const std::string& name) { return name.starts_with("sub-") || name == "blinding.json"; });
  return names;
}

TEST_F(GroupCommand, AMistakeInThePlanBlindsNothing) {
  ASSERT_EQ(group().exit_code, 0);
  const auto files = trial_files_in(out_);
  EXPECT_EQ(group({"--blind", key_, "--plan", scratch_ / "none.json"}).exit_code, 3);
  EXPECT_EQ(group({"--blind", key_, "--covariates", "age"}).exit_code, 3);
  EXPECT_FALSE(fs::exists(out_ / "blinding.json"));
  EXPECT_EQ(trial_files_in(out_), files);
}

TEST_F(GroupCommand, AMistakeInThePlanUnblindsNothing) {
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  const std::string state = text_of(out_ / "blinding.json"), log = text_of(out_ / "logs/run.jsonl");
  EXPECT_EQ(wane({"unblind", bids_, out_, "--key", key_, "--plan", scratch_ / "none.json"}).exit_code, 3);
  EXPECT_EQ(wane({"unblind", bids_, out_, "--key", key_, "--covariates", "age"}).exit_code, 3);
  EXPECT_EQ(text_of(out_ / "blinding.json"), state);
  EXPECT_EQ(text_of(out_ / "logs/run.jsonl"), log);
}

TEST_F(GroupCommand, WithoutAUsableReportNothingIsUnblinded) {
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  for (int person = 1; person <= 12; ++person) write(out_ / id_of(person) / (id_of(person) + "_atrophy.json"), "{}");
  const std::string state = text_of(out_ / "blinding.json"), log = text_of(out_ / "logs/run.jsonl");
  const std::string trial = text_of(out_ / "trial_atrophy.json");
  const ProgramResult result = wane({"unblind", bids_, out_, "--key", key_});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "There is no participant's report in ")) << result.err;
  EXPECT_EQ(text_of(out_ / "blinding.json"), state);
  EXPECT_EQ(text_of(out_ / "logs/run.jsonl"), log);
  EXPECT_EQ(text_of(out_ / "trial_atrophy.json"), trial);
}

TEST_F(GroupCommand, ABlindedReportThatFailsLeavesNoDoseBehind) {
  ASSERT_EQ(group().exit_code, 0);
  ASSERT_GT(trial_files_in(out_).size(), 13U);
  for (int person = 1; person <= 12; ++person) write(out_ / id_of(person) / (id_of(person) + "_atrophy.json"), "{}");
  EXPECT_EQ(group({"--blind", key_}).exit_code, 3);
  EXPECT_TRUE(contains(text_of(out_ / "blinding.json"), "\"blinded\""));
  EXPECT_EQ(trial_files_in(out_), std::vector<std::string>{"dataset_description.json"}) << "it holds no dose";
}

TEST_F(GroupCommand, ABlindedRunInWhichEverybodyFailsLeavesNoDoseBehind) {
  ASSERT_EQ(group().exit_code, 0);
  auto report = json_of(out_ / "sub-12/sub-12_atrophy.json");
  report["participant_id"] = "sub-90";  // not in the dataset
  report["dose_group"] = "D";
  report["dose"] = 24;
  write(out_ / "sub-90/sub-90_atrophy.json", report.dump());
  const ProgramResult result = wane({"run", bids_, out_, "--blind", key_});
  EXPECT_EQ(result.exit_code, 3) << "no scan can be read: " << result.err;
  auto files = trial_files_in(out_);
  // What marks OUT as derivatives, the same for every dataset.
  for (const char* name : {"dataset_description.json", "README", ".bidsignore", "dseg.tsv", "labels/wane-tissues.ctbl",
                           "labels/wane-tissues.lut", "labels/wane-tissues.txt"})
    EXPECT_EQ(std::erase(files, name), 1U) << name;
  EXPECT_EQ(files, std::vector<std::string>());
  EXPECT_TRUE(json_of(out_ / "sub-90/sub-90_atrophy.json")["dose"].is_null());
}

TEST_F(GroupCommand, ReportsOfPeopleWhoLeftTheDatasetAreBlindedToo) {
  ASSERT_EQ(group().exit_code, 0);
  auto report = json_of(out_ / "sub-12/sub-12_atrophy.json");
  report["dose_group"] = "D";
  report["dose"] = 24;
  write(out_ / "sub-12/sub-12_atrophy.json", report.dump());
  write_table(std::regex_replace(table(), std::regex("sub-12\t.*\n"), ""));
  fs::remove_all(bids_ / "sub-12");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  report = json_of(out_ / "sub-12/sub-12_atrophy.json");
  EXPECT_TRUE(report["dose_group"].is_null());
  EXPECT_TRUE(report["dose"].is_null());
}

TEST_F(GroupCommand, TheKeyMayNotLieAmongTheResultsAndAnotherKeyIsRefused) {
  EXPECT_EQ(group({"--blind", out_ / "key.json"}).exit_code, 2);
  const ProgramResult in_dataset = group({"--blind", bids_ / "key.json"});
  EXPECT_EQ(in_dataset.exit_code, 2);
  EXPECT_TRUE(contains(in_dataset.err, "would lie in the dataset ")) << in_dataset.err;
  fs::create_directory_symlink(bids_, scratch_ / "elsewhere");
  EXPECT_EQ(group({"--blind", scratch_ / "elsewhere/key.json"}).exit_code, 2) << "through a link too";
  EXPECT_FALSE(fs::exists(bids_ / "key.json"));
  EXPECT_FALSE(fs::exists(out_ / "blinding.json"));
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_EQ(group({"--blind", scratch_ / "other.json"}).exit_code, 2);
  EXPECT_EQ(group({"--blind", key_}).exit_code, 0);
}

TEST_F(GroupCommand, AChangedPlanShowsAfterTheFirstBlindedRun) {
  write(bids_ / "analysis_plan.json", R"({"measure": "gray_matter", "test": "jonckheere"})");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_FALSE(json_of(out_ / "trial_atrophy.json")["analysis_plan"]["changed_since_fixed"].get<bool>());
  write(bids_ / "analysis_plan.json", R"({"measure": "brain", "test": "linear"})");
  const ProgramResult result = wane({"unblind", bids_, out_, "--key", key_});
  EXPECT_TRUE(contains(result.out, "THE PLAN WAS CHANGED after the first blinded run")) << result.out;
  const auto plan = json_of(out_ / "trial_atrophy.json")["analysis_plan"];
  EXPECT_TRUE(plan["changed_since_fixed"].get<bool>());
  EXPECT_NE(plan["fixed_sha256"], plan["sha256"]);
}

TEST_F(GroupCommand, APlanThatComesAfterAnUnblindedRunIsSaidTo) {
  const auto plan = [&] { return json_of(out_ / "trial_atrophy.json")["analysis_plan"]; };
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_FALSE(plan()["changed_since_unblinded"].get<bool>());
  write(bids_ / "analysis_plan.json", R"({"measure": "gray_matter", "test": "jonckheere"})");
  const ProgramResult open = group();
  EXPECT_TRUE(contains(open.out, "the analysis plan was supplied after unblinded results")) << open.out;
  EXPECT_TRUE(plan()["changed_since_unblinded"].get<bool>());
  EXPECT_EQ(plan()["unblinded_sha256"], "none");
  // Blinding does not make it forgotten.
  const ProgramResult blinded = group({"--blind", key_});
  EXPECT_TRUE(contains(blinded.out, "the analysis plan was supplied after unblinded results")) << blinded.out;
  EXPECT_FALSE(plan()["changed_since_fixed"].get<bool>());
}

TEST_F(GroupCommand, OnlyAnotherPlanThanAtTheFirstUnblindedRunIsSaidToComeAfterIt) {
  const auto plan = [&] { return json_of(out_ / "trial_atrophy.json")["analysis_plan"]; };
  write(bids_ / "analysis_plan.json", R"({"measure": "gray_matter", "test": "jonckheere"})");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  EXPECT_TRUE(plan()["unblinded_sha256"].is_null());
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_FALSE(plan()["changed_since_unblinded"].get<bool>());
  EXPECT_EQ(plan()["unblinded_sha256"], plan()["sha256"]);
  write(bids_ / "analysis_plan.json", R"({"measure": "brain", "test": "linear"})");
  const ProgramResult changed = group();
  EXPECT_TRUE(contains(changed.out, "the analysis plan was changed after unblinded results")) << changed.out;
  EXPECT_TRUE(plan()["changed_since_unblinded"].get<bool>());
}

TEST_F(GroupCommand, ARemovedLogDoesNotHideThatThereWasABlindedRun) {
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  EXPECT_TRUE(json_of(out_ / "trial_atrophy.json")["warnings"].empty());
  fs::remove(out_ / "logs/run.jsonl");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(
      contains(json_of(out_ / "trial_atrophy.json")["warnings"].dump(), "The log does not tell of the blinded run"));
}

TEST_F(GroupCommand, TheLogIsAChainThatShowsEveryChange) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(group().exit_code, 0);
  const fs::path log = out_ / "logs/run.jsonl";
  const std::string whole = text_of(log);
  const auto verify = [&] { return wane({"log", "verify", out_}); };
  EXPECT_EQ(verify().exit_code, 0);
  EXPECT_TRUE(contains(verify().out, "The log is whole: 4 entries.")) << verify().out;

  std::string edited = whole;
  edited.replace(edited.find("\"user\""), 6, "\"loser\"");
  write(log, edited);
  EXPECT_EQ(verify().exit_code, 3);
  EXPECT_TRUE(contains(verify().err, "Line 2 of ")) << verify().err;

  const auto second = whole.find('\n') + 1, third = whole.find('\n', second) + 1;
  write(log, whole.substr(0, second) + whole.substr(third));
  EXPECT_EQ(verify().exit_code, 3) << "a line was removed";
  write(log, whole.substr(second));
  EXPECT_EQ(verify().exit_code, 3) << "the first line was removed";
  write(log, whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1));
  const ProgramResult cut = verify();
  EXPECT_EQ(cut.exit_code, 3) << "the last line was cut off, whose hash stands in trial_atrophy.json";
  EXPECT_TRUE(contains(cut.err, "that trial_atrophy.json names")) << cut.err;
  fs::remove(log);
  EXPECT_EQ(verify().exit_code, 3);
}

// Struck of its chain, it was taken for one of an older version.
TEST_F(GroupCommand, ALogWithoutItsChainIsNotAcceptedAndTheReportSaysSo) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(group().exit_code, 0);
  const fs::path log = out_ / "logs/run.jsonl";
  write(log, std::regex_replace(text_of(log), std::regex(",\"previous\":\"[0-9a-f]{64}\""), ""));
  fs::remove(out_ / "trial_atrophy.json");
  const ProgramResult result = wane({"log", "verify", out_});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(contains(result.err, "Line 1 of ")) << result.err;
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(contains(json_of(out_ / "trial_atrophy.json")["warnings"].dump(), "The run log is not whole"));
}

TEST_F(GroupCommand, AHeadThatWasKeptElsewhereShowsThatTheLogWasWrittenAnew) {
  ASSERT_EQ(group().exit_code, 0);
  const std::string head = json_of(out_ / "trial_atrophy.json")["log"]["head_sha256"];
  EXPECT_TRUE(contains(wane({"log", "verify", out_}).out, "SHA-256 of the last entry: " + head));
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(wane({"log", "verify", out_, "--head", head}).exit_code, 0) << "an earlier entry";
  fs::remove(out_ / "logs/run.jsonl");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_EQ(wane({"log", "verify", out_}).exit_code, 0) << "nothing in OUT can show it";
  const ProgramResult anew = wane({"log", "verify", out_, "--head", head});
  EXPECT_EQ(anew.exit_code, 3);
  EXPECT_TRUE(contains(anew.err, "The log has no entry with the SHA-256 that --head names")) << anew.err;
  EXPECT_EQ(wane({"log", "verify", out_, "--head", "abc"}).exit_code, 2);
}

// Edits the report that a participant left.
class QualityInTheGroup : public GroupCommand {
 protected:
  fs::path report_of(int person) const { return out_ / id_of(person) / (id_of(person) + "_atrophy.json"); }
  void edit(int person, const std::function<void(ParticipantReport&)>& change) const {
    ParticipantReport report = parse_participant_json(text_of(report_of(person)), "x");
    change(report);
    write(report_of(person), participant_json_text(report, {version_, "{}", {}}));
  }
  void give_another_persons_scan(int person) const {
    edit(person, [](ParticipantReport& report) {
      report.changes[0].percent = {9.7, 9.7, 9.7};
      report.changes[0].quality.checks = {
          {"same_person", 0.41, 0.7, Verdict::fail, "The two visits do not show the same person: look for a mix-up."}};
    });
  }
  void decide(const std::string& rows) const {
    write(bids_ / "quality_decisions.tsv", "participant_id\tsession_id\tdecision\treason\treader\ttime\n" + rows);
  }
  nlohmann::json trial() const { return json_of(out_ / "trial_atrophy.json"); }
};

TEST_F(QualityInTheGroup, AFailedPairIsInNoResultAndOnTheScreen) {
  give_another_persons_scan(5);
  edit(2, [](ParticipantReport& report) {
    report.visits[1].quality.checks = {{"noise", 0.2, 0.1, Verdict::warn, "The scan of ses-02 is noisy."}};
  });
  const ProgramResult result = group();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(
      result.out.ends_with("\n2 of 12 participants need a look:\n"
                           "  sub-05 ses-01 to ses-02: FAILED: The two visits do not show the same person: "
                           "look for a mix-up.\n"
                           "  sub-02 ses-02: warning: The scan of ses-02 is noisy.\n"))
      << result.out;
  EXPECT_EQ(trial()["dose_response"]["brain"]["n"], 11);
  EXPECT_EQ(trial()["with_excluded"]["dose_response"]["brain"]["n"], 12);
  EXPECT_EQ(trial()["quality"]["needs_a_look"].size(), 2U);
  EXPECT_LT(json_of(out_ / "dose-groups/dose-B_atrophy.json")["rates_percent_per_year"]["brain"]["maximum"], 1);
  EXPECT_TRUE(contains(text_of(out_ / "quality.tsv"), "sub-05\tses-01\tses-02\tsame_person\t0.410000\t0.700000\tfail"));
  const ProgramResult reported = group({"--quality", "report"});
  EXPECT_EQ(reported.exit_code, 0);
  EXPECT_EQ(trial()["dose_response"]["brain"]["n"], 12);
  EXPECT_TRUE(contains(reported.out, "2 of 12 participants need a look:")) << reported.out;
  EXPECT_EQ(group({"--quality", "ignore"}).exit_code, 2);
}

TEST_F(QualityInTheGroup, NothingIsSaidWhereAllPass) {
  const ProgramResult result = group();
  EXPECT_FALSE(contains(result.out, "a look")) << result.out;
  EXPECT_FALSE(trial().contains("with_excluded"));
}

TEST_F(QualityInTheGroup, PeopleDecideAndTheLogKnowsTheFile) {
  give_another_persons_scan(5);
  decide(
      "sub-05\tses-01\tpass\tsame teeth\tA. Reader\t2026-03-31T10:00Z\n"
      "sub-05\tses-02\tpass\tsame teeth\tA. Reader\t2026-03-31T10:00Z\n"
      "sub-07\t\tfail\twithdrew consent\tB. Reader\t2026-03-31T11:00Z\n");
  const ProgramResult result = group();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_FALSE(contains(result.out, "a look")) << "all is decided: " << result.out;
  EXPECT_TRUE(contains(result.out, "Left out: sub-07, excluded by B. Reader: ses-01: withdrew consent.")) << result.out;
  EXPECT_EQ(trial()["dose_response"]["brain"]["n"], 11);
  EXPECT_EQ(trial()["quality"]["decisions"].size(), 4U);
  EXPECT_EQ(trial()["quality"]["excluded"][0]["reader"], "B. Reader");
  const std::string sha256 = trial()["quality"]["decisions_sha256"];
  EXPECT_EQ(trial()["quality"]["decisions_file"], "quality_decisions.tsv");
  EXPECT_TRUE(contains(trial()["inputs"].dump(), sha256));
  EXPECT_TRUE(contains(text_of(out_ / "logs/run.jsonl"), "\"decisions_sha256\":\"" + sha256));
  EXPECT_TRUE(contains(text_of(out_ / "quality.tsv"), "\tdecision\tNA\tNA\tfail\twithdrew consent\tfail\tB. Reader"));

  fs::rename(bids_ / "quality_decisions.tsv", scratch_ / "mine.tsv");
  ASSERT_EQ(group().exit_code, 0);
  EXPECT_TRUE(trial()["quality"]["decisions"].empty());
  ASSERT_EQ(group({"--decisions", scratch_ / "mine.tsv"}).exit_code, 0);
  EXPECT_EQ(trial()["quality"]["decisions_sha256"], sha256);
  EXPECT_EQ(group({"--decisions", scratch_ / "none.tsv"}).exit_code, 3);
}

TEST_F(QualityInTheGroup, TheSameDataInTwoParticipantsFailsBoth) {
  edit(3, [](ParticipantReport& report) { report.visits[1].fingerprint = "f00d"; });
  edit(9, [](ParticipantReport& report) { report.visits[0].fingerprint = "f00d"; });
  const ProgramResult result = group();
  EXPECT_TRUE(contains(result.out,
                       "  sub-03 ses-02: FAILED: The scan of sub-03 ses-02 holds the same data as that of "
                       "sub-09 ses-01: one of the two is filed under the wrong name.\n"))
      << result.out;
  EXPECT_EQ(trial()["dose_response"]["brain"]["n"], 10);
  EXPECT_TRUE(contains(text_of(out_ / "quality.tsv"), "sub-09\tses-01\tNA\tsame_data\tNA\tNA\tfail"));
}

TEST_F(QualityInTheGroup, BlindedReportsTellNoDoseBeyondTheCodes) {
  give_another_persons_scan(5);
  decide("sub-07\tses-02\tfail\tmotion\tB. Reader\t2026-03-31T11:00Z\n");
  write_table(std::regex_replace(table(), std::regex("\tB\t10"), "\tB-secret\t10.625"));
  fs::remove_all(bids_ / "sub-04");
  fs::remove_all(out_ / "sub-04");
  ASSERT_EQ(group({"--blind", key_}).exit_code, 0);
  for (const auto& name : files_below(out_)) {
    EXPECT_FALSE(contains(text_of(out_ / name), "B-secret")) << name;
    EXPECT_FALSE(contains(text_of(out_ / name), "10.625")) << name;
  }
  EXPECT_EQ(trial()["quality"]["excluded"].size(), 2U);
  ASSERT_EQ(wane({"unblind", bids_, out_, "--key", key_}).exit_code, 0);
  EXPECT_TRUE(contains(text_of(out_ / "rates.tsv"), "sub-04\tB-secret\t10.625\t0\tNA"))
      << "who dropped out keeps the dose";
}

TEST_F(QualityInTheGroup, SloppyAndOtherReportsTogetherAreWarnedOf) {
  ParticipantReport report = parse_participant_json(text_of(report_of(4)), "x");
  write(report_of(4), participant_json_text(report, {version_, "{}", {}, true}));
  const ProgramResult result = group();
  EXPECT_EQ(result.out.find("MADE IN PART WITH --sloppy: 1 of 12 participants (sub-04)"), 0U) << result.out;
  EXPECT_TRUE(trial()["sloppy"].get<bool>());
  EXPECT_TRUE(contains(trial()["warnings"].dump(), "MADE IN PART WITH --sloppy"));
}

TEST_F(GroupCommand, TheTablesAreReadByROrPythonAsTheyAre) {
  ASSERT_EQ(group().exit_code, 0);
  for (const char* table : {"volumes", "volumes_long", "changes", "changes_long", "rates", "rates_long", "visits",
                            "dose_groups", "dose_tests", "next_trial", "quality"}) {
    EXPECT_TRUE(fs::exists(out_ / (std::string(table) + ".tsv"))) << table;
    const auto dictionary = json_of(out_ / (std::string(table) + ".json"));
    const std::string text = text_of(out_ / (std::string(table) + ".tsv"));
    std::istringstream header(text.substr(0, text.find('\n')));
    for (std::string column; std::getline(header, column, '\t');)
      EXPECT_TRUE(dictionary[column].contains("Description")) << table << ": " << column;
    EXPECT_FALSE(contains(text, "n/a")) << table << ": R would read the column as text";
  }
}

}  // namespace
}  // namespace wane::cases
