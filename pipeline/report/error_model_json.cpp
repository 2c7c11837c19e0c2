#include "pipeline/report/error_model_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

constexpr const char* schema = "wane/error-model/1";
constexpr std::size_t most_bytes = 10'000'000;
constexpr int decimals = 6;

// Reads numbers of one file, and names field and file where one cannot be used.
class Fields {
 public:
  Fields(const ordered_json& json, std::string file, std::string path = {})
      : json_(json), file_(std::move(file)), path_(std::move(path)) {}

  Fields object(const std::string& key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_object()) refuse(key, "is missing");
    return {*found, file_, path_ + key + "."};
  }

  // At least 0; more than 0 where something is divided by it.
  double number(const std::string& key, bool divides = false) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number()) refuse(key, "is missing or is no number");
    const double value = found->get<double>();
    if (!std::isfinite(value) || value < 0 || (divides && value == 0))
      refuse(key, divides ? "must be more than 0" : "must not be negative");
    return value;
  }

  TissueValues tissues(const std::string& key, bool divides = false) const {
    const Fields values = object(key);
    return {values.number("brain", divides), values.number("gray_matter", divides),
            values.number("white_matter", divides)};
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& why) const {
    throw InputError("The error model " + file_ + " cannot be used: its field \"" + path_ + key + "\" " + why +
                     ". Make one with wane validate --fit, or use Wane's own by leaving out --error-model.");
  }

  const ordered_json& json_;
  std::string file_, path_;
};

ErrorCoefficients coefficients_of(const Fields& fields) {
  return {fields.tissues("noise_percent"), fields.number("noise_exponent"), fields.tissues("scale_share"),
          fields.number("scale_exponent")};
}

ordered_json tissues_json(const TissueValues& values) {
  return {{"brain", number_json(values.brain, decimals)},
          {"gray_matter", number_json(values.gray_matter, decimals)},
          {"white_matter", number_json(values.white_matter, decimals)}};
}

ordered_json coefficients_json(const ErrorCoefficients& coefficients) {
  return {{"noise_percent", tissues_json(coefficients.noise_percent)},
          {"noise_exponent", number_json(coefficients.noise_exponent, decimals)},
          {"scale_share", tissues_json(coefficients.scale_share)},
          {"scale_exponent", number_json(coefficients.scale_exponent, decimals)}};
}

}  // namespace

ErrorModel error_model_of(const std::string& json_text, const std::string& file) {
  const ordered_json json = parse_ordered_json(json_text);
  if (!json.is_object() || json.value("schema", ordered_json()) != schema)
    throw InputError("The file " + file + " is not an error model of this version of Wane (" + schema +
                     "): make one with wane validate --fit, or use Wane's own by leaving out --error-model.");
  const Fields fields(json, file);
  ErrorModel model;
  model.blurred_visits_percent = fields.tissues("blurred_visits_percent");
  model.deformation = coefficients_of(fields.object("deformation"));
  const Fields shift = fields.object("boundary_shift");
  model.boundary_shift = coefficients_of(shift);
  model.shift_recovers = shift.tissues("recovers", true);
  model.shift_recovers_of_drift = shift.number("recovers_of_drift");
  const Fields calibration = fields.object("calibration");
  model.calibration = {calibration.number("unknown_length_percent"), calibration.number("smallest_length_percent"),
                       calibration.number("share"), calibration.number("share_along_axis")};
  return model;
}

ErrorModel read_error_model(const std::filesystem::path& file) {
  return error_model_of(read_text_file(file, most_bytes), file.string());
}

std::vector<std::string> heads_of_fit(const std::filesystem::path& file) {
  const ordered_json json = json_in_file(file);
  std::vector<std::string> heads;
  if (!json.is_object() || !json.contains("fit") || !json["fit"].is_object()) return heads;
  for (const auto& head : json["fit"].value("heads", ordered_json::array()))
    if (const std::string sha256 = text_member(head, "sha256"); !sha256.empty()) heads.push_back(sha256);
  return heads;
}

std::string error_model_json_text(const ErrorModel& model, const ordered_json& fit) {
  ordered_json shift = coefficients_json(model.boundary_shift);
  shift["recovers"] = tissues_json(model.shift_recovers);
  shift["recovers_of_drift"] = number_json(model.shift_recovers_of_drift, decimals);
  const CalibrationErrors& calibration = model.calibration;
  return json_text({{"schema", schema},
                    {"blurred_visits_percent", tissues_json(model.blurred_visits_percent)},
                    {"deformation", coefficients_json(model.deformation)},
                    {"boundary_shift", shift},
                    {"calibration",
                     {{"unknown_length_percent", number_json(calibration.unknown_length_percent, decimals)},
                      {"smallest_length_percent", number_json(calibration.smallest_length_percent, decimals)},
                      {"share", number_json(calibration.share, decimals)},
                      {"share_along_axis", number_json(calibration.share_along_axis, decimals)}}},
                    {"fit", fit}});
}

}  // namespace wane
