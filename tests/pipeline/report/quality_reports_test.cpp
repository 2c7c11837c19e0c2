// A trial in which some failed quality: its reports, tables and sentences.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipeline/analysis/exclusion.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/quality_table.h"
#include "pipeline/report/tables.h"
#include "pipeline/report/trial_reports.h"
#include "pipeline/report/words.h"
#include "tests/pipeline/report/reports_for_tests.h"
#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

const QualityCheck other_person = {"same_person", 0.41, 0.7, Verdict::fail,
                                   "The two visits do not show the same person."};
const QualityCheck contrast = {"contrast_agent", 1.4, 1.2, Verdict::warn, "A contrast agent seems to be in ses-02."};

// sub-10 of 12 has another person's second scan, with a change that no brain can have; sub-11 was refused by a reader;
// sub-12 has a warning.
Trial faulty_trial() {
  Trial trial = trial_with_dose_response();
  auto& reports = trial.reports;
  reports[0].changes[0].percent = {9.7, 9.7, 9.7};
  reports[0].changes[0].quality.checks = {other_person};
  reports[1].visits[1].decision = HumanDecision{false, "dental work", "reader-1", "2026-03-31T10:00Z"};
  reports[2].visits[1].quality.checks = {contrast};
  trial.decisions = InputFile{"quality_decisions.tsv", std::string(64, 'd')};
  return trial;
}

ordered_json json_in(const std::vector<ReportText>& files, const std::string& path) {
  for (const auto& file : files)
    if (file.path == path) return ordered_json::parse(file.text);
  return nullptr;
}

ordered_json trial_json(const Trial& trial) {
  return json_in(trial_reports(analyse(trial), small_provenance()), "trial_atrophy.json");
}

// Cells by the names of their columns.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& table) {
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> header;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    if (header.empty()) {
      header = row;
      continue;
    }
    EXPECT_EQ(row.size(), header.size()) << line;
    rows.emplace_back();
    for (std::size_t i = 0; i < std::min(row.size(), header.size()); ++i) rows.back()[header[i]] = row[i];
  }
  return rows;
}

TEST(ExcludedForQuality, AreInNoRateMeanOrTestAndAreReportedWith) {
  const ordered_json json = trial_json(faulty_trial());
  EXPECT_EQ(json["dose_response"]["brain"]["n"], 10);
  EXPECT_EQ(json["with_excluded"]["dose_response"]["brain"]["n"], 12);
  EXPECT_EQ(json["dose_groups"][0]["rates_percent_per_year"]["brain"]["n"], 2);
  EXPECT_LT(json["dose_groups"][0]["rates_percent_per_year"]["brain"]["mean"].get<double>(), -1);
  EXPECT_GT(json["with_excluded"]["dose_groups"][0]["rates_percent_per_year"]["brain"]["mean"].get<double>(), 1);
  const auto slope = [](const ordered_json& response) {
    return response["brain"]["slope"]["percent_per_year_per_unit_of_scale"].get<double>();
  };
  EXPECT_GT(slope(json["dose_response"]), 0) << "as planted";
  EXPECT_LT(slope(json["with_excluded"]["dose_response"]), 0) << "one wrong scan turns it";
  for (const char* test : {"jonckheere", "spearman", "linear"})
    EXPECT_TRUE(json["with_excluded"]["dose_response"]["brain"]["tests"][test]["p"].is_number()) << test;
}

TEST(ExcludedForQuality, TheResultWithoutThemIsThatOfATrialThatNeverHadThem) {
  Trial without = trial_with_dose_response();
  without.reports.erase(without.reports.begin(), without.reports.begin() + 2);
  const ordered_json expected = trial_json(without), found = trial_json(faulty_trial());
  EXPECT_EQ(found["dose_response"], expected["dose_response"]);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(found["dose_groups"][i]["rates_percent_per_year"], expected["dose_groups"][i]["rates_percent_per_year"]);
  EXPECT_FALSE(expected.contains("with_excluded"));
}

