// Conditions that users of MRI programs have met (../shared/field-cases names the reports), rebuilt from Colin27, which
// Debian's mricron-data holds: two visits of one head, each with its own noise, the second turned. The true change is
// 0.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "imaging/morphology.h"
#include "imaging/nifti.h"
#include "imaging/resample.h"
#include "imaging/smooth.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"
#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

constexpr double spacing_mm = 2.0;

Volume colin(const char* name) {
  return downsampled(read_nifti(fs::path("/usr/share/mricron/templates") / name).volume, spacing_mm);
}

// Brightest tissue at about 200.
Volume head() {
  Volume scan = colin("ch2.nii.gz");
  std::vector<float> values = scan.values;
  const auto bright = values.begin() + std::ptrdiff_t(0.99 * double(values.size()));
  std::nth_element(values.begin(), bright, values.end());
  for (float& v : scan.values) v = std::max(0.F, v / *bright * 200);
  return scan;
}

Mask brain() {
  return threshold(colin("ch2bet.nii.gz"), 40.F);
}

Volume turned(const Volume& scan, double degrees) {
  const Vec3 centre = scan.grid.centre_mm();
  const Affine turn = Eigen::Translation3d(centre) * Eigen::AngleAxisd(degrees * EIGEN_PI / 180, Vec3::UnitX()) *
                      Eigen::Translation3d(-centre);
  return resample(scan, scan.grid, turn, Interpolation::cubic);
}

// A magnitude with noise in both channels.
Volume noisy(const Volume& scan, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 2);
  Volume result = scan;
  for (float& v : result.values) {
    const double real = std::max(v, 0.F) + noise(random);
    v = float(std::hypot(real, noise(random)));
  }
  return result;
}

template <class F>
Volume made_of(const Volume& scan, F&& value) {
  Volume result = scan;
  for (std::size_t n = 0; n < scan.size(); ++n) result[n] = float(value(scan[n], n));
  return result;
}

class Trial {
 public:
  void add(const std::string& label, const Volume& first, const Volume& second) const {
    write_nifti(file(label, 1), first);
    write_nifti(file(label, 2), second);
    std::ofstream(scratch_ / ("data/sub-" + label) / ("sub-" + label + "_sessions.tsv"))
        << "session_id\tdays_since_baseline\nses-01\t0\nses-02\t365\n";
  }

  // The place of a visit's scan, with its folders.
  fs::path file(const std::string& label, int visit) const {
    const std::string session = "ses-0" + std::to_string(visit);
    const fs::path folder = scratch_ / ("data/sub-" + label) / session / "anat";
    fs::create_directories(folder);
    return folder / ("sub-" + label + "_" + session + "_T1w.nii.gz");
  }

  void run() { result_ = wane({"run", scratch_ / "data", scratch_ / "out"}); }

  nlohmann::json report(const std::string& label) const {
    const fs::path written = scratch_ / ("out/sub-" + label) / ("sub-" + label + "_atrophy.json");
    if (!fs::exists(written)) {
      ADD_FAILURE() << result_.out << result_.err;
      return {};
    }
    return json_of(written);
  }

  double change(const std::string& label, const char* tissue) const {
    const nlohmann::json found = report(label);
    return found.is_null() ? std::nan("") : found["changes"][0]["percent"][tissue].get<double>();
  }

  double brain_ml(const std::string& label) const {
    const nlohmann::json found = report(label);
    return found.is_null() ? std::nan("") : found["visits"][0]["volumes_ml"]["brain"].get<double>();
  }

 private:
  broken::ScratchFolder scratch_;
  ProgramResult result_;
};

bool has_finding(const nlohmann::json& quality, const std::string& check) {
  for (const auto& one : quality["checks"])
    if (one["name"] == check && one["verdict"] != "pass") return true;
  return false;
}

