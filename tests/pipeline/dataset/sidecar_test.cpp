#include "pipeline/dataset/sidecar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/dataset/bids.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

TEST(Sidecar, ValuesOfTheRightTypeAreRead) {
  ScanSidecar sidecar;
  const auto problems = add_sidecar_text(
      R"({"Manufacturer": "Siemens", "ManufacturersModelName": "Prisma", "MagneticFieldStrength": 3,
          "RepetitionTime": 2.3, "EchoTime": 0.00298, "InversionTime": 0.9, "FlipAngle": 9, "SliceThickness": 1,
          "ReceiveCoilActiveElements": ["HEA", "HEP"], "ScanningSequence": "GR\\IR", "ImageType": ["ORIGINAL", "M"],
          "NonlinearGradientCorrection": false, "ParallelReductionFactorInPlane": 2, "StationName": "n/a",
          "DeviceSerialNumber": null, "Unknown": {"deep": [1]}})",
      "s.json", sidecar);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(sidecar.manufacturer, "Siemens");
  EXPECT_EQ(sidecar.field_strength_tesla, 3.0);
  EXPECT_EQ(sidecar.receive_coil_active_elements, "HEA\\HEP");
  EXPECT_EQ(sidecar.scanning_sequence, "GR\\IR");
  EXPECT_EQ(sidecar.image_type, (std::vector<std::string>{"ORIGINAL", "M"}));
  EXPECT_EQ(sidecar.nonlinear_gradient_correction, false);
  EXPECT_FALSE(sidecar.station_name);
  EXPECT_FALSE(sidecar.device_serial_number);
  EXPECT_EQ(sidecar.shown(), "Siemens Prisma, 3 T, TR 2.3 s, TE 2.98 ms, TI 0.9 s, flip angle 9 degrees");
  EXPECT_EQ(ScanSidecar().shown(), "");
}

TEST(Sidecar, ValuesOfAnotherTypeAreNamedAndNotUsed) {
  ScanSidecar sidecar;
  const auto problems = add_sidecar_text(
      R"({"MagneticFieldStrength": "3 T", "EchoTime": [0.001, 0.002], "Manufacturer": 5, "FlipAngle": 9,
          "ImageType": [1], "NonlinearGradientCorrection": "yes"})",
      "s.json", sidecar);
  EXPECT_EQ(problems,
            std::vector<std::string>{"s.json: Manufacturer, MagneticFieldStrength, EchoTime, ImageType, "
                                     "NonlinearGradientCorrection have a value of another type than BIDS gives it, "
                                     "and are not used."});
  EXPECT_FALSE(sidecar.field_strength_tesla);
  EXPECT_FALSE(sidecar.echo_time_s);
  EXPECT_EQ(sidecar.flip_angle_degrees, 9.0);
}

TEST(Sidecar, BrokenTextIsOneSentence) {
  for (const std::string text : {"", "{", "[1, 2]", "{\"Manufacturer\": \"\xC3\xA4 \xE4\"}", "\"text\""}) {
    ScanSidecar sidecar;
    EXPECT_EQ(add_sidecar_text(text, "s.json", sidecar).size(), 1u) << text;
    EXPECT_FALSE(sidecar.manufacturer);
  }
}

TEST(Sidecar, AppliesWhereTheScanHasAllItsEntities) {
  const std::string scan = "sub-01_ses-02_acq-mprage_run-1_T1w.nii.gz";
  for (const char* name : {"T1w.json", "sub-01_T1w.json", "sub-01_ses-02_T1w.json", "acq-mprage_T1w.json",
                           "sub-01_ses-02_acq-mprage_run-1_T1w.json"})
    EXPECT_TRUE(sidecar_applies(name, scan)) << name;
  for (const char* name : {"sub-02_T1w.json", "run-10_T1w.json", "acq-fast_T1w.json", "T2w.json", "FLAIR.json",
                           "sub-01_ses-02_acq-mprage_run-1_T1w.nii.gz"})
    EXPECT_FALSE(sidecar_applies(name, scan)) << name;
  EXPECT_TRUE(sidecar_applies("sub-01_T1w.json", "sub-01_T1w.nii"));
}

TEST(Sidecar, TheNearestFileCountsForEachValue) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.scan("sub-01", "ses-02");
  data.scan("sub-02", "ses-01");
  data.write("T1w.json", R"({"Manufacturer": "GE", "MagneticFieldStrength": 1.5, "FlipAngle": 8})");
  data.write("sub-01/sub-01_T1w.json", R"({"MagneticFieldStrength": 3})");
  data.write("sub-01/ses-02/sub-01_ses-02_T1w.json", R"({"FlipAngle": 9})");
  data.write("sub-01/ses-02/anat/sub-01_ses-02_T1w.json", R"({"FlipAngle": 10, "EchoTime": 0.003})");
  data.write("sub-01/ses-02/anat/sub-01_ses-02_FLAIR.json", R"({"FlipAngle": 90})");
  const auto dataset = read_dataset(data.folder(), {});
  const auto& first = dataset.participants[0].visits[0].sidecar;
  EXPECT_EQ(first.manufacturer, "GE");
  EXPECT_EQ(first.field_strength_tesla, 3.0);
  EXPECT_EQ(first.flip_angle_degrees, 8.0);
  EXPECT_EQ(first.files.size(), 2u);
  const auto& second = dataset.participants[0].visits[1].sidecar;
  EXPECT_EQ(second.flip_angle_degrees, 10.0);
  EXPECT_EQ(second.echo_time_s, 0.003);
  EXPECT_EQ(second.files.back(), data.folder() / "sub-01/ses-02/anat/sub-01_ses-02_T1w.json");
  EXPECT_EQ(dataset.participants[1].visits[0].sidecar.field_strength_tesla, 1.5);
}

TEST(Sidecar, WithoutOneThereIsNothingAndNoWarning) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_TRUE(dataset.participants[0].visits[0].sidecar.empty());
  EXPECT_EQ(dataset.participants[0].warnings.size(), 1u) << "that there is only one visit";
}

TEST(Sidecar, ABrokenOneIsAWarningAndOfTheDatasetOnce) {
  const TemporaryDataset data;
  for (const char* session : {"ses-01", "ses-02"}) {
    data.scan("sub-01", session);
    data.scan("sub-02", session);
  }
  data.write("T1w.json", "{");
  data.write("sub-01/ses-01/anat/sub-01_ses-01_T1w.json", R"({"FlipAngle": "9"})");
  std::filesystem::create_directories(data.folder() / "sub-01/ses-02/anat/sub-01_ses-02_T1w.json");
  const auto dataset = read_dataset(data.folder(), {});
  const auto about = [](const std::vector<std::string>& sentences, const std::string& words) {
    return std::count_if(sentences.begin(), sentences.end(),
                         [&](const auto& s) { return s.find(words) != std::string::npos; });
  };
  EXPECT_EQ(about(dataset.warnings, "T1w.json is not valid JSON"), 1);
  const auto& own = dataset.participants[0].warnings;
  EXPECT_EQ(about(own, "sub-01/ses-01/anat/sub-01_ses-01_T1w.json: FlipAngle has a value of another type"), 1);
  EXPECT_EQ(about(own, "sub-01_ses-02_T1w.json is not a file that can be read"), 1);
  EXPECT_EQ(about(dataset.participants[1].warnings, "json"), 0);
}

}  // namespace
}  // namespace wane
