#include "registration/transform_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "imaging/error.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class TransformFile : public testing::Test {
 protected:
  TransformFile() : file_(fs::temp_directory_path() / ("wane-transform-" + std::to_string(getpid()) + ".txt")) {}
  ~TransformFile() override { fs::remove(file_); }
  void write(const std::string& text) const { std::ofstream(file_) << text; }
  fs::path file_;
};

TEST_F(TransformFile, ReadsBackToTheSameBits) {
  Affine affine = Affine::Identity();
  affine.linear() = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()) * Mat3(Vec3(1.01, 0.99, 1.0 / 3).asDiagonal());
  affine.translation() = Vec3(0.1, -27.3, 1e-7);
  write_itk_affine(file_, affine);
  EXPECT_EQ(read_itk_affine(file_).matrix(), affine.matrix());
}

TEST_F(TransformFile, TheCentreIsHeeded) {
  // A quarter turn about z around (1, 0, 0): that point stays where it is.
  write(
      "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
      "Parameters: 0 -1 0 1 0 0 0 0 1 0 0 0\nFixedParameters: 1 0 0\n");
  const Affine affine = read_itk_affine(file_);
  EXPECT_TRUE((affine * Vec3(1, 0, 0)).isApprox(Vec3(1, 0, 0)));
  EXPECT_TRUE((affine * Vec3(2, 0, 0)).isApprox(Vec3(1, 1, 0)));
}

TEST_F(TransformFile, OtherFilesAreRefused) {
  EXPECT_THROW(read_itk_affine(file_), InputError);
  write("not a transform");
  EXPECT_THROW(read_itk_affine(file_), InputError);
  write(
      "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
      "Parameters: 0 0 0 1 2 3\nFixedParameters: 0 0 0\n");
  EXPECT_THROW(read_itk_affine(file_), InputError);
}

}  // namespace
}  // namespace wane
