#include "pipeline/dataset/sidecar.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <variant>

#include "base/error.h"
#include "base/natural_order.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/sentence_parts.h"
#include "pipeline/dataset/text_encoding.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Field {
  const char* key;  // as BIDS or dcm2niix names it
  std::variant<std::optional<std::string> ScanSidecar::*, std::optional<double> ScanSidecar::*,
               std::optional<bool> ScanSidecar::*, std::vector<std::string> ScanSidecar::*>
      member;
};

const Field fields[] = {
    {"Manufacturer", &ScanSidecar::manufacturer},
    {"ManufacturersModelName", &ScanSidecar::model},
    {"MagneticFieldStrength", &ScanSidecar::field_strength_tesla},
    {"DeviceSerialNumber", &ScanSidecar::device_serial_number},
    {"StationName", &ScanSidecar::station_name},
    {"InstitutionName", &ScanSidecar::institution_name},
    {"ReceiveCoilName", &ScanSidecar::receive_coil_name},
    {"ReceiveCoilActiveElements", &ScanSidecar::receive_coil_active_elements},
    {"SoftwareVersions", &ScanSidecar::software_versions},
    {"PulseSequenceType", &ScanSidecar::pulse_sequence_type},
    {"SequenceName", &ScanSidecar::sequence_name},
    {"PulseSequenceDetails", &ScanSidecar::pulse_sequence_details},
    {"ProtocolName", &ScanSidecar::protocol_name},
    {"SeriesDescription", &ScanSidecar::series_description},
    {"ScanningSequence", &ScanSidecar::scanning_sequence},
    {"RepetitionTime", &ScanSidecar::repetition_time_s},
    {"EchoTime", &ScanSidecar::echo_time_s},
    {"InversionTime", &ScanSidecar::inversion_time_s},
    {"FlipAngle", &ScanSidecar::flip_angle_degrees},
    {"SliceThickness", &ScanSidecar::slice_thickness_mm},
    {"ParallelReductionFactorInPlane", &ScanSidecar::parallel_reduction_factor_in_plane},
    {"ContrastBolusIngredient", &ScanSidecar::contrast_agent},
    {"ImageType", &ScanSidecar::image_type},
    {"NonlinearGradientCorrection", &ScanSidecar::nonlinear_gradient_correction},
};

std::optional<std::vector<std::string>> texts_in(const Json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& part : value) {
    if (!part.is_string()) return std::nullopt;
    texts.push_back(part.get<std::string>());
  }
  return texts;
}

// Each tells whether the value has the right type; n/a and null are values that are not there.

bool take(const Json& value, std::optional<std::string>& member) {
  if (value.is_string()) {
    member = value.get<std::string>();
    return true;
  }
  // BIDS allows lists for some (ScanningSequence, ReceiveCoilActiveElements); DICOM writes them with backslashes.
  const auto texts = texts_in(value);
  if (!texts) return false;
  std::string joined;
  for (const auto& text : *texts) joined += (joined.empty() ? "" : "\\") + text;
  member = joined;
  return true;
}

bool take(const Json& value, std::optional<double>& member) {
  if (!value.is_number()) return false;
  member = value.get<double>();
  return true;
}

bool take(const Json& value, std::optional<bool>& member) {
  if (!value.is_boolean()) return false;
  member = value.get<bool>();
  return true;
}

bool take(const Json& value, std::vector<std::string>& member) {
  if (value.is_string()) {
    member = {value.get<std::string>()};
    return true;
  }
  const auto texts = texts_in(value);
  if (texts) member = *texts;
  return texts.has_value();
}

bool is_missing(const Json& value) {
  return value.is_null() || (value.is_string() && (value == "" || value == "n/a" || value == "N/A"));
}

std::set<std::string> entities_of(std::string name, const std::string& ending) {
  name.resize(name.size() - ending.size());
  std::set<std::string> entities;
  std::istringstream stream(name);
  for (std::string part; std::getline(stream, part, '_');)
    if (!part.empty()) entities.insert(part);
  return entities;
}

std::string trimmed_number(double value) {
  std::ostringstream text;
  text.precision(4);
  text << value;
  return text.str();
}

}  // namespace

