#include "pipeline/report/error_model_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

ErrorModel model_for_tests() {
  return {{0.3, 0.5, 0.4},
          {{0.04, 0.09, 0.06}, 0.5, {0.05, 0.08, 0.07}, 0.25},
          {{0.1, 0.3, 0.2}, 0.1, {0.2, 0.4, 0.3}, 0.2},
          {0.8, 0.5, 1},
          0.5,
          {0.13, 0.01, 0.07, 0.2}};
}

ordered_json json_for_tests() {
  return ordered_json::parse(error_model_json_text(model_for_tests(), {{"command", "wane validate --fit x"}}));
}

// The sentence of what is thrown; empty where nothing is.
std::string refusal_of(const ordered_json& json) {
  try {
    error_model_of(json.dump(), "model.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(ErrorModelJson, IsReadAsItWasWritten) {
  const ErrorModel read = error_model_of(json_for_tests().dump(), "model.json"), written = model_for_tests();
  EXPECT_EQ(read.blurred_visits_percent.gray_matter, written.blurred_visits_percent.gray_matter);
  EXPECT_EQ(read.deformation.noise_percent.gray_matter, written.deformation.noise_percent.gray_matter);
  EXPECT_EQ(read.deformation.noise_exponent, written.deformation.noise_exponent);
  EXPECT_EQ(read.deformation.scale_share.white_matter, written.deformation.scale_share.white_matter);
  EXPECT_EQ(read.deformation.scale_exponent, written.deformation.scale_exponent);
  EXPECT_EQ(read.boundary_shift.scale_share.brain, written.boundary_shift.scale_share.brain);
  EXPECT_EQ(read.shift_recovers.gray_matter, written.shift_recovers.gray_matter);
  EXPECT_EQ(read.shift_recovers_of_drift, written.shift_recovers_of_drift);
  EXPECT_EQ(read.calibration.unknown_length_percent, written.calibration.unknown_length_percent);
  EXPECT_EQ(read.calibration.share_along_axis, written.calibration.share_along_axis);
}

TEST(ErrorModelJson, AFieldThatIsMissingOrCannotBeIsNamed) {
  ordered_json json = json_for_tests();
  json["deformation"]["scale_share"].erase("gray_matter");
  EXPECT_NE(refusal_of(json).find("\"deformation.scale_share.gray_matter\" is missing"), std::string::npos);
  json = json_for_tests();
  json["calibration"]["share"] = -0.1;
  EXPECT_NE(refusal_of(json).find("\"calibration.share\" must not be negative"), std::string::npos);
  json = json_for_tests();
  json["boundary_shift"]["recovers"]["brain"] = 0;
  EXPECT_NE(refusal_of(json).find("\"boundary_shift.recovers.brain\" must be more than 0"), std::string::npos);
  json = json_for_tests();
  json["deformation"] = 3;
  EXPECT_NE(refusal_of(json).find("model.json"), std::string::npos);
}

TEST(ErrorModelJson, AnotherFileIsRefused) {
  EXPECT_NE(refusal_of({{"schema", "wane/participant/1"}}).find("is not an error model"), std::string::npos);
  EXPECT_THROW(error_model_of("{", "model.json"), InputError);
}

}  // namespace
}  // namespace wane
