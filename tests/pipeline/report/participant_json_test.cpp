#include "pipeline/report/participant_json.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/sha256.h"
#include "pipeline/report/json_values.h"
#include "tests/pipeline/report/reports_for_tests.h"

namespace wane {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_participant_json(text, "sub-1/sub-1_atrophy.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

ParticipantReport report_with_checks() {
  ParticipantReport report = report_with_two_visits("sub-1", "C", 16, -1);
  report.visits[0].fingerprint = "0a1b";
  report.visits[0].quality.checks = {{"motion", 0.123456789, 0.2, Verdict::warn, "The head moved."},
                                     {"noise", std::nullopt, std::nullopt, Verdict::pass, ""}};
  report.visits[1].decision = HumanDecision{false, "motion", "reader-1", "2026-03-31T10:00Z"};
  report.changes[0].quality.checks = {{"same_person", 0.41, 0.7, Verdict::fail, "Not the same person."}};
  report.quality.checks = {{"order", std::nullopt, std::nullopt, Verdict::warn, "The order is not known."}};
  report.rates_percent_per_year.reset();
  report.rates_with_excluded_percent_per_year = TissueValues{-1, -1.5, -0.5};
  return report;
}

TEST(JsonValues, are_rounded_and_never_NaN_or_minus_zero) {
  EXPECT_EQ(number_json(1200.12345, decimals_ml).dump(), "1200.123");
  EXPECT_EQ(number_json(-0.00001, decimals_percent).dump(), "0");
  EXPECT_EQ(number_json(-0.85, decimals_percent).dump(), "-0.85");
  EXPECT_EQ(number_json(16, decimals_dose).dump(), "16");
  EXPECT_EQ(number_json(0.1 + 0.2, decimals_percent).dump(), "0.3");
  EXPECT_TRUE(number_json(std::nan(""), 3).is_null());
  EXPECT_TRUE(number_json(INFINITY, 3).is_null());
  EXPECT_TRUE(number_json(std::nullopt, 3).is_null());
  EXPECT_EQ(rounded(1e300, 4), 1e300);
  EXPECT_EQ(json_text("\xE9"), "\"\xEF\xBF\xBD\"\n");  // Latin-1 becomes the replacement character
}

TEST(ParticipantJson, has_the_fields_of_the_contract_in_order) {
  const auto json = nlohmann::ordered_json::parse(
      participant_json_text(report_with_two_visits("sub-1", "C", 16, -1), small_provenance()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"schema", "sign_convention", "version", "participant_id", "dose_group",
                                            "dose", "verdict", "visits", "changes", "rates_percent_per_year",
                                            "rate_intervals", "quality", "quality_mode", "derivatives", "sentence",
                                            "warnings", "options", "inputs"}));
  EXPECT_EQ(json["schema"], "wane/participant/1");
  EXPECT_EQ(json["sign_convention"], "negative = loss");
  EXPECT_EQ(json["dose"], 16);
  EXPECT_EQ(json["visits"][0]["volumes_ml"].dump(),
            R"({"brain":1200.123,"gray_matter":700,"white_matter":500.5,"csf":300,"intracranial":1500})");
  EXPECT_EQ(json["visits"][1]["days"], 365.25);
  EXPECT_EQ(json["changes"][0].dump(),
            R"({"from":"ses-01","to":"ses-02","days":365.25,)"
            R"("percent":{"brain":-1,"gray_matter":-1.5,"white_matter":-0.5},)"
            R"("standard_error":{"brain":0.1,"gray_matter":0.2,"white_matter":0.15},"errors":null,)"
            R"("boundary_shift":{"percent":{"brain":-0.9,"gray_matter":-1.2,)"
            R"("white_matter":-0.5},"standard_error":{"brain":0.2,"gray_matter":0.3,)"
            R"("white_matter":0.25}},"quality":{"verdict":"pass","checks":[]}})");
  EXPECT_EQ(json["rates_percent_per_year"]["brain"], -1);
  EXPECT_EQ(json["options"]["measure"]["iterations"], 30);
  EXPECT_EQ(json["inputs"][0]["sha256"], std::string(64, 'a'));
  EXPECT_TRUE(json["warnings"].is_array());
}

TEST(ParticipantJson, is_the_same_after_reading_and_writing) {
  for (const auto& report : {report_with_two_visits("sub-1", "C", 16, -0.123456), report_with_one_visit("sub-2", {}),
                             report_with_checks()}) {
    const auto text = participant_json_text(report, small_provenance());
    const auto read = parse_participant_json(text, "x.json");
    EXPECT_EQ(participant_json_text(read, small_provenance()), text);
    EXPECT_EQ(read.participant_id, report.participant_id);
    EXPECT_EQ(read.visits.size(), report.visits.size());
    EXPECT_EQ(read.rates_percent_per_year.has_value(), report.rates_percent_per_year.has_value());
  }
}

TEST(ParticipantJson, the_parts_of_a_standard_error_are_read_as_they_were_written) {
  ParticipantReport report = report_with_two_visits("sub-1", "C", 16, -1);
  report.changes[0].errors = ChangeErrors{{0.01, 0.02, 0.03}, 0.39, 8, {0.1, 0.2, 0.3}, {0.04, 0.05, 0.06}};
  const std::string text = participant_json_text(report, small_provenance());
  const ChangeErrors read = parse_participant_json(text, "report.json").changes[0].errors.value();
  EXPECT_EQ(read.residual_percent.white_matter, 0.03);
  EXPECT_EQ(read.calibration_percent, 0.39);
  EXPECT_EQ(read.voxel_mm3, 8);
  EXPECT_EQ(read.noise_percent.brain, 0.1);
  EXPECT_EQ(read.scale_share.gray_matter, 0.05);
}

TEST(ParticipantJson, has_the_checks_of_visits_changes_and_the_person) {
  const auto json = nlohmann::ordered_json::parse(participant_json_text(report_with_checks(), small_provenance()));
  EXPECT_EQ(json["visits"][0]["quality"].dump(),
            R"({"verdict":"warn","checks":[{"name":"motion","value":0.123457,"limit":0.2,"verdict":"warn",)"
            R"("sentence":"The head moved."},{"name":"noise","value":null,"limit":null,"verdict":"pass",)"
            R"("sentence":""}],"template_similarity":0.91})");
  EXPECT_EQ(json["visits"][0]["fingerprint"], "0a1b");
  EXPECT_TRUE(json["visits"][0]["decision"].is_null());
  EXPECT_EQ(json["visits"][1]["decision"].dump(),
            R"({"decision":"fail","reason":"motion","reader":"reader-1","time":"2026-03-31T10:00Z"})");
  EXPECT_EQ(json["changes"][0]["quality"]["verdict"], "fail");
  EXPECT_EQ(json["quality"]["verdict"], "warn");
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(json["quality_mode"], "exclude");
  EXPECT_TRUE(json["rates_percent_per_year"].is_null());
  EXPECT_TRUE(json["rate_intervals"]["brain"]["rate"].is_null());
  EXPECT_EQ(json["rates_with_excluded_percent_per_year"]["gray_matter"], -1.5);
}

TEST(ParticipantJson, of_an_older_build_passes_without_checks) {
  auto json = nlohmann::ordered_json::parse(participant_json_text(report_with_checks(), small_provenance()));
  for (const char* member : {"verdict", "quality", "quality_mode", "rates_with_excluded_percent_per_year"})
    json.erase(member);
  for (auto& visit : json["visits"]) {
    visit["quality"] = {{"template_similarity", 0.91}};
    visit.erase("decision");
    visit.erase("fingerprint");
  }
  json["changes"][0].erase("quality");
  const ParticipantReport report = parse_participant_json(json.dump(), "x");
  EXPECT_EQ(report.visits[0].figures.at("template_similarity"), 0.91);
  EXPECT_TRUE(report.visits[0].quality.checks.empty());
  EXPECT_TRUE(report.visits[0].fingerprint.empty());
  EXPECT_FALSE(report.visits[1].decision);
  EXPECT_EQ(report.changes[0].quality.verdict(), Verdict::pass);
}

TEST(ParticipantJson, with_a_verdict_that_does_not_exist_is_refused) {
  auto json = nlohmann::ordered_json::parse(participant_json_text(report_with_checks(), small_provenance()));
  json["changes"][0]["quality"]["checks"][0]["verdict"] = "FAIL";
  EXPECT_NE(refusal(json.dump()).find("lacks a field or has a wrong one"), std::string::npos);
}

TEST(ParticipantJson, foreign_and_broken_texts_are_one_sentence) {
  const auto text = participant_json_text(report_with_two_visits("sub-1", "C", 16, -1), small_provenance());
  EXPECT_NE(refusal(text.substr(0, text.size() / 2)).find("sub-1_atrophy.json is not valid JSON"), std::string::npos);
  EXPECT_NE(refusal("").find("not valid JSON"), std::string::npos);
  for (const char* foreign : {"[]", "3", "null", "{}", R"({"schema": 1})"})
    EXPECT_NE(refusal(foreign).find("(its schema is not given)"), std::string::npos) << foreign;
  EXPECT_NE(refusal(R"({"schema": "wane/participant/9"})").find("wane/participant/9"), std::string::npos);
  for (const char* field : {"visits", "changes", "rates_percent_per_year", "participant_id", "dose", "warnings"}) {
    auto json = nlohmann::ordered_json::parse(text);
    json[field] = true;
    EXPECT_NE(refusal(json.dump()).find("lacks a field or has a wrong one"), std::string::npos) << field;
    json.erase(field);
    EXPECT_NE(refusal(json.dump()).find("lacks a field or has a wrong one"), std::string::npos) << field;
  }
}

TEST(ParticipantJson, changes_of_visits_that_are_not_listed_are_refused) {
  auto json = nlohmann::ordered_json::parse(
      participant_json_text(report_with_two_visits("sub-1", "C", 16, -1), small_provenance()));
  json["changes"][0]["to"] = "ses-99";
  EXPECT_NE(refusal(json.dump()).find("lacks a field or has a wrong one"), std::string::npos);
}

TEST(ParticipantJson, a_million_levels_are_refused) {
  EXPECT_NE(refusal(std::string(1'000'000, '[')).find("not valid JSON"), std::string::npos);
  EXPECT_NE(refusal("{\"schema\":" + std::string(1'000'000, '[')).find("not valid JSON"), std::string::npos);
}

class Out : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "wane-out-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void leave(const std::string& id, const std::string& text) const {
    const auto file = folder / participant_json_path(id);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::filesystem::path folder;
};

