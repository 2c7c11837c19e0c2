// Real scans, which lie beside the checkout (../shared/scans) and are no part of the repository. Where they are not
// there the tests are skipped, except on the project's own checking machine (CI is set), where they must be.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

const fs::path scans = fs::path(WANE_SOURCE_DIR) / ".." / "shared" / "scans";

#define NEED_REAL_SCANS()                                                                       \
  if (!fs::exists(scans)) {                                                                     \
    if (std::getenv("CI") != nullptr) FAIL() << "there are no real scans at " << scans;         \
    GTEST_SKIP() << "there are no real scans at " << scans << "; only tests on made scans ran"; \
  }

// The participants' reports of `wane run` on some participants of a dataset. 2 mm is quick; "0" is what a user gets.
std::vector<nlohmann::json> reports_of(const std::string& dataset, const std::vector<std::string>& participants,
                                       const std::string& spacing_mm = "2", int exit_code = 0) {
  const broken::ScratchFolder scratch;
  std::vector<std::string> arguments = {"run",      scans / dataset,      scratch / "out", "--align-spacing-mm",
                                        spacing_mm, "--participant-label"};
  arguments.insert(arguments.end(), participants.begin(), participants.end());
  const ProgramResult result = wane(arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  std::vector<nlohmann::json> reports;
  for (const auto& id : participants) {
    const fs::path report = scratch / "out" / id / (id + "_atrophy.json");
    EXPECT_TRUE(fs::exists(report)) << result.err;
    if (fs::exists(report)) reports.push_back(json_of(report));
    EXPECT_TRUE(fs::exists(scratch / "out" / id / "figures" / (id + "_quality.png"))) << id;
  }
  return reports;
}

// Loose: what no living adult's brain can be, whatever the scanner.
void expect_plausible(const nlohmann::json& report) {
  for (const auto& visit : report["visits"]) {
    const auto& volumes = visit["volumes_ml"];
    EXPECT_GT(volumes["brain"].get<double>(), 800) << report["participant_id"];
    EXPECT_LT(volumes["brain"].get<double>(), 1700) << report["participant_id"];
    EXPECT_GT(volumes["gray_matter"].get<double>(), 350) << report["participant_id"];
    EXPECT_GT(volumes["white_matter"].get<double>(), 250) << report["participant_id"];
    EXPECT_GT(volumes["csf"].get<double>(), 30) << report["participant_id"];
  }
}

TEST(RealScans, ThickSlicesOfTwoScannersAreMeasured) {
  NEED_REAL_SCANS();
  // What fails a check fails the participant.
  for (const auto& report : reports_of("ms", {"sub-ms01", "sub-ms12"}, "0", 1)) {
    expect_plausible(report);
    ASSERT_EQ(report["changes"].size(), 1U);
    const auto& change = report["changes"][0];
    // One scanner, 81 days: SIENA gives -0.29 %. At the other pair's second visit there is a contrast agent.
    if (report["participant_id"] == "sub-ms12")
      EXPECT_NEAR(change["percent"]["brain"].get<double>(), -0.29, 0.6);
    else
      EXPECT_EQ(change["quality"]["verdict"], "fail");
  }
}

TEST(RealScans, AScanAndItsRepetitionDifferLittleAndBrainExtractionIsSeen) {
  NEED_REAL_SCANS();
  for (const auto& report : reports_of("rescan", {"sub-oas1003"}, "0")) {
    expect_plausible(report);
    // The scanner's stretch of 0.24 % is in it (docs/accuracy.md); shading at the brain's rim, once 0.9 %, must not be.
    EXPECT_LT(std::abs(report["changes"][0]["percent"]["brain"].get<double>()), 0.4);
    EXPECT_LT(std::abs(report["changes"][0]["percent"]["gray_matter"].get<double>()), 0.4);
    EXPECT_NE(report["visits"][0]["notes"].dump().find("brain-extracted"), std::string::npos);
    // No skull is seen, and the brain's own edge is none: what shrinks there may be atrophy.
    EXPECT_FALSE(report["visits"][0]["quality"].contains("calibration_drift_percent"));
  }
}

TEST(RealScans, WholeHeadsAreMeasuredAtOneVisit) {
  NEED_REAL_SCANS();
  for (const auto& report : reports_of("heads-2mm", {"sub-ixi012", "sub-ixi049"})) {
    expect_plausible(report);
    EXPECT_TRUE(report["changes"].empty());
    EXPECT_TRUE(report["rates_percent_per_year"].is_null());
  }
}

}  // namespace
}  // namespace wane::cases