TEST(ExcludedForQuality, WithReportOnlyTheyCount) {
  Trial trial = faulty_trial();
  trial.reports[1].visits[1].decision.reset();
  trial.options.quality = "report";
  const ordered_json json = trial_json(trial);
  EXPECT_EQ(json["dose_response"]["brain"]["n"], 12);
  EXPECT_EQ(json["quality"]["mode"], "report");
  EXPECT_TRUE(json["quality"]["excluded"].empty());
  EXPECT_EQ(json["quality"]["needs_a_look"].size(), 2U) << "it is reported all the same";
  EXPECT_FALSE(json.contains("with_excluded"));
  EXPECT_NE(json["sentence"].get<std::string>().find("1 of 12 participants failed a quality check; it counts all the "
                                                     "same (--quality report)."),
            std::string::npos)
      << json["sentence"];
}

TEST(TrialReport, ListsWhoNeedsALookWhatIsExcludedAndWhatPeopleDecided) {
  const ordered_json quality = trial_json(faulty_trial())["quality"];
  EXPECT_EQ(quality["mode"], "exclude");
  EXPECT_EQ(quality["decisions_file"], "quality_decisions.tsv");
  EXPECT_EQ(quality["decisions_sha256"], std::string(64, 'd'));
  EXPECT_EQ(quality["needs_a_look"].dump(),
            R"([{"participant_id":"sub-10","from":"ses-01","to":"ses-02","verdict":"fail","check":"same_person",)"
            R"("sentence":"The two visits do not show the same person."},)"
            R"({"participant_id":"sub-12","session":"ses-02","verdict":"warn","check":"contrast_agent",)"
            R"("sentence":"A contrast agent seems to be in ses-02."}])");
  EXPECT_EQ(quality["excluded"].dump(),
            R"([{"participant_id":"sub-10","from":"ses-01","to":"ses-02","check":"same_person",)"
            R"("sentence":"The two visits do not show the same person.","reason":null,"reader":null},)"
            R"({"participant_id":"sub-11","session":"ses-02","check":"decision",)"
            R"("sentence":"A person decided that this visit does not count.","reason":"dental work",)"
            R"("reader":"reader-1"}])");
  EXPECT_EQ(quality["decisions"].dump(),
            R"([{"participant_id":"sub-11","session":"ses-02","decision":"fail","reason":"dental work",)"
            R"("reader":"reader-1","time":"2026-03-31T10:00Z","checks_said":"pass"}])");
}

TEST(TrialReport, SaysInOneSentenceWhoWasExcludedAndWhatTheSlopeWouldBe) {
  const std::string sentence = trial_json(faulty_trial())["sentence"];
  EXPECT_NE(sentence.find("2 of 12 participants were excluded for quality; with them the slope would be brain -"),
            std::string::npos)
      << sentence;
  EXPECT_NE(sentence.find(" instead of +"), std::string::npos) << sentence;
  EXPECT_EQ(quality_sentence(analyse(trial_with_dose_response())), "");
}

TEST(TrialReport, ABlindedOneTellsNoSlope) {
  Trial trial = faulty_trial();
  trial.blinded = true;
  for (auto& report : trial.reports) report.dose.reset();
  const ordered_json json = trial_json(trial);
  EXPECT_NE(json["sentence"].get<std::string>().find("2 of 12 participants were excluded for quality."),
            std::string::npos)
      << json["sentence"];
  EXPECT_TRUE(json["with_excluded"]["dose_response"]["brain"].contains("unable"));
  EXPECT_FALSE(json["with_excluded"]["dose_response"]["brain"].contains("tests"));
}

TEST(DoseGroupReport, SaysWhoIsExcludedWhyAndTheMeanWithThem) {
  const auto files = trial_reports(analyse(faulty_trial()), small_provenance());
  const ordered_json group = json_in(files, "dose-groups/dose-A_atrophy.json");
  EXPECT_EQ(group["rates_percent_per_year"]["brain"]["n"], 2);
  EXPECT_EQ(group["rates_with_excluded_percent_per_year"]["brain"]["n"], 4);
  ASSERT_EQ(group["quality"]["excluded"].size(), 2U);
  EXPECT_EQ(group["quality"]["excluded"][1]["reader"], "reader-1");
  EXPECT_EQ(group["left_out"][0]["reason"],
            "failed quality: ses-01 to ses-02: The two visits do not show the same person");
  const std::string sentence = group["sentence"];
  EXPECT_NE(
      sentence.find("Not counted in whole or in part: sub-10, failed quality: ses-01 to ses-02: The two visits do "
                    "not show the same person; sub-11, excluded by reader-1: ses-02: dental work. With them the "
                    "means would be: brain +"),
      std::string::npos)
      << sentence;
  const ordered_json other = json_in(files, "dose-groups/dose-B_atrophy.json");
  EXPECT_TRUE(other["quality"]["excluded"].empty());
}

