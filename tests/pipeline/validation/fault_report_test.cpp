// Outcomes are read from results made by hand; counts, tables and JSON follow from them.
#include "pipeline/validation/fault_report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"
#include "tests/pipeline/report/schemas_for_tests.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json check(const std::string& name, const std::string& verdict) {
  return {{"name", name}, {"value", 0.4}, {"limit", 0.7}, {"verdict", verdict}, {"sentence", name + " is off."}};
}

json quality(const std::string& verdict, const std::vector<json>& checks) {
  return {{"verdict", verdict}, {"checks", checks}};
}

FaultPerson person_of(const std::string& fault, Degree degree, std::size_t head = 0) {
  FaultLadderOptions options;
  options.only = {fault};
  options.degrees = {name_of(degree)};
  return fault_people(options, head).front();
}

FaultPerson good_person(std::size_t number = 0) {
  FaultLadderOptions options;
  options.only = {"good"};
  return fault_people(options, 0).at(number);
}

class FaultOutcomes : public testing::Test {
 protected:
  void write(const fs::path& file, const json& value) const {
    fs::create_directories((scratch_ / file.string()).parent_path());
    std::ofstream(scratch_ / file.string()) << value.dump();
  }
  // A report of a brain change of `brain` percent where -1 was planted.
  void report(const FaultPerson& person, double brain, const json& of_visit, const json& of_change,
              const json& of_person = nullptr) const {
    const json percent = {{"brain", brain}, {"gray_matter", brain - 0.5}, {"white_matter", brain}};
    json visits = json::array();
    const json volumes = {
        {"brain", 1100}, {"gray_matter", 600}, {"white_matter", 500}, {"csf", 300}, {"intracranial", 1500}};
    for (const char* session : {"ses-01", "ses-02"})
      visits.push_back({{"session", session}, {"days", nullptr}, {"volumes_ml", volumes}, {"quality", json::object()}});
    if (!of_visit.is_null()) visits[1]["quality"] = of_visit;
    json change = {{"from", "ses-01"},
                   {"to", "ses-02"},
                   {"days", nullptr},
                   {"percent", percent},
                   {"standard_error", {{"brain", 0.1}, {"gray_matter", 0.1}, {"white_matter", 0.1}}}};
    if (!of_change.is_null()) change["quality"] = of_change;
    json text = {{"schema", "wane/participant/1"},
                 {"participant_id", person.label},
                 {"dose_group", nullptr},
                 {"dose", nullptr},
                 {"visits", visits},
                 {"changes", {change}},
                 {"rates_percent_per_year", nullptr},
                 {"warnings", json::array()}};
    if (!of_person.is_null()) text["quality"] = of_person;
    write("out/" + person.label + "/" + person.label + "_atrophy.json", text);
    const json truth = {{"label", person.label},
                        {"visits",
                         {{{"session", "ses-01"}},
                          {{"session", "ses-02"},
                           {"brain_change_percent", -1.0},
                           {"gm_change_percent", -1.0},
                           {"wm_change_percent", -1.0}}}}};
    write("truth/" + person.label + ".json", truth);
  }
  void failure(const FaultPerson& person, int exit_code) const {
    write("out/logs/" + person.label + "_failure.json",
          {{"participant_id", person.label}, {"reason", "It is no head."}, {"exit_code", exit_code}});
  }
  FaultOutcome outcome(const FaultPerson& person) const {
    std::vector<InputFile> inputs;
    return fault_outcome(person, scratch_ / "out", scratch_ / "truth", inputs);
  }
  const broken::ScratchFolder scratch_;
};

TEST_F(FaultOutcomes, AReportWithoutChecksIsSilentAndHasAnError) {
  const FaultPerson person = person_of("motion", Degree::gross);
  report(person, 1, nullptr, nullptr);
  const FaultOutcome found = outcome(person);
  EXPECT_EQ(found.state, FaultState::silent);
  EXPECT_FALSE(found.caught());
  ASSERT_TRUE(found.error);
  EXPECT_NEAR(found.error->brain, 1.995 - 0.0, 0.011) << "of the mean of both volumes";
  EXPECT_NEAR(found.error->gray_matter, 1.5, 0.011);
}

TEST_F(FaultOutcomes, QualityOfTodayThatIsNumbersAloneIsSilent) {
  const FaultPerson person = person_of("motion", Degree::gross);
  report(person, -1, {{"template_similarity", 0.8}}, nullptr);
  EXPECT_EQ(outcome(person).state, FaultState::silent);
}

TEST_F(FaultOutcomes, TheWorstVerdictOfPersonVisitsAndChangesCounts) {
  const FaultPerson person = person_of("noise", Degree::clinical);
  report(person, -1, quality("warn", {check("noise", "warn"), check("contrast", "pass")}), nullptr);
  EXPECT_EQ(outcome(person).state, FaultState::warned);
  EXPECT_EQ(outcome(person).checks, std::vector<std::string>{"noise"});
  EXPECT_EQ(outcome(person).sentence, "noise is off.");
  report(person, -1, quality("warn", {check("noise", "warn")}), quality("fail", {check("same_person", "fail")}));
  EXPECT_EQ(outcome(person).state, FaultState::failed);
  EXPECT_EQ(outcome(person).checks, (std::vector<std::string>{"noise", "same_person"}));
  report(person, -1, nullptr, nullptr, quality("warn", {check("same_data", "warn")}));
  EXPECT_EQ(outcome(person).state, FaultState::warned);
  report(person, -1, quality("pass", {check("noise", "pass")}), quality("pass", {}));
  EXPECT_EQ(outcome(person).state, FaultState::silent);
}

