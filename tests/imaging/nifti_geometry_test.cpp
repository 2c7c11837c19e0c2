// One test for each row of the truth table in imaging/nifti.h, and orientations, units and byte orders.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <numbers>

#include "base/error.h"
#include "imaging/nifti.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using broken::Recipe;
using Eigen::AngleAxisd;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

NiftiReport inspected(const Recipe& recipe) {
  const broken::ScratchFolder folder;
  const fs::path file = folder / "geometry.nii";
  broken::write_bytes(file, broken::nifti_bytes(recipe));
  const NiftiReport report = inspect_nifti(file);
  EXPECT_TRUE(read_nifti(file).volume.grid.matches(report.grid, 0.0));
  return report;
}

Mat3 turned(double degrees, const Vec3& axis) {
  return AngleAxisd(degrees * std::numbers::pi / 180, axis.normalized()).toRotationMatrix();
}

const Vec3 origin(-10, -9, -8);
const Vec3 unit_spacing = Vec3::Ones();

// RAS position of a voxel, where the grid inside is LPS.
Vec3 ras_of(const Grid& grid, double i, double j, double k) {
  const Vec3 lps = grid.index_to_lps() * Vec3(i, j, k);
  return {-lps[0], -lps[1], lps[2]};
}

void expect_near(const Vec3& a, const Vec3& b, double tolerance) {
  EXPECT_LT((a - b).norm(), tolerance) << a.transpose() << " is not " << b.transpose();
}

TEST(NiftiForms, CleanSformAloneIsUsed) {
  Recipe recipe;
  recipe.qform_code = 0;
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "sform");
  EXPECT_TRUE(report.warnings.empty());
  expect_near(ras_of(report.grid, 19, 17, 15), {9, 8, 7}, 1e-9);
}

TEST(NiftiForms, AgreeingFormsGiveNoWarning) {
  const NiftiReport report = inspected({});
  EXPECT_EQ(report.orientation_source, "sform");
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_LT(report.form_disagreement_mm, 1e-4);
}

TEST(NiftiForms, DisagreementIsMeasuredAndTheSformWins) {
  Recipe recipe;
  broken::set_qform(recipe, turned(10, Vec3::UnitZ()), unit_spacing, origin);
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "sform");
  EXPECT_NEAR(report.form_disagreement_degrees, 10, 1e-3);
  // The far corner lies 19 and 17 mm from the axis of the turn.
  EXPECT_NEAR(report.form_disagreement_mm, 2 * std::sin(5 * std::numbers::pi / 180) * std::hypot(19, 17), 1e-3);
  ASSERT_EQ(report.warnings.size(), 1u);
  expect_near(ras_of(report.grid, 0, 0, 0), origin, 1e-6);
}

TEST(NiftiForms, AShiftAloneIsMeasuredInMillimetres) {
  Recipe recipe;
  broken::set_qform(recipe, Mat3::Identity(), unit_spacing, origin + Vec3(0, 0, 5));
  const NiftiReport report = inspected(recipe);
  EXPECT_NEAR(report.form_disagreement_degrees, 0, 1e-6);
  EXPECT_NEAR(report.form_disagreement_mm, 5, 1e-5);
  EXPECT_EQ(report.warnings.size(), 1u);
}

TEST(NiftiForms, AMirrorImageCountsAs180Degrees) {
  Recipe recipe;
  broken::set_sform(recipe, Vec3(-1, 1, 1).asDiagonal(), {9, -9, -8});
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.form_disagreement_degrees, 180);
  EXPECT_EQ(report.warnings.size(), 1u);
}

TEST(NiftiForms, UnusableQformBesideCleanSformIsReported) {
  Recipe recipe;
  recipe.quatern[0] = not_a_number;
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "sform");
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("qform contains"), std::string::npos);
}

TEST(NiftiForms, BentSformYieldsToAUsableQform) {
  Recipe recipe;
  recipe.srow[0][1] = 0.01f;
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "qform");
  EXPECT_EQ(report.warnings.size(), 1u);
  EXPECT_TRUE(report.grid.direction.isApprox(Mat3(Vec3(-1, -1, 1).asDiagonal()), 1e-6));
}

TEST(NiftiForms, BentSformAloneIsStraightenedAboutTheMiddle) {
  Recipe recipe;
  recipe.qform_code = 0;
  recipe.srow[0][1] = 0.01f;
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "sform");
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("moves voxels by up to 0."), std::string::npos) << report.warnings[0];
  EXPECT_TRUE((report.grid.direction.transpose() * report.grid.direction).isIdentity(1e-9));
  expect_near(ras_of(report.grid, 9.5, 8.5, 7.5), origin + Vec3(9.5 + 0.085, 8.5, 7.5), 1e-5);
}

TEST(NiftiForms, BentSformWithUnusableQformIsStraightened) {
  Recipe recipe;
  recipe.quatern[0] = not_a_number;
  recipe.srow[0][1] = 0.01f;
  EXPECT_EQ(inspected(recipe).orientation_source, "sform");
}