TEST(QualityTables, FlagWhatFailedAndKeepItsNumbersOutOfTheRates) {
  const TrialAnalysis analysis = analyse(faulty_trial());
  const auto rates = rows_of(rates_table(analysis).text);
  EXPECT_EQ(rates[0].at("brain_percent_per_year"), "NA");
  EXPECT_EQ(rates[0].at("brain_percent_per_year_with_excluded"), "9.7000");
  EXPECT_EQ(rates[0].at("flags"), "same_person:fail");
  EXPECT_EQ(rates[1].at("brain_percent_per_year"), "NA");
  EXPECT_EQ(rates[1].at("flags"), "decision:fail");
  EXPECT_EQ(rates[2].at("flags"), "contrast_agent:warn");
  EXPECT_NE(rates[2].at("brain_percent_per_year"), "NA");
  EXPECT_EQ(rates[2].at("brain_percent_per_year_with_excluded"), "NA");
  EXPECT_EQ(rates[3].at("flags"), "NA");

  const auto changes = rows_of(changes_table(analysis).text);
  EXPECT_EQ(changes[0].at("brain_percent"), "9.7000") << "the row stays";
  EXPECT_EQ(changes[0].at("counts"), "no");
  EXPECT_EQ(changes[0].at("flags"), "same_person:fail");
  EXPECT_EQ(changes[1].at("counts"), "no");
  EXPECT_EQ(changes[2].at("counts"), "yes");
  EXPECT_EQ(changes[2].at("flags"), "contrast_agent:warn");

  const auto volumes = rows_of(volumes_table(analysis).text);
  EXPECT_EQ(volumes[2].at("flags"), "NA");
  EXPECT_EQ(volumes[3].at("session"), "ses-02");
  EXPECT_EQ(volumes[3].at("flags"), "decision:fail");
  EXPECT_EQ(volumes[3].at("brain_ml"),
            rows_of(volumes_table(analyse(trial_with_dose_response())).text)[3].at("brain_ml"));

  const auto visits = rows_of(visits_table(analysis).text);
  EXPECT_EQ(visits[0].at("in_rate"), "no");
  EXPECT_EQ(visits[4].at("in_rate"), "yes");
}

TEST(QualityTables, GiveThoseLeftOutTheirDoseAndTheirPlace) {
  Trial trial = trial_with_dose_response();
  trial.left_out = {{"sub-15x", "B", "not measured", 10.0}};
  const auto rates = rows_of(rates_table(analyse(trial)).text);
  EXPECT_EQ(rates[6].at("participant_id"), "sub-15x");
  EXPECT_EQ(rates[6].at("dose"), "10");
}

