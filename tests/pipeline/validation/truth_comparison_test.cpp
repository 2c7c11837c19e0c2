#include "pipeline/validation/truth_comparison.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/report/participant_json.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

ParticipantReport measured_report() {
  ParticipantReport report;
  report.participant_id = "sub-01";
  report.dose_group = "A";
  const TissueVolumes volumes{1100, 600, 500, 300, 1500};
  report.visits = {{"ses-01", 0.0, volumes, {{"calibration_drift_percent", -0.1}}, {}, {}},
                   {"ses-02", 100.0, volumes, {{"calibration_drift_percent", 0.15}}, {}, {}},
                   {"ses-03", 200.0, volumes, {}, {}, {}}};
  ChangeRow change{"ses-01", "ses-02", 100.0, {-0.9, -1.1, -0.7}, {0.1, 0.2, 0.15}};
  change.boundary_shift = ChangeEstimate{{-0.8, -1, -0.6}, {0.2, 0.3, 0.25}};
  change.errors = ChangeErrors{{0.01, 0.02, 0.03}, 0.04, 1.5, {0.05, 0.06, 0.07}, {0.08, 0.09, 0.11}, true};
  report.changes = {change,
                    {"ses-01", "ses-03", 200.0, {-2, -2.5, -1.5}, {0.1, 0.2, 0.15}},
                    {"ses-02", "ses-03", 100.0, {-1, -1.3, -0.8}, {0.1, 0.2, 0.15}}};
  return report;
}

json planted(double percent_of_first) {
  return {{"brain_change_percent", percent_of_first},
          {"gm_change_percent", percent_of_first},
          {"wm_change_percent", percent_of_first}};
}

class TruthAndReports : public testing::Test {
 protected:
  TruthAndReports() {
    json second = planted(-1), third = planted(-2);
    second["session"] = "ses-02";
    second["planted_scale_percent"] = 0.2;
    third["session"] = "ses-03";
    const json first = {{"session", "ses-01"}, {"planted_scale_percent", 0.0}};
    write("truth/sub-01.json", json{{"label", "sub-01"}, {"visits", {first, second, third}}}.dump());
  }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((scratch_ / file.string()).parent_path());
    std::ofstream(scratch_ / file.string()) << text;
  }
  void write(const ParticipantReport& report) const {
    const Provenance provenance{"0.1.0", "{}", {{error_model_file_name, std::string(64, 'e')}}};
    write("out/" + participant_json_path("sub-01"), participant_json_text(report, provenance));
  }
  ComparedParticipant compared() const {
    return compare_with_truth(scratch_ / "out", scratch_ / "truth").participants.at(0);
  }
  const broken::ScratchFolder scratch_;
};

TEST_F(TruthAndReports, AChangeHasAllThatItsReportSays) {
  write(measured_report());
  const ComparedParticipant person = compared();
  EXPECT_EQ(person.dose_group, "A");
  EXPECT_EQ(person.error_model_sha256, std::string(64, 'e'));
  ASSERT_EQ(person.changes.size(), 2U);
  EXPECT_TRUE(person.has_last);
  const ComparedChange& change = person.changes[0];
  EXPECT_NEAR(change.planted.brain, 200.0 * -1 / 199, 1e-12) << "of the mean of both volumes";
  EXPECT_EQ(change.measured.gray_matter, -1.1);
  ASSERT_TRUE(change.standard_error && change.boundary_shift_percent && change.errors);
  EXPECT_EQ(change.standard_error->white_matter, 0.15);
  EXPECT_EQ(change.boundary_shift_percent->brain, -0.8);
  EXPECT_EQ(change.errors->residual_percent.gray_matter, 0.02);
  EXPECT_EQ(change.errors->calibration_percent, 0.04);
  EXPECT_EQ(change.errors->voxel_mm3, 1.5);
  EXPECT_EQ(change.errors->noise_percent.white_matter, 0.07);
  EXPECT_EQ(change.errors->scale_share.brain, 0.08);
  EXPECT_TRUE(change.errors->visits_blurred);
  EXPECT_NEAR(change.measured_drift_percent.value(), 0.25, 1e-12);
  EXPECT_NEAR(change.planted_drift_percent.value(), 0.2, 1e-12);
  EXPECT_FALSE(person.changes[1].measured_drift_percent) << "the third visit's is not known";
  EXPECT_FALSE(person.changes[1].errors);
  ASSERT_EQ(person.transitivity_gaps.size(), 1U);
  EXPECT_NEAR(person.transitivity_gaps[0].brain, 0.1, 0.002);
}

TEST_F(TruthAndReports, AChangeThatIsNotKnownIsMissing) {
  ParticipantReport report = measured_report();
  report.changes[1].percent.gray_matter = unknown;
  write(report);
  const TruthComparison comparison = compare_with_truth(scratch_ / "out", scratch_ / "truth");
  ASSERT_EQ(comparison.participants.at(0).changes.size(), 1U);
  EXPECT_FALSE(comparison.participants[0].has_last);
  EXPECT_EQ(comparison.missing, std::vector<std::string>{"sub-01 ses-03: no change in its report"});
}

// As `group` refuses it: two readers of one file would part.
TEST_F(TruthAndReports, AReportThatGroupRefusesIsRefusedHereToo) {
  for (const auto& edit : std::vector<std::pair<std::string, json>>{
           {"/schema", "wane/participant/0"}, {"/changes/0/errors/noise", 1}, {"/changes/0/to", "ses-09"}}) {
    const Provenance provenance{"0.1.0", "{}", {}};
    json report = json::parse(participant_json_text(measured_report(), provenance));
    report[json::json_pointer(edit.first)] = edit.second;
    write("out/" + participant_json_path("sub-01"), report.dump());
    EXPECT_THROW(parse_participant_json(report.dump(), "x"), InputError) << edit.first;
    EXPECT_THROW(compared(), InputError) << edit.first;
  }
}

}  // namespace
}  // namespace wane