TEST(FieldCases, WhatIsOneConstantValueInsideTheScanIsNotSeen) {
  Trial trial;
  const Volume whole = head(), one = noisy(whole, 1), two = noisy(whole, 2);
  const Box box = bounding_box(brain());
  const auto slices = [&](int from, int to) {
    Volume cut = two;
    for (int k = from; k <= to; ++k)
      for (int j = 0; j < cut.grid.size[1]; ++j)
        for (int i = 0; i < cut.grid.size[0]; ++i) cut.at(i, j, k) = 0;
    return cut;
  };
  trial.add("vertex", one, slices(box.high[2] - 5, whole.grid.size[2] - 1));
  trial.add("bottom", one, slices(0, box.low[2] + 9));
  trial.run();
  for (const char* label : {"vertex", "bottom"}) {
    const nlohmann::json report = trial.report(label);
    for (const char* tissue : {"brain", "gray_matter"})
      EXPECT_LT(std::abs(trial.change(label, tissue)),
                1.96 * report["changes"][0]["standard_error"][tissue].get<double>())
          << label << ' ' << tissue;
    EXPECT_TRUE(has_finding(report["changes"][0]["quality"], "constant_region")) << label;
    EXPECT_LT(report["visits"][0]["quality"]["share_of_brain_compared"].get<double>(), 0.99) << label;
  }
}

TEST(FieldCases, TheBackgroundNeedNotBeZero) {
  Trial trial;
  const Volume whole = head(), one = noisy(whole, 1), two = noisy(turned(whole, 2), 2);
  const Mask inside = brain();
  const auto z_score = [&](const Volume& scan) {
    double sum = 0, squares = 0, voxels = 0;
    for (std::size_t n = 0; n < scan.size(); ++n) {
      if (!inside[n]) continue;
      sum += scan[n];
      squares += double(scan[n]) * scan[n];
      voxels += 1;
    }
    const double mean = sum / voxels, deviation = std::sqrt(squares / voxels - mean * mean);
    return made_of(scan, [&](float v, std::size_t) { return (v - mean) / deviation; });
  };
  const auto plus = [](const Volume& scan, double offset) {
    return made_of(scan, [&](float v, std::size_t) { return v + offset; });
  };
  trial.add("plain", one, two);
  trial.add("zscores", z_score(one), z_score(two));
  trial.add("offset", plus(one, 1000), plus(two, 1000));
  trial.run();
  for (const char* label : {"zscores", "offset"}) {
    EXPECT_NEAR(trial.brain_ml(label), trial.brain_ml("plain"), 0.005 * trial.brain_ml("plain")) << label;
    for (const char* tissue : {"brain", "gray_matter", "white_matter"})
      EXPECT_NEAR(trial.change(label, tissue), 0, 0.3) << label << ' ' << tissue;
    EXPECT_EQ(has_finding(trial.report(label)["changes"][0]["quality"], "background"), label == std::string("zscores"));
  }
}

// Vessels and meninges as bright as fat at the second visit (../shared/field-cases/contrast_agent_and_noise.py).
TEST(FieldCases, AContrastAgentAtOneVisitIsNamedAsOneAndIsNoOtherPerson) {
  Trial trial;
  const Volume whole = head();
  Volume two = noisy(turned(whole, 2), 2);
  const Mask inside = brain(), around = dilated(inside, 2 * spacing_mm), within = eroded(inside, spacing_mm);
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  Volume patches = made_of(whole, [&](float, std::size_t) { return normal(random); });
  patches = gaussian(patches, 3.0);
  for (std::size_t n = 0; n < two.size(); ++n)
    if (around[n] && !within[n] && patches[n] > 0.02F) two[n] = std::max(two[n], 250.F);
  trial.add("agent", noisy(whole, 1), two);
  trial.run();
  const nlohmann::json report = trial.report("agent");
  EXPECT_TRUE(has_finding(report["changes"][0]["quality"], "contrast_agent"));
  EXPECT_EQ(report["changes"][0]["quality"]["verdict"], "fail");
  for (const auto& visit : report["visits"]) EXPECT_FALSE(has_finding(visit["quality"], "same_person"));
}

