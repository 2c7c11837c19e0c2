#include "pipeline/quality/acquisition.h"

#include <gtest/gtest.h>

namespace wane {
namespace {

ScanSidecar sidecar_of(const std::string& model, double field_strength_tesla) {
  ScanSidecar sidecar;
  sidecar.model = model;
  sidecar.field_strength_tesla = field_strength_tesla;
  return sidecar;
}

Quality judged(const ScanSidecar& from, const ScanSidecar& to) {
  Quality quality;
  judge_acquisition(quality, from, to, "ses-01", "ses-02");
  return quality;
}

TEST(Acquisition, AnotherScannerAndFieldStrengthWarnAndAreNamed) {
  const Quality quality = judged(sidecar_of("Prisma", 3), sidecar_of("Avanto", 1.5));
  ASSERT_EQ(quality.checks.size(), 1U);
  EXPECT_EQ(quality.checks[0].verdict, Verdict::warn);
  EXPECT_NE(quality.checks[0].sentence.find("scanner Prisma and Avanto"), std::string::npos);
  EXPECT_NE(quality.checks[0].sentence.find("field strength 3 and 1.5 T"), std::string::npos);
}

TEST(Acquisition, TheSameScannerPasses) {
  const Quality quality = judged(sidecar_of("Prisma", 3), sidecar_of("Prisma", 3));
  ASSERT_EQ(quality.checks.size(), 1U);
  EXPECT_EQ(quality.checks[0].verdict, Verdict::pass);
}

TEST(Acquisition, RoundingOfTimesIsNoDifference) {
  ScanSidecar a, b;
  a.repetition_time_s = 2.3;
  b.repetition_time_s = 2.2998;
  EXPECT_EQ(judged(a, b).verdict(), Verdict::pass);
  b.repetition_time_s = 2.0;
  EXPECT_EQ(judged(a, b).verdict(), Verdict::warn);
}

TEST(Acquisition, WithoutCommonValuesNothingIsClaimed) {
  EXPECT_TRUE(judged({}, sidecar_of("Prisma", 3)).checks.empty());
}

TEST(Acquisition, AContrastAgentInOneSidecarFails) {
  ScanSidecar plain, enhanced;
  enhanced.contrast_agent = "Gadovist";
  EXPECT_EQ(judged(plain, enhanced).verdict(), Verdict::warn) << "the other visit has no sidecar";
  plain.files = {"sub-01_ses-01_T1w.json"};
  const Quality quality = judged(plain, enhanced);
  EXPECT_EQ(quality.verdict(), Verdict::fail);
  EXPECT_NE(quality.checks[0].sentence.find("ses-02 names a contrast agent (Gadovist)"), std::string::npos);
  plain.contrast_agent = "Gadovist";
  EXPECT_EQ(judged(plain, enhanced).verdict(), Verdict::pass);
}

TEST(Acquisition, OtherSidecarsReplaceTheirChecks) {
  Quality quality = judged(sidecar_of("Prisma", 3), sidecar_of("Avanto", 1.5));
  judge_acquisition(quality, sidecar_of("Prisma", 3), sidecar_of("Prisma", 3), "ses-01", "ses-02");
  ASSERT_EQ(quality.checks.size(), 1U);
  EXPECT_EQ(quality.verdict(), Verdict::pass);
}

}  // namespace
}  // namespace wane