std::string ScanSidecar::shown() const {
  std::vector<std::string> words;
  std::string scanner = manufacturer.value_or("");
  if (model) scanner += (scanner.empty() ? "" : " ") + *model;
  if (!scanner.empty()) words.push_back(scanner);
  if (field_strength_tesla) words.push_back(trimmed_number(*field_strength_tesla) + " T");
  if (sequence_name) words.push_back(*sequence_name);
  if (repetition_time_s) words.push_back("TR " + trimmed_number(*repetition_time_s) + " s");
  if (echo_time_s) words.push_back("TE " + trimmed_number(*echo_time_s * 1000) + " ms");
  if (inversion_time_s) words.push_back("TI " + trimmed_number(*inversion_time_s) + " s");
  if (flip_angle_degrees) words.push_back("flip angle " + trimmed_number(*flip_angle_degrees) + " degrees");
  if (contrast_agent) words.push_back("contrast agent " + *contrast_agent);
  return joined(words);
}

std::vector<std::string> add_sidecar_text(const std::string& text, const std::string& name, ScanSidecar& sidecar) {
  std::vector<std::string> sentences;
  Json json;
  try {
    json = parse_json(as_utf8(text, name, sentences));
  } catch (const InputError& problem) {
    return {std::string(problem.what()) + " It is not used."};
  }
  if (json.is_discarded())
    return {name + " is not valid JSON and is not used; correct it or make it again (dcm2niix writes it)."};
  if (!json.is_object()) return {name + " is not a JSON object (\"key\": value) and is not used."};
  std::vector<std::string> wrong;
  for (const auto& field : fields) {
    const auto value = json.find(field.key);
    if (value == json.end() || is_missing(*value)) continue;
    const bool right = std::visit([&](auto member) { return take(*value, sidecar.*member); }, field.member);
    if (!right) wrong.emplace_back(field.key);
  }
  if (!wrong.empty())
    sentences.push_back(name + ": " + joined(wrong) + (wrong.size() == 1 ? " has" : " have") +
                        " a value of another type than BIDS gives it, and " + (wrong.size() == 1 ? "is" : "are") +
                        " not used.");
  return sentences;
}

std::vector<fs::path> sidecar_candidates(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with("T1w.json") && !name.starts_with('.')) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return natural_less(a.filename().string(), b.filename().string()); });
  return found;
}

bool sidecar_applies(const std::string& sidecar_name, const std::string& scan_name) {
  const std::string scan_ending = scan_name.ends_with(".nii.gz") ? "T1w.nii.gz" : "T1w.nii";
  if (!sidecar_name.ends_with("T1w.json") || !scan_name.ends_with(scan_ending)) return false;
  const auto entities = entities_of(sidecar_name, "T1w.json");
  const auto of_scan = entities_of(scan_name, scan_ending);
  return std::includes(of_scan.begin(), of_scan.end(), entities.begin(), entities.end());
}

ScanSidecar read_sidecar(const fs::path& scan, const std::vector<fs::path>& candidates, const fs::path& dataset,
                         std::vector<SidecarProblem>& problems) {
  const std::string scan_name = scan.filename().string();
  std::vector<fs::path> used;
  for (const auto& file : candidates)
    if (sidecar_applies(file.filename().string(), scan_name)) used.push_back(file);
  // BIDS allows one file a folder; where there are more, the one with more entities says more of this scan.
  const auto nearness = [&](const fs::path& file) {
    const auto depth = std::distance(file.begin(), file.end());
    return std::pair(depth, entities_of(file.filename().string(), "T1w.json").size());
  };
  std::stable_sort(used.begin(), used.end(), [&](const auto& a, const auto& b) { return nearness(a) < nearness(b); });
  ScanSidecar sidecar;
  for (const auto& file : used) {
    const std::string name = file.lexically_relative(dataset).generic_string();
    try {
      for (auto& sentence : add_sidecar_text(read_text_file(file, most_json_bytes), name, sidecar))
        problems.push_back({file, std::move(sentence)});
      sidecar.files.push_back(file);
    } catch (const InputError& problem) {
      problems.push_back({file, std::string(problem.what())});
    }
  }
  return sidecar;
}

}  // namespace wane