TEST(FieldCases, ABrainOnGreyIsKnownAsBrainExtracted) {
  Trial trial;
  const Volume whole = head(), one = noisy(whole, 1), two = noisy(whole, 2);
  const Mask inside = brain(), wide = dilated(inside, spacing_mm);
  const auto on_grey = [](const Volume& scan, const Mask& mask, double grey) {
    return made_of(scan, [&](float v, std::size_t n) { return mask[n] ? double(v) : grey; });
  };
  trial.add("on100", on_grey(one, inside, 100), on_grey(two, inside, 100));
  trial.add("wider10", on_grey(one, inside, 10), on_grey(two, wide, 10));  // masks of the visits 2 mm apart
  trial.run();
  for (const char* label : {"on100", "wider10"})
    EXPECT_NE(trial.report(label)["visits"][0]["notes"].dump().find("brain-extracted"), std::string::npos) << label;
  EXPECT_NEAR(trial.change("on100", "brain"), 0, 0.3);
  EXPECT_NEAR(trial.change("on100", "white_matter"), 0, 0.4);
  // Where the two extractions differ by a voxel all around, the change is wrong, and must not count.
  EXPECT_EQ(trial.report("wider10")["verdict"], "fail");
}

TEST(FieldCases, AVoxelSizeThatIsWrongAlongOneAxisIsFoundAlongThatAxis) {
  Trial trial;
  const Volume whole = head(), one = noisy(whole, 1), two = noisy(turned(whole, 1), 2);
  Volume thick = two;
  thick.grid.spacing_mm[2] *= 1.01;
  trial.add("z1", one, thick);
  trial.run();
  const nlohmann::json report = trial.report("z1");
  ASSERT_FALSE(report.is_null());
  const auto& change = report["changes"][0];
  EXPECT_TRUE(has_finding(change["quality"], "voxel_size"));
  EXPECT_NE(change["quality"].dump().find("third axis"), std::string::npos) << change["quality"];
  EXPECT_LT(std::abs(change["percent"]["brain"].get<double>()), 2 * change["standard_error"]["brain"].get<double>());
  EXPECT_NEAR(change["percent"]["brain"].get<double>(), 0, 0.3);
}

TEST(FieldCases, AScanWithoutOrientationIsTurnedToTheTemplate) {
  Trial trial;
  const Volume whole = head(), one = noisy(whole, 1);
  trial.add("lost", one, noisy(turned(whole, 2), 2));
  // The first scan anew: sagittal, front to back and top to bottom, both form codes 0.
  broken::Recipe recipe;
  const auto& size = one.grid.size;
  recipe.dim = {3, std::int16_t(size[1]), std::int16_t(size[2]), std::int16_t(size[0]), 1, 1, 1, 1};
  recipe.pixdim = {1, float(spacing_mm), float(spacing_mm), float(spacing_mm), 1, 1, 1, 1};
  recipe.qform_code = recipe.sform_code = 0;
  recipe.voxels.clear();
  for (int i = 0; i < size[0]; ++i)
    for (int k = size[2] - 1; k >= 0; --k)
      for (int j = size[1] - 1; j >= 0; --j) recipe.voxels.push_back(one.at(i, j, k));
  broken::write_bytes(trial.file("lost", 1), broken::gz_bytes(broken::nifti_bytes(recipe)));
  trial.run();
  const nlohmann::json report = trial.report("lost");
  ASSERT_FALSE(report.is_null());
  EXPECT_NE(report["visits"][0]["notes"].dump().find("left and right cannot be told apart"), std::string::npos);
  EXPECT_GT(report["visits"][0]["quality"]["template_similarity"].get<double>(), 0.7);
  EXPECT_NEAR(trial.brain_ml("lost"), 1645, 15);  // as with its orientation
  EXPECT_NEAR(trial.change("lost", "brain"), 0, 0.4);
}

}  // namespace
}  // namespace wane::cases