// An sform that holds a transform to a template scales the brain; its voxel size is not the scanner's.
TEST(NiftiForms, SformWithAnotherVoxelSizeYieldsToTheQform) {
  Recipe recipe;
  broken::set_sform(recipe, Mat3::Identity() * 1.2, origin);
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "qform");
  expect_near(report.grid.spacing_mm, unit_spacing, 1e-9);
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("differs from pixdim by 20 %"), std::string::npos) << report.warnings[0];
}

TEST(NiftiForms, UnusableSformAloneIsRefused) {
  Recipe recipe;
  recipe.qform_code = 0;
  recipe.srow[0][1] = 0.3f;
  EXPECT_THROW(inspected(recipe), InputError);
  recipe.srow[0][1] = not_a_number;
  EXPECT_THROW(inspected(recipe), InputError);
}

TEST(NiftiForms, QformAloneIsUsed) {
  Recipe recipe;
  recipe.sform_code = 0;
  broken::set_qform(recipe, turned(25, {1, 2, 3}), {1, 1.5, 2}, origin);
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "qform");
  EXPECT_TRUE(report.warnings.empty());
  expect_near(ras_of(report.grid, 19, 17, 15), origin + turned(25, {1, 2, 3}) * Vec3(19, 25.5, 30), 1e-4);
}

TEST(NiftiForms, UnusableQformAloneIsRefused) {
  Recipe recipe;
  recipe.sform_code = 0;
  recipe.quatern[2] = not_a_number;
  EXPECT_THROW(inspected(recipe), InputError);
}

TEST(NiftiForms, WithoutEitherFormTheScanIsCentredAndSaidSo) {
  Recipe recipe;
  recipe.sform_code = recipe.qform_code = 0;
  recipe.pixdim = {1, 1, 2, 3, 1, 1, 1, 1};
  const NiftiReport report = inspected(recipe);
  EXPECT_EQ(report.orientation_source, "none");
  ASSERT_EQ(report.warnings.size(), 1u);
  expect_near(report.grid.spacing_mm, {1, 2, 3}, 1e-9);
  expect_near(report.grid.centre_mm(), Vec3::Zero(), 1e-9);
  expect_near(ras_of(report.grid, 0, 0, 0), {9.5, -17, -22.5}, 1e-9);  // as FSL, SPM and nibabel assume
}

TEST(NiftiForms, EveryObliqueOrientationIsReadAlikeFromBothForms) {
  const Vec3 spacing(0.9, 1.1, 2.5);
  for (int n = 0; n < 48; ++n) {
    Mat3 rotation = turned(37.0 * n, {1.0 + n % 3, n % 5 - 2.0, n % 7 - 3.0});
    if (n % 2) rotation.col(n % 3) *= -1;
    Recipe recipe;
    broken::set_qform(recipe, rotation, spacing, origin);
    broken::set_sform(recipe, rotation * spacing.asDiagonal(), origin);
    const NiftiReport both = inspected(recipe);
    EXPECT_TRUE(both.warnings.empty()) << n;
    EXPECT_LT(both.form_disagreement_mm, 0.05) << n;
    expect_near(ras_of(both.grid, 19, 17, 15), origin + rotation * spacing.cwiseProduct(Vec3(19, 17, 15)), 1e-4);
    recipe.sform_code = 0;
    EXPECT_TRUE(inspected(recipe).grid.matches(both.grid, 0.05)) << n;
  }
}

TEST(NiftiForms, HalfTurnsSurviveTheQuaternion) {
  for (const Vec3& axis : {Vec3(1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, 1), Vec3(0, 1, 1)}) {
    Recipe recipe;
    broken::set_qform(recipe, turned(180, axis), unit_spacing, origin);
    recipe.sform_code = 0;
    const NiftiReport report = inspected(recipe);
    expect_near(ras_of(report.grid, 19, 17, 15), origin + turned(180, axis) * Vec3(19, 17, 15), 1e-3);
  }
}

TEST(NiftiUnits, MetresAndMicronsBecomeMillimetres) {
  for (const auto& [unit, factor] : {std::pair(1, 0.001), std::pair(3, 1000.0)}) {
    Recipe recipe;
    recipe.xyzt_units = std::uint8_t(unit | 8);  // with seconds for the time
    broken::set_qform(recipe, Mat3::Identity(), unit_spacing * factor, origin * factor);
    broken::set_sform(recipe, Mat3::Identity() * factor, origin * factor);
    const NiftiReport report = inspected(recipe);
    expect_near(report.grid.spacing_mm, unit_spacing, 1e-6);
    expect_near(ras_of(report.grid, 0, 0, 0), origin, 1e-5);
    EXPECT_EQ(report.warnings.size(), 1u);
  }
}

TEST(NiftiUnits, AnUnknownUnitIsMillimetres) {
  Recipe recipe;
  recipe.xyzt_units = 0;
  const NiftiReport report = inspected(recipe);
  expect_near(report.grid.spacing_mm, unit_spacing, 1e-9);
  EXPECT_TRUE(report.warnings.empty());
}

TEST(NiftiUnits, TrailingDimensionsOfOneAreNoVolumes) {
  Recipe recipe;
  recipe.dim = {7, 20, 18, 16, 1, 1, 1, 1};
  EXPECT_EQ(inspected(recipe).grid.size, (std::array<int, 3>{20, 18, 16}));
}

}  // namespace
}  // namespace wane
