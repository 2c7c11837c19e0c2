// Measured changes held against planted ones, from reports and truths written by hand.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

class Validate : public testing::Test {
 protected:
  Validate() {
    fs::create_directories(scratch_ / "out/sub-01");
    fs::create_directories(scratch_ / "truth");
  }
  void plant() const {
    std::ofstream(scratch_ / "truth/sub-01.json")
        << R"({"label": "sub-01", "visits": [{"session": "ses-01"}, {"session": "ses-02",
               "brain_change_percent": -1.0, "gm_change_percent": -1.2, "wm_change_percent": -0.8}]})";
  }
  void measure(const std::string& changes) const {
    std::ofstream(scratch_ / "out/sub-01/sub-01_atrophy.json")
        << R"({"schema": "wane/participant/1", "participant_id": "sub-01", "dose_group": "A", "dose": null,
               "visits": [)"
        << visit("ses-01") << ", " << visit("ses-02") << R"(], "changes": )" << changes
        << R"(, "rates_percent_per_year": null, "warnings": []})";
  }
  static std::string visit(const std::string& session) {
    return R"({"session": ")" + session + R"(", "days": null, "quality": {}, "volumes_ml": {"brain": 1100,
               "gray_matter": 600, "white_matter": 500, "csf": 300, "intracranial": 1500}})";
  }
  ProgramResult validate() const {
    return wane({"validate", "--out", scratch_ / "out", "--truth", scratch_ / "truth"});
  }
  static constexpr const char* kMeasured = R"([{"from": "ses-01", "to": "ses-02", "days": null,
      "percent": {"brain": -0.9, "gray_matter": -1.0, "white_matter": -0.8},
      "standard_error": {"brain": 0.06, "gray_matter": 0.05, "white_matter": null}}])";
  broken::ScratchFolder scratch_;
};

TEST_F(Validate, EndsWithZeroWhereEveryPlantedChangeWasMeasured) {
  plant();
  measure(kMeasured);
  const ProgramResult result = validate();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("MAE 0.105 %"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("MISSING"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("95 % interval holds 100 % (n 1)"), std::string::npos) << "the brain's: " << result.out;
  EXPECT_NE(result.out.find("95 % interval holds 0 % (n 1)"), std::string::npos) << "gray matter's: " << result.out;
}

TEST_F(Validate, WritesTheReportWhereItIsAskedTo) {
  plant();
  measure(kMeasured);
  const ProgramResult result =
      wane({"validate", "--out", scratch_ / "out", "--truth", scratch_ / "truth", "--report", scratch_ / "report"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json report = json_of(scratch_ / "report/validation.json");
  ASSERT_EQ(report["accuracy"].size(), 1U);
  EXPECT_EQ(report["accuracy"][0]["brain"]["mean_absolute_error"], 0.105);
  EXPECT_EQ(report["accuracy"][0]["gray_matter"]["coverage_95_percent"], 0);
  EXPECT_TRUE(report["accuracy"][0]["white_matter"]["coverage_95_percent"].is_null());
  EXPECT_TRUE(contains(text_of(scratch_ / "report/planted_changes.tsv"), "-0.9000\t0.0600\t0.1050"));
}

TEST_F(Validate, EndsWithOneAndNamesAPlantedChangeThatWasNotMeasured) {
  plant();
  measure(kMeasured);
  std::ofstream(scratch_ / "truth/sub-02.json") << R"({"label": "sub-02", "visits": []})";
  const ProgramResult result = validate();
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.out.find("MISSING sub-02"), std::string::npos) << result.out;
}

TEST_F(Validate, EndsWithThreeWhereNothingCanBeCompared) {
  EXPECT_EQ(validate().exit_code, 3);  // no truth
  plant();
  EXPECT_EQ(validate().exit_code, 3);  // no report
  measure("[]");
  EXPECT_EQ(validate().exit_code, 3);  // no change in it
}

}  // namespace
}  // namespace wane::cases
