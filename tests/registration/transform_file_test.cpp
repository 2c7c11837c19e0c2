// ITK's own copy of Eigen has the names of the one used here and does not go with it: ITK's headers take this one too.
#define ITK_USE_SYSTEM_EIGEN

#include "registration/transform_file.h"

#include <gtest/gtest.h>
#include <itkMatrixOffsetTransformBase.h>
#include <itkTransformFactoryBase.h>
#include <itkTransformFileReader.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "tests/broken/limited_file_length.h"
#include "tests/broken/limited_memory.h"

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

// As ANTs, ITK-SNAP and 3D Slicer read it.
TEST_F(TransformFile, ItkReadsTheSameMap) {
  Affine affine = Affine::Identity();
  affine.linear() = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  affine.translation() = Vec3(0.1, -27.3, 1e-7);
  write_itk_affine(file_, affine);
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  const auto reader = itk::TransformFileReaderTemplate<double>::New();
  reader->SetFileName(file_.string());
  reader->Update();
  ASSERT_EQ(reader->GetTransformList()->size(), 1U);
  const auto* transform = dynamic_cast<const itk::MatrixOffsetTransformBase<double, 3, 3>*>(
      reader->GetTransformList()->front().GetPointer());
  ASSERT_NE(transform, nullptr);
  for (const Vec3& point : {Vec3(0, 0, 0), Vec3(10, -20, 30), Vec3(-70, 80.5, 0.25)}) {
    const double lps[] = {point[0], point[1], point[2]};
    const auto moved = transform->TransformPoint(itk::Point<double, 3>(lps));
    EXPECT_LT((Vec3(moved[0], moved[1], moved[2]) - affine * point).norm(), 1e-12);
  }
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

TEST_F(TransformFile, EulerAnglesAreReadAsTheMapTheyMean) {
  // A turn of a quarter about x, then of a half about z (ITK's order is z x y), around (1, 2, 3), and a shift.
  write(
      "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
      "Parameters: 1.5707963267948966 0 3.141592653589793 10 20 30\nFixedParameters: 1 2 3 0\n");
  const Affine affine = read_itk_affine(file_);
  // From the centre, (x, y, z) goes to (x, -z, y) and then to (-x, z, y).
  EXPECT_TRUE((affine * Vec3(1, 2, 3)).isApprox(Vec3(11, 22, 33), 1e-12));
  EXPECT_TRUE((affine * Vec3(5, 9, 5)).isApprox(Vec3(1 - 4 + 10, 2 + 2 + 20, 3 + 7 + 30), 1e-12));
}

TEST_F(TransformFile, TheKindThatAntsWritesIsRead) {
  write(
      "#Insight Transform File V1.0\n#Transform 0\nTransform: MatrixOffsetTransformBase_double_3_3\n"
      "Parameters: 0 -1 0 1 0 0 0 0 1 0 0 5\nFixedParameters: 1 0 0\n");
  EXPECT_TRUE((read_itk_affine(file_) * Vec3(2, 0, 0)).isApprox(Vec3(1, 1, 5)));
}

TEST_F(TransformFile, OtherFilesAreRefused) {
  EXPECT_THROW(read_itk_affine(file_), InputError);
  const std::string head = "#Insight Transform File V1.0\n#Transform 0\nTransform: ";
  const std::string numbers = "Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
  const std::string affine = "AffineTransform_double_3_3\n";
  const std::string bspline = "BSplineTransform_double_3_3\n";
  for (const std::string& text :
       {std::string(), std::string("not a transform"), numbers, head + bspline + numbers,
        head + "TranslationTransform_double_3_3\nParameters: 1 2 3\nFixedParameters:\n",
        head + "AffineTransform_double_2_2\nParameters: 1 0 0 1 0 0\nFixedParameters: 0 0\n",
        head + "UnheardOfTransform_double_3_3\n" + numbers, head + "AffineTransform\n" + numbers,
        head + affine + numbers + "#Transform 1\nTransform: " + affine + numbers,
        head + affine + numbers + "ComponentTransformFile: other.txt\n"}) {
    write(text);
    EXPECT_THROW(read_itk_affine(file_), InputError) << text;
  }
}

TEST_F(TransformFile, FilesThatWereCutShortAreRefused) {
  const std::string affine =
      "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
      "Parameters: 1 0 0 0 1 0 0 0 1 4 5 6\nFixedParameters: 1 2 3";
  write(affine);
  ASSERT_NO_THROW(read_itk_affine(file_));
  for (std::size_t length = 0; length < affine.size(); ++length) {
    write(affine.substr(0, length));
    EXPECT_THROW(read_itk_affine(file_), InputError) << length;
  }
  write(
      "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
      "Parameters: 0 0 0 1 2\nFixedParameters: 0 0 0\n");
  EXPECT_THROW(read_itk_affine(file_), InputError);
}

TEST_F(TransformFile, AFullDiskLeavesNoFile) {
  const broken::LimitedFileLength limit(100);
  EXPECT_THROW(write_itk_affine(file_, Affine::Identity()), ResourceError);
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(TransformFile, AMissingFolderIsSaid) {
  EXPECT_THROW(write_itk_affine(file_.parent_path() / "wane-no-such-folder" / "transform.txt", Affine::Identity()),
               ResourceError);
}

// As when several participants are measured at once; run alone it is ITK's first use in this program.
TEST_F(TransformFile, OnSeveralThreadsAtOnceTheBytesAreTheSame) {
  const Affine affine(Eigen::Translation3d(0.1, 1.0 / 3, -1e-9) * Eigen::AngleAxisd(0.7, Vec3::UnitY()));
  std::array<std::string, 8> texts;
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < texts.size(); ++n)
    threads.emplace_back([&, n] {
      const fs::path file = file_.string() + std::to_string(n);
      for (int round = 0; round < 20; ++round) write_itk_affine(file, affine);
      std::ifstream stream(file);
      texts[n].assign(std::istreambuf_iterator<char>(stream), {});
      fs::remove(file);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE(texts[0].find("Parameters: 0.7648421872844885 0 0.644217687237691 0 1 0 "), std::string::npos) << texts[0];
  for (const std::string& text : texts) EXPECT_EQ(text, texts[0]);
}

TEST_F(TransformFile, OneLineOfGigabytesIsRefusedUnread) {
  write("#Insight Transform File V1.0\nParameters: ");
  fs::resize_file(file_, 10'000'000'000);  // sparse
  const broken::LimitedMemory limit(64u << 20);
  EXPECT_THROW(read_itk_affine(file_), InputError);
}

}  // namespace
}  // namespace wane