TEST_F(Out, of_the_checks_those_are_collected_that_did_not_pass) {
  leave("sub-1", participant_json_text(report_with_checks(), small_provenance()));
  const auto collected = collect_participant_reports(folder, {{"sub-1", "A", 5.0}});
  ASSERT_EQ(collected.reports.size(), 1u);
  const ParticipantReport& report = collected.reports[0];
  ASSERT_EQ(report.visits[0].quality.checks.size(), 1u);
  EXPECT_EQ(report.visits[0].quality.checks[0].sentence, "The head moved.");
  EXPECT_EQ(report.visits[0].fingerprint, "0a1b");
  EXPECT_EQ(report.changes[0].quality.verdict(), Verdict::fail);
  EXPECT_EQ(report.quality.verdict(), Verdict::warn);
}

TEST_F(Out, one_bad_report_leaves_the_others) {
  const auto good = [](const std::string& id) {
    return participant_json_text(report_with_two_visits(id, "old", 1, -1), small_provenance());
  };
  leave("sub-1", good("sub-1"));
  leave("sub-2", "{\"schema\"");
  leave("sub-3", good("sub-1"));
  leave("sub-9", good("sub-9"));
  const auto collected = collect_participant_reports(
      folder, {{"sub-1", "A", 5.0}, {"sub-2", "A", 5.0}, {"sub-3", "B", 10.0}, {"sub-4", "B", 10.0}});
  ASSERT_EQ(collected.reports.size(), 1u);
  EXPECT_EQ(collected.reports[0].dose_group, "A");  // of participants.tsv, not of the time of measuring
  EXPECT_EQ(collected.reports[0].dose, 5.0);
  ASSERT_EQ(collected.inputs.size(), 1u);
  EXPECT_EQ(collected.inputs[0].path, "sub-1/sub-1_atrophy.json");
  EXPECT_EQ(collected.inputs[0].sha256, sha256_of_file(folder / "sub-1/sub-1_atrophy.json"));
  EXPECT_TRUE(collected.options.has_value());
  ASSERT_EQ(collected.left_out.size(), 3u);
  EXPECT_EQ(collected.left_out[0].reason,
            "sub-2/sub-2_atrophy.json is not valid JSON (cut short or edited); measure this participant again");
  EXPECT_NE(collected.left_out[1].reason.find("is the report of sub-1"), std::string::npos);
  EXPECT_EQ(collected.left_out[2].reason, "not measured: there is no sub-4/sub-4_atrophy.json");
  EXPECT_EQ(collected.left_out[2].dose_group, "B");
  ASSERT_EQ(collected.warnings.size(), 1u);
  EXPECT_NE(collected.warnings[0].find("sub-9"), std::string::npos);
}

}  // namespace
}  // namespace wane