TEST_F(FaultOutcomes, ARefusalIsCaughtAndABugIsNot) {
  const FaultPerson person = person_of("fruit", Degree::gross);
  failure(person, 3);
  EXPECT_EQ(outcome(person).state, FaultState::failed);
  EXPECT_EQ(outcome(person).checks, std::vector<std::string>{"refused"});
  EXPECT_EQ(outcome(person).sentence, "It is no head.");
  failure(person, 70);
  EXPECT_EQ(outcome(person).state, FaultState::broken);
  EXPECT_FALSE(outcome(person).caught());
  EXPECT_EQ(outcome(person_of("pd", Degree::gross)).state, FaultState::broken) << "there is no result at all";
}

TEST_F(FaultOutcomes, AResultThatIsNoJsonStopsTheScoring) {
  const FaultPerson person = person_of("fruit", Degree::gross);
  failure(person, 3);
  std::ofstream(scratch_ / ("out/logs/" + person.label + "_failure.json")) << "{";
  EXPECT_THROW(outcome(person), InputError);
}

FaultOutcome made(const FaultPerson& person, FaultState state, const std::vector<std::string>& checks = {},
                  std::optional<TissueValues> error = {}) {
  return {person, state, checks, state == FaultState::silent ? "" : "It is off.", error};
}

FaultScores small_scores() {
  return fault_scores({made(good_person(0), FaultState::silent, {}, TissueValues{0.1, -0.2, 0.1}),
                       made(good_person(1), FaultState::failed, {"same_person"}),
                       made(person_of("motion", Degree::mild), FaultState::silent, {}, TissueValues{-0.3, 0.4, 0}),
                       made(person_of("motion", Degree::gross, 0), FaultState::failed, {"motion", "noise"}),
                       made(person_of("motion", Degree::gross, 1), FaultState::silent, {}, TissueValues{2, -3, 0}),
                       made(person_of("fruit", Degree::gross), FaultState::warned, {"not_a_head"})});
}

TEST(FaultScores, CountWhatWasCaughtByDegreeAndUndisturbedScansApart) {
  const FaultScores scores = small_scores();
  ASSERT_EQ(scores.faults.size(), 2U);
  const FaultCount& gross = scores.faults[0].degrees.at(Degree::gross);
  EXPECT_EQ(gross.n, 2U);
  EXPECT_EQ(gross.caught, 1U);
  EXPECT_EQ(gross.failed, 1U);
  EXPECT_EQ(gross.checks.at("noise"), 1U);
  EXPECT_EQ(gross.worst_silent->gray_matter, 3);
  EXPECT_EQ(scores.totals.at(Degree::gross).n, 3U);
  EXPECT_EQ(scores.totals.at(Degree::gross).caught, 2U);
  EXPECT_EQ(scores.totals.count(Degree::clinical), 0U);
  EXPECT_EQ(scores.good_total.n, 2U);
  EXPECT_EQ(scores.good_total.failed, 1U);
  EXPECT_EQ(scores.good.size(), 2U);
}

TEST(FaultReport, TheScreenSaysWhatWasCaughtMissedAndRefused) {
  const std::string text = faults_markdown(small_scores());
  for (const char* part : {"1 of 2 (1)", "motion 1, noise 1", "2.00 / 3.00", "gross faults: 66.7 % caught (2 of 3)",
                           "undisturbed scans: 50.0 % refused (1 of 2)", "MISSED  sub-02motiongross",
                           "brain off by +2.00 %", "REFUSED sub-01goodzero"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("sub-01motionmild"), std::string::npos) << "a mild fault need not be caught";
}

TEST(FaultReport, TheExitCodeIsOneWhereAGrossFaultWasMissedOrSomethingBroke) {
  EXPECT_EQ(exit_code_of(small_scores()), 1);
  const FaultPerson gross = person_of("fruit", Degree::gross), mild = person_of("motion", Degree::mild);
  EXPECT_EQ(exit_code_of(fault_scores({made(gross, FaultState::warned), made(mild, FaultState::silent)})), 0);
  EXPECT_EQ(exit_code_of(fault_scores({made(gross, FaultState::warned), made(mild, FaultState::broken)})), 1);
}

TEST(FaultReport, TablesHaveARowForEachPersonAndForEachFaultAndDegree) {
  const std::pair<TableText, std::size_t> tables[] = {{fault_rates_table(small_scores()), 5},
                                                      {fault_people_table(small_scores()), 6}};
  for (const auto& [table, expected_rows] : tables) {
    std::istringstream lines(table.text);
    std::string header, line;
    std::getline(lines, header);
    const auto tabs = std::count(header.begin(), header.end(), '\t');
    std::size_t rows = 0;
    for (; std::getline(lines, line); ++rows) EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), tabs) << line;
    EXPECT_EQ(rows, expected_rows);
    EXPECT_EQ(json::parse(table.dictionary).size(), std::size_t(tabs) + 3);
  }
}

TEST_F(Schemas, fault_reports_conform_and_altered_ones_do_not) {
  const std::string text = faults_json_text(small_scores(), {{"01", "a/head.nii", "", true}}, {"0.1.0", "{}", {}});
  EXPECT_TRUE(conforms(text, "faults")) << text;
  EXPECT_FALSE(conforms(text, "validation"));
  auto edited = text;
  edited.replace(edited.find("\"silent\""), 8, "\"quiet_\"");
  EXPECT_FALSE(conforms(edited, "faults"));
  const auto parsed = json::parse(text);
  EXPECT_EQ(parsed["totals"]["gross"]["caught"], 2);
  EXPECT_EQ(parsed["undisturbed"]["failed_percent"], 50);
  EXPECT_EQ(parsed["people"][4]["error"]["brain"], 2);
  EXPECT_EQ(parsed["faults"][0]["degrees"]["gross"]["checks"]["motion"], 1);
}

}  // namespace
}  // namespace wane
