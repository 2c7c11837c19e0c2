#include "pipeline/report/methods.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/pipeline/report/reports_for_tests.h"

namespace wane {
namespace {

std::string text_of(const Methods& methods) {
  std::string text;
  for (const auto& paragraph : methods.paragraphs) text += paragraph + "\n";
  return text;
}

std::string text_of(const Trial& trial, const MethodsFacts& facts = {}) {
  return text_of(methods_of(analyse(trial), facts));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(methods, references_are_numbered_as_they_are_read_and_each_is_cited) {
  for (const Trial& trial : {small_trial(), trial_with_dose_response(), Trial()}) {
    const Methods methods = methods_of(analyse(trial), {});
    const std::string text = text_of(methods);
    EXPECT_FALSE(contains(text, "@")) << text;
    std::size_t next = 1;
    const std::regex citation(R"(\[(\d+)(?:, (\d+))?\])");
    for (std::sregex_iterator it(text.begin(), text.end(), citation), end; it != end; ++it)
      for (const std::size_t group : {1U, 2U}) {
        if (!(*it)[group].matched) continue;
        const std::size_t number = std::stoul((*it)[group]);
        EXPECT_LE(number, next) << "a number comes before those below it";
        next = std::max(next, number + 1);
      }
    EXPECT_EQ(methods.references.size(), next - 1);
  }
}

TEST(methods, only_what_was_done_is_told) {
  const std::string one_visit = [] {
    Trial trial;
    trial.reports = {report_with_one_visit("sub-1", "A")};
    return text_of(trial);
  }();
  EXPECT_FALSE(contains(one_visit, "Jacobian")) << one_visit;
  EXPECT_FALSE(contains(one_visit, "midpoint")) << one_visit;
  const std::string trial = text_of(trial_with_dose_response());
  EXPECT_TRUE(contains(trial, "Jonckheere-Terpstra"));
  EXPECT_TRUE(contains(trial, "12 participants were measured, with 24 visits in all (2 each)")) << trial;
  EXPECT_TRUE(contains(trial, "exact (34650 arrangements)")) << trial;
}

TEST(methods, blinded_they_name_no_test_and_no_group) {
  Trial trial = trial_with_dose_response();
  trial.blinded = true;
  const std::string text = text_of(trial);
  EXPECT_TRUE(contains(text, "The analysis is blinded"));
  EXPECT_FALSE(contains(text, "Jonckheere"));
  EXPECT_FALSE(contains(text, "3 dose groups"));
}

TEST(methods, options_are_named_where_they_are_not_the_defaults) {
  MethodsFacts facts;
  facts.options = R"({"measure": {"iterations": 30, "calibration": false}, "group": {"plan": "/home/me/plan.json"}})";
  facts.default_options = R"({"measure": {"iterations": 8, "calibration": true}, "group": {"plan": ""}})";
  const std::string text = text_of(small_trial(), facts);
  EXPECT_TRUE(contains(text, "measure.iterations = 30 (default 8), measure.calibration = false (default true)"))
      << text;
  EXPECT_TRUE(contains(text, "left in the changes")) << text;
  EXPECT_FALSE(contains(text, "/home/me")) << "a path of a file";
  EXPECT_TRUE(contains(text_of(small_trial()), "All options of the measurement were Wane's defaults"));
}

TEST(methods, another_template_and_sloppy_reports_are_said_to_be) {
  MethodsFacts facts;
  facts.own_template = false;
  facts.template_sha256 = {"abc"};
  Trial trial = small_trial();
  EXPECT_TRUE(contains(text_of(trial), "Colin27"));
  const std::string other = text_of(trial, facts);
  EXPECT_FALSE(contains(other, "Colin27"));
  EXPECT_TRUE(contains(other, "a template of the user (SHA-256 of its head: abc)"));
  facts.template_sha256 = {"abc", "def"};
  EXPECT_TRUE(contains(text_of(trial, facts), "not the same for all participants (SHA-256 of the heads: abc and def)"));
  facts.measured_versions = {"0.1.0", "0.2.0"};
  EXPECT_TRUE(contains(text_of(trial, facts), "versions 0.1.0 and 0.2.0"));
  for (auto& report : trial.reports) report.sloppy = true;
  EXPECT_EQ(text_of(trial).find("MADE WITH --sloppy"), 0U);
}

TEST(methods, who_has_a_rate_and_what_was_tested_is_told_as_it_was) {
  const std::string tested = text_of(trial_with_dose_response());
  EXPECT_TRUE(contains(tested, "Each participant has one rate per tissue")) << tested;
  EXPECT_TRUE(contains(tested, "all tests are exploratory"));
  Trial trial = small_trial();
  trial.reports.pop_back();
  for (auto& report : trial.reports) report.dose.reset();
  const std::string untested = text_of(trial);
  EXPECT_TRUE(contains(untested, "4 of 5 participants have one rate per tissue")) << untested;
  EXPECT_TRUE(contains(untested, "Nothing was tested against dose.")) << untested;
  EXPECT_FALSE(contains(untested, "exploratory")) << untested;
}

TEST(methods, drift_is_measured_only_where_it_was) {
  EXPECT_TRUE(contains(text_of(small_trial()), "Where all visits showed the skull"));
  MethodsFacts facts;
  facts.drift_measured = false;
  const std::string text = text_of(small_trial(), facts);
  EXPECT_FALSE(contains(text, "skull")) << text;
  EXPECT_TRUE(contains(text, "Drift of the scanner's voxel size was not measured.")) << text;
}

TEST(methods, exclusions_and_decisions_are_counted) {
  Trial trial = trial_with_dose_response();
  EXPECT_TRUE(contains(text_of(trial), "Nothing was excluded."));
  trial.reports[2].changes[0].quality.checks = {{"same_person", 0.1, 0.8, Verdict::fail, "Another person."}};
  trial.reports[4].visits[1].decision = HumanDecision{false, "motion", "me", "2026-01-01"};
  const std::string text = text_of(trial);
  EXPECT_TRUE(contains(text, "Readers decided about 1 visit: 0 passed, 1 failed")) << text;
  EXPECT_TRUE(contains(text, "2 participants were excluded")) << text;
}

TEST(methods, the_file_lists_the_references_with_their_doi) {
  const std::string text = methods_markdown({{"First.", "Second [1]."}, {{"Somebody 2001.", "10.1/x"}}});
  EXPECT_EQ(text, "# Methods\n\nFirst.\n\nSecond [1].\n\n## References\n\n1. Somebody 2001. https://doi.org/10.1/x\n");
}

}  // namespace
}  // namespace wane
