// Voxel values: datatypes, byte orders, scaling, labels and masks, and what is written comes back.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "imaging/nifti.h"
#include "tests/broken/broken_nifti.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using broken::Recipe;

// One a process; gone at its end.
fs::path in_folder(const std::string& name) {
  static const broken::ScratchFolder folder;
  return folder / name;
}

fs::path placed(const Recipe& recipe) {
  const fs::path file = in_folder("values.nii.gz");
  broken::write_bytes(file, broken::gz_bytes(broken::nifti_bytes(recipe)));
  return file;
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

Recipe holding(std::initializer_list<double> first_voxels) {
  Recipe recipe;
  recipe.voxels = std::vector<double>(broken::voxel_count(recipe), 0.0);
  std::copy(first_voxels.begin(), first_voxels.end(), recipe.voxels.begin());
  return recipe;
}

Grid oblique_grid() {
  Grid grid;
  grid.size = {20, 18, 16};
  grid.spacing_mm = {0.9, 1.1, 2.5};
  grid.origin_mm = {31, -20, 7.5};
  grid.direction = Eigen::AngleAxisd(0.4, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  grid.direction.col(0) *= -1;
  return grid;
}

struct Datatype {
  std::int16_t code;
  const char* name;
  double lowest;
  double highest;  // exact in single precision
};

const Datatype datatypes[] = {
    {2, "uint8", 0, 255},
    {256, "int8", -128, 127},
    {4, "int16", -32768, 32767},
    {512, "uint16", 0, 65535},
    {8, "int32", -0x1p31, 0x1p30},
    {768, "uint32", 0, 0x1p31},
    {1024, "int64", -0x1p62, 0x1p62},
    {1280, "uint64", 0, 0x1p63},
    {16, "float32", -1.5e30, 0x1p-100},
    {64, "float64", -0x1p100, 0x1p-100},
};

TEST(NiftiDatatypes, AreReadExactlyInBothByteOrders) {
  for (const Datatype& datatype : datatypes)
    for (const int form : {0, 1, 2, 3}) {
      SCOPED_TRACE(datatype.name);
      Recipe recipe = holding({datatype.lowest, datatype.highest, 1, 77});
      recipe.datatype = datatype.code;
      recipe.big_endian = form % 2 == 1;
      if (form >= 2) recipe = broken::as_nifti_2(recipe);
      const NiftiScan scan = read_nifti(placed(recipe));
      EXPECT_EQ(scan.report.datatype, datatype.name);
      EXPECT_EQ(scan.volume[0], float(datatype.lowest));
      EXPECT_EQ(scan.volume[1], float(datatype.highest));
      EXPECT_EQ(scan.volume[2], 1.0f);
      EXPECT_EQ(scan.volume[3], 77.0f);
      EXPECT_TRUE(scan.report.warnings.empty());
    }
}

TEST(NiftiValues, Nifti2GivesTheSameScanAsNifti1) {
  for (const bool big_endian : {false, true}) {
    Recipe recipe;
    recipe.big_endian = big_endian;
    recipe.datatype = 4;
    recipe.scl_slope = 0.25f;
    recipe.scl_inter = -3;
    recipe.vox_offset = 352 + 160;  // a header extension
    recipe.pixdim = {1, 0.9f, 1.1f, 2.5f, 1, 1, 1, 1};
    broken::set_qform(recipe, Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix(), {0.9, 1.1, 2.5},
                      {-10, 5, 7});
    recipe.sform_code = 0;
    const NiftiScan one = read_nifti(placed(recipe));
    const fs::path file = placed(broken::as_nifti_2(recipe));
    const NiftiScan two = read_nifti(file);
    EXPECT_EQ(two.volume.values, one.volume.values);
    EXPECT_EQ(two.volume.grid.index_to_lps().matrix(), one.volume.grid.index_to_lps().matrix());
    EXPECT_EQ(two.report.orientation_source, "qform");
    EXPECT_EQ(inspect_nifti(file).grid.size, one.volume.grid.size);
  }
}

TEST(NiftiValues, SlopeAndInterceptAreApplied) {
  Recipe recipe = holding({0, 10, -10});
  recipe.datatype = 4;
  recipe.scl_slope = 0.5f;
  recipe.scl_inter = 3;
  const NiftiScan scan = read_nifti(placed(recipe));
  EXPECT_EQ(scan.volume[0], 3.0f);
  EXPECT_EQ(scan.volume[1], 8.0f);
  EXPECT_EQ(scan.volume[2], -2.0f);
}

TEST(NiftiValues, SlopeOfZeroMeansUnscaled) {
  Recipe recipe = holding({12});
  recipe.scl_slope = 0;
  recipe.scl_inter = 100;
  EXPECT_EQ(read_nifti(placed(recipe)).volume[0], 12.0f);
}

TEST(NiftiValues, NonFiniteVoxelsAreCountedAndReadAsZero) {
  const double infinity = std::numeric_limits<double>::infinity();
  Recipe recipe = holding({std::nan(""), infinity, -infinity, 1e300, 5});
  recipe.datatype = 64;
  const NiftiScan scan = read_nifti(placed(recipe));
  EXPECT_EQ(scan.report.non_finite_voxels, 4u);  // 1e300 is infinite in single precision
  EXPECT_EQ(scan.volume[0], 0.0f);
  EXPECT_EQ(scan.volume[3], 0.0f);
  EXPECT_EQ(scan.volume[4], 5.0f);
  EXPECT_EQ(scan.report.warnings.size(), 1u);
}

TEST(NiftiValues, ExtensionsBeforeTheVoxelsAreSkipped) {
  Recipe recipe = holding({42});
  recipe.vox_offset = 2912;
  EXPECT_EQ(read_nifti(placed(recipe)).volume[0], 42.0f);
}

TEST(NiftiValues, SeveralGzipMembersAreOneFile) {
  const std::string plain = broken::nifti_bytes({});
  const fs::path file = in_folder("members.nii.gz");
  broken::write_bytes(file, broken::gz_bytes(plain.substr(0, 5000)) + broken::gz_bytes(plain.substr(5000)));
  const NiftiScan scan = read_nifti(file);
  EXPECT_EQ(scan.volume[5759], float(broken::ramp(5760)[5759]));
  EXPECT_TRUE(scan.report.warnings.empty());
}

TEST(NiftiLabels, AreRoundedAfterScaling) {
  Recipe recipe = holding({30, 20, 10});
  recipe.datatype = 2;
  recipe.scl_slope = 0.1f;
  const LabelMap labels = read_nifti_labels(placed(recipe));
  EXPECT_EQ(labels[0], 3);
  EXPECT_EQ(labels[1], 2);
  EXPECT_EQ(labels[2], 1);
}

TEST(NiftiLabels, ThatAreNoIntegersAreRefused) {
  for (const double value : {0.5, 40000.0, -40000.0, double(NAN)})
    EXPECT_THROW(read_nifti_labels(placed(holding({value}))), InputError) << value;
}

TEST(NiftiLabels, MaskIsWhatIsAboveZero) {
  const Mask mask = read_nifti_mask(placed(holding({-1, 0, 0.25, 255, double(NAN)})));
  EXPECT_EQ((std::vector<int>(mask.values.begin(), mask.values.begin() + 5)), (std::vector<int>{0, 0, 1, 1, 0}));
}

TEST(NiftiWriting, ReturnsTheSameValuesAndGrid) {
  Volume volume(oblique_grid());
  Mask mask(oblique_grid());
  LabelMap labels(oblique_grid());
  for (std::size_t n = 0; n < volume.size(); ++n) {
    volume[n] = std::sin(float(n)) * 1000;
    mask[n] = n % 3 == 0;
    labels[n] = std::int16_t(int(n % 4000) - 2000);
  }
  for (const fs::path& file : {in_folder("out.nii"), in_folder("out.nii.gz")}) {
    write_nifti(file, volume);
    const NiftiScan scan = read_nifti(file);
    EXPECT_EQ(scan.volume.values, volume.values);
    EXPECT_TRUE(scan.volume.grid.matches(volume.grid, 1e-4));
    EXPECT_TRUE(scan.report.warnings.empty());
    EXPECT_LT(scan.report.form_disagreement_mm, 0.01);
    write_nifti(file, mask);
    EXPECT_EQ(read_nifti_mask(file).values, mask.values);
    EXPECT_EQ(inspect_nifti(file).datatype, "uint8");
    write_nifti(file, labels);
    EXPECT_EQ(read_nifti_labels(file).values, labels.values);
    EXPECT_EQ(inspect_nifti(file).datatype, "int16");
  }
}

TEST(NiftiWriting, GivesTheSameBytesForTheSameValues) {
  const Volume volume(oblique_grid(), 3.25f);
  for (const std::string name : {"out.nii", "out.nii.gz"}) {
    write_nifti(in_folder(name), volume);
    write_nifti(in_folder("again_" + name), volume);
    EXPECT_EQ(content(in_folder(name)), content(in_folder("again_" + name)));
  }
}

TEST(NiftiWritingFractions, KeepsThemToWithinHalfAStep) {
  const fs::path file = in_folder("fraction.nii.gz");
  Volume fraction(oblique_grid());
  for (std::size_t n = 0; n < fraction.size(); ++n) fraction[n] = float(n) / float(fraction.size() - 1);
  write_nifti_fraction(file, fraction);
  const Volume back = read_nifti(file).volume;
  for (std::size_t n = 0; n < fraction.size(); ++n) ASSERT_NEAR(back[n], fraction[n], 0.5 / 255 + 1e-6);
  EXPECT_EQ(back[0], 0.0f);
  EXPECT_NEAR(back[fraction.size() - 1], 1.0f, 1e-6);
}

TEST(NiftiWritingFractions, ClipsWhatIsNoFraction) {
  const fs::path file = in_folder("clipped.nii.gz");
  Volume fraction(oblique_grid());
  fraction[0] = -0.1f;
  fraction[1] = 1.7f;
  fraction[2] = NAN;
  write_nifti_fraction(file, fraction);
  const Volume back = read_nifti(file).volume;
  EXPECT_EQ(back[0], 0.0f);
  EXPECT_NEAR(back[1], 1.0f, 1e-6);
  EXPECT_EQ(back[2], 0.0f);
}

TEST(NiftiWritingFailures, NameTheFile) {
  const Mask mask(oblique_grid());
  EXPECT_THROW(write_nifti(in_folder("out.png"), mask), UsageError);
  try {
    write_nifti("/nowhere/out.nii.gz", mask);
    FAIL() << "no exception";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/out.nii.gz"), std::string::npos);
  }
}

}  // namespace
}  // namespace wane
