#include "pipeline/run/work_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"
#include "tests/refusal.h"

namespace wane {
namespace {

Grid oblique_grid() {
  Grid grid;
  grid.size = {10, 9, 8};
  grid.spacing_mm = Vec3(1.0 / 3, 1.1, 2.7);
  grid.origin_mm = Vec3(-81.123456789012, 40.1, 1e-5);
  grid.direction = Eigen::AngleAxisd(0.4321, Vec3(1, -2, 3).normalized()).toRotationMatrix();
  return grid;
}

// Each map of its own values, so that one taken for another shows.
Volume volume_of(float first) {
  Volume volume(oblique_grid());
  for (std::size_t n = 0; n < volume.size(); ++n) volume[n] = first + static_cast<float>(n) / 7.F;
  return volume;
}

Mask mask_of(std::size_t every) {
  Mask mask(oblique_grid());
  for (std::size_t n = 0; n < mask.size(); ++n) mask[n] = n % every == 0;
  return mask;
}

template <class T>
void expect_same(const Image<T>& a, const Image<T>& b, const char* what) {
  EXPECT_EQ(a.values, b.values) << what;
  EXPECT_EQ(a.grid.size, b.grid.size) << what;
  EXPECT_EQ(a.grid.spacing_mm, b.grid.spacing_mm) << what;
  EXPECT_EQ(a.grid.origin_mm, b.grid.origin_mm) << what;
  EXPECT_EQ(a.grid.direction, b.grid.direction) << what;
}

Affine some_affine() {
  Affine affine = Affine::Identity();
  affine.linear() = Eigen::AngleAxisd(0.1, Vec3::UnitX()).toRotationMatrix() * 1.0123;
  affine.translation() = Vec3(1.0 / 3, -20, 5e-9);
  return affine;
}

AlignedVisits aligned_pair() {
  AlignedVisits aligned;
  aligned.midpoint = oblique_grid();
  aligned.visits = {{volume_of(1), mask_of(2), some_affine(), 1.5},
                    {volume_of(2), mask_of(3), some_affine().inverse(), 0}};
  aligned.template_to_midpoint = some_affine();
  aligned.warnings = {"a warning"};
  return aligned;
}

void conform_visits(const std::filesystem::path& work, const std::vector<std::string>& visits,
                    double similarity = 0.5) {
  ConformedVisit conformed;
  conformed.scan = volume_of(1);
  conformed.template_similarity = similarity;
  for (const std::string& visit : visits) save_conformed(work, visit, conformed);
}

TEST(WorkFolder, ConformedVisitsReadBackToTheSameBits) {
  const broken::ScratchFolder work;
  const ScanValues values{-3.25, 0.01, 0.02, 0.03, 0.1234567890123, 0.05};
  const ConformedVisit saved{volume_of(3), some_affine(), true,    0.1234567890123, 0.2345678901234,
                             values,       mask_of(3),    {"odd"}, "scan.nii"};
  save_conformed(work.path(), "ses-02", saved);
  save_conformed(work.path(), "ses-01", saved);
  EXPECT_EQ(conformed_visits(work.path()), (std::vector<std::string>{"ses-01", "ses-02"}));
  const ConformedVisit read = load_conformed(work.path(), "ses-02");
  expect_same(read.scan, saved.scan, "scan");
  EXPECT_EQ(read.template_to_scan.matrix(), saved.template_to_scan.matrix());
  EXPECT_EQ(read.brain_extracted, saved.brain_extracted);
  EXPECT_EQ(read.template_similarity, saved.template_similarity);
  EXPECT_EQ(read.template_lead, saved.template_lead);
  expect_same(read.constant, saved.constant, "constant");
  EXPECT_EQ(read.values.subtracted, values.subtracted);
  EXPECT_EQ(read.values.negative_share, values.negative_share);
  EXPECT_EQ(read.values.wrapped_share, values.wrapped_share);
  EXPECT_EQ(read.values.saturated_share, values.saturated_share);
  EXPECT_EQ(read.values.unseen_share, values.unseen_share);
  EXPECT_EQ(read.values.surround, values.surround);
  EXPECT_EQ(read.warnings, saved.warnings);
  EXPECT_EQ(read.name, saved.name);
}

TEST(WorkFolder, VisitsStandInTheOrderOfTheirNumbers) {
  const broken::ScratchFolder work;
  ConformedVisit conformed;
  conformed.scan = volume_of(1);
  for (const char* visit : {"ses-10", "ses-2", "ses-1"}) save_conformed(work.path(), visit, conformed);
  EXPECT_EQ(conformed_visits(work.path()), (std::vector<std::string>{"ses-1", "ses-2", "ses-10"}));
}

TEST(WorkFolder, AlignedVisitsReadBackToTheSameBitsInTheirOrder) {
  const broken::ScratchFolder work;
  const AlignedVisits saved = aligned_pair();
  conform_visits(work.path(), {"late", "early"});
  save_aligned(work.path(), {"late", "early"}, saved);
  EXPECT_EQ(aligned_visits(work.path()), (std::vector<std::string>{"late", "early"}));
  const AlignedVisits read = load_aligned(work.path());
  ASSERT_EQ(read.visits.size(), 2U);
  for (std::size_t n = 0; n < 2; ++n) {
    expect_same(read.visits[n].preprocessed, saved.visits[n].preprocessed, "preprocessed");
    expect_same(read.visits[n].seen, saved.visits[n].seen, "seen");
    EXPECT_EQ(read.visits[n].midpoint_to_scan.matrix(), saved.visits[n].midpoint_to_scan.matrix());
    EXPECT_EQ(read.visits[n].constant_head_ml, saved.visits[n].constant_head_ml);
  }
  EXPECT_EQ(read.template_to_midpoint.matrix(), saved.template_to_midpoint.matrix());
  EXPECT_EQ(read.warnings, saved.warnings);
}

TEST(WorkFolder, ExtractedBrainsAndTissuesReadBackToTheSameBits) {
  const broken::ScratchFolder work;
  conform_visits(work.path(), {"ses-01", "ses-02"});
  save_aligned(work.path(), {"ses-01", "ses-02"}, aligned_pair());
  ExtractedBrain saved;
  saved.corrected = {volume_of(1), volume_of(2)};
  saved.mean = volume_of(3);
  saved.comparable = volume_of(4);
  saved.brain_mask = mask_of(2);
  saved.intracranial = mask_of(3);
  saved.scan_axes = {oblique_grid().direction, Mat3::Identity()};
  saved.blurs_mm = {Vec3(0, 0, 1.4142135623730951), Vec3::Zero()};
  saved.unseen_brain_ml = {0, 12.3456789012345};
  saved.gm_prior = volume_of(5);
  saved.wm_prior = volume_of(6);
  saved.csf_prior = volume_of(7);
  save_extracted(work.path(), saved);
  const ExtractedBrain read = load_extracted(work.path());
  ASSERT_EQ(read.corrected.size(), 2U);
  expect_same(read.corrected[1], saved.corrected[1], "corrected");
  expect_same(read.mean, saved.mean, "average");
  expect_same(read.comparable, saved.comparable, "comparable");
  expect_same(read.brain_mask, saved.brain_mask, "brain");
  expect_same(read.intracranial, saved.intracranial, "intracranial");
  EXPECT_EQ(read.scan_axes, saved.scan_axes);
  EXPECT_EQ(read.blurs_mm, saved.blurs_mm);
  EXPECT_EQ(read.unseen_brain_ml, saved.unseen_brain_ml);
  expect_same(read.gm_prior, saved.gm_prior, "gm_prior");
  expect_same(read.wm_prior, saved.wm_prior, "wm_prior");
  expect_same(read.csf_prior, saved.csf_prior, "csf_prior");

  save_segmented(work.path(), {volume_of(8), volume_of(9), volume_of(10)});
  const TissueMaps tissues = load_segmented(work.path());
  expect_same(tissues.gm, volume_of(8), "gm");
  expect_same(tissues.wm, volume_of(9), "wm");
  expect_same(tissues.csf, volume_of(10), "csf");
}

TEST(WorkFolder, AStageWhoseInputsWereMadeAnewIsRefusedAndItsCommandNamed) {
  const broken::ScratchFolder work;
  conform_visits(work.path(), {"ses-01", "ses-02"});
  save_aligned(work.path(), {"ses-01", "ses-02"}, aligned_pair());
  conform_visits(work.path(), {"ses-02"});
  EXPECT_EQ(test::refusal([&] { load_aligned(work.path()); }), "") << "the same result again";
  conform_visits(work.path(), {"ses-02"}, 0.6);
  EXPECT_NE(test::refusal([&] { load_aligned(work.path()); }).find("Run `wane align` again"), std::string::npos);
  save_aligned(work.path(), {"ses-01", "ses-02"}, aligned_pair());
  EXPECT_EQ(test::refusal([&] { load_aligned(work.path()); }), "");
}

TEST(WorkFolder, AStageThatWasKilledWhileItWroteIsNoResult) {
  const broken::ScratchFolder work;
  conform_visits(work.path(), {"ses-01"});
  const std::filesystem::path scan = work / "conform/ses-01/scan.nii.gz";
  std::filesystem::remove(scan);
  std::filesystem::create_directory(scan);  // cannot be written over
  std::ofstream(scan / "file") << "x";
  EXPECT_THROW(conform_visits(work.path(), {"ses-01"}), ResourceError);
  EXPECT_FALSE(std::filesystem::exists(work / "conform/ses-01/conform.json"));
}

TEST(WorkFolder, WhatIsMissingIsNamedWithItsCommand) {
  const broken::ScratchFolder work;
  try {
    load_conformed(work.path(), "ses-01");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("wane conform"), std::string::npos) << error.what();
  }
  EXPECT_THROW(conformed_visits(work.path()), InputError);
  EXPECT_THROW(load_aligned(work.path()), InputError);
}

TEST(WorkFolder, NamesOfVisitsCannotLeadElsewhere) {
  const broken::ScratchFolder work;
  conform_visits(work.path(), {"ses-01", "ses-02"});
  save_aligned(work.path(), {"ses-01", "ses-02"}, aligned_pair());
  std::ofstream(work / "align/align.json") << R"({"visits": ["../../x"]})";
  EXPECT_THROW(aligned_visits(work.path()), InputError);
  EXPECT_THROW(load_conformed(work.path(), "../../x"), UsageError);
}

TEST(WorkFolder, ALinkThatLeadsOutIsNotWrittenThrough) {
  const broken::ScratchFolder scratch;
  std::filesystem::create_directories(scratch / "work");
  std::filesystem::create_directories(scratch / "elsewhere");
  std::filesystem::create_directory_symlink(scratch / "elsewhere", scratch / "work/align");
  EXPECT_THROW(save_aligned(scratch / "work", {"ses-01", "ses-02"}, aligned_pair()), ResourceError);
  EXPECT_TRUE(std::filesystem::is_empty(scratch / "elsewhere"));
}

}  // namespace
}  // namespace wane