TEST(QualityTable, HasEveryCheckOfEverybodyAndWhatPeopleDecided) {
  std::string name = (std::filesystem::temp_directory_path() / "wane-quality-XXXXXX").string();
  const std::filesystem::path out = ::mkdtemp(name.data());
  Trial trial = faulty_trial();
  trial.reports.resize(3);
  trial.reports[0].visits[0].quality.checks = {{"noise", 0.01, 0.1, Verdict::pass, ""}};
  trial.reports[0].quality.checks = {{"order", std::nullopt, std::nullopt, Verdict::warn, "The order is not known."}};
  for (const auto& report : trial.reports) {
    ParticipantReport undecided = report;
    for (auto& visit : undecided.visits) visit.decision.reset();
    std::filesystem::create_directories(out / report.participant_id);
    std::ofstream(out / participant_json_path(report.participant_id))
        << participant_json_text(undecided, small_provenance());
  }
  trial.reports[0].visits[0].quality.checks.clear();  // as reports are collected
  trial.reports[2].visits[0].quality.checks = {{same_data_check, {}, {}, Verdict::fail, "The same data."}};
  std::string text;
  quality_table(trial, out, [&](const std::string& piece) { text += piece; });
  const auto rows = rows_of(text);
  ASSERT_EQ(rows.size(), 6U) << text;
  EXPECT_EQ(rows[0].at("check"), "noise");
  EXPECT_EQ(rows[0].at("verdict"), "pass");
  EXPECT_EQ(rows[0].at("value"), "0.010000");
  EXPECT_EQ(rows[0].at("to_session"), "NA");
  EXPECT_EQ(rows[1].at("check"), "same_person");
  EXPECT_EQ(rows[1].at("session"), "ses-01");
  EXPECT_EQ(rows[1].at("to_session"), "ses-02");
  EXPECT_EQ(rows[2].at("check"), "order");
  EXPECT_EQ(rows[2].at("session"), "NA");
  EXPECT_EQ(rows[3].at("check"), "decision");
  EXPECT_EQ(rows[3].at("decision"), "fail");
  EXPECT_EQ(rows[3].at("reader"), "reader-1");
  EXPECT_EQ(rows[3].at("sentence"), "dental work");
  EXPECT_EQ(rows[4].at("check"), "same_data") << "what only the other reports show";
  EXPECT_EQ(rows[5].at("check"), "contrast_agent");
  const auto dictionary = ordered_json::parse(quality_table_head().dictionary);
  for (const auto& [column, cell] : rows[0]) EXPECT_TRUE(dictionary[column].contains("Description")) << column;
  std::filesystem::remove_all(out);
}

TEST(Sloppy, IsSaidInEveryReportAndTable) {
  Trial trial = faulty_trial();
  for (auto& report : trial.reports) report.sloppy = true;
  Provenance provenance = small_provenance();
  provenance.sloppy = true;
  const TrialAnalysis analysis = analyse(trial);
  for (const auto& file : trial_reports(analysis, provenance)) {
    if (file.path.ends_with("_atrophy.json")) {
      const auto json = ordered_json::parse(file.text);
      EXPECT_TRUE(json["sloppy"].get<bool>()) << file.path;
      EXPECT_EQ(json["sentence"].get<std::string>().find("MADE WITH --sloppy"), 0U) << file.path;
    }
    if (!file.path.ends_with(".tsv")) continue;
    for (const auto& row : rows_of(file.text))
      EXPECT_TRUE(row.at("flags").ends_with("sloppy:warn")) << file.path << ": " << row.at("flags");
  }
  EXPECT_EQ(trial_summary(analysis).find("MADE WITH --sloppy"), 0U);
  const auto json = ordered_json::parse(participant_json_text(trial.reports[2], provenance));
  EXPECT_TRUE(json["sloppy"].get<bool>());
  EXPECT_TRUE(parse_participant_json(json.dump(), "x").sloppy);
  EXPECT_FALSE(ordered_json::parse(participant_json_text(trial.reports[2], small_provenance())).contains("sloppy"));
}

TEST(Sloppy, InPartIsSaidWithTheNames) {
  auto reports = trial_with_dose_response().reports;
  EXPECT_EQ(sloppy_sentence(reports), "");
  reports[1].sloppy = true;
  EXPECT_EQ(sloppy_sentence(reports).find("MADE IN PART WITH --sloppy: 1 of 12 participants (sub-11) "), 0U);
}

TEST_F(Schemas, ReportsOfATrialWithExcludedParticipantsConform) {
  Provenance provenance = small_provenance();
  provenance.sloppy = true;
  Trial trial = faulty_trial();
  for (auto& report : trial.reports) report.sloppy = true;
  trial.reports[3].visits[0].decision = HumanDecision{true, "fine", "reader-1", "2026-03-31T10:00Z"};
  for (const auto& file : trial_reports(analyse(trial), provenance)) {
    if (!file.path.ends_with("_atrophy.json")) continue;
    EXPECT_TRUE(conforms(file.text, file.path == "trial_atrophy.json" ? "trial" : "dose-group")) << file.text;
  }
  trial.reports.resize(4);
  for (auto report : trial.reports) {
    set_rates(report);
    EXPECT_TRUE(conforms(participant_json_text(report, provenance), "participant")) << report.participant_id;
  }
}

}  // namespace
}  // namespace wane
