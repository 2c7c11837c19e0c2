#include "pipeline/import/clean_scan.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/letters.h"
#include "base/sha256.h"
#include "imaging/nifti_header.h"
#include "pipeline/dataset/visit_dates.h"
#include "pipeline/import/date_texts.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// About scanner, sequence and conversion. Nothing here may tell of a person, a place or a time.
constexpr std::array<const char*, 55> kept_fields{"Modality",
                                                  "MagneticFieldStrength",
                                                  "ImagingFrequency",
                                                  "Manufacturer",
                                                  "ManufacturersModelName",
                                                  "SoftwareVersions",
                                                  "BodyPartExamined",
                                                  "PatientPosition",
                                                  "MRAcquisitionType",
                                                  "ScanningSequence",
                                                  "SequenceVariant",
                                                  "ScanOptions",
                                                  "SequenceName",
                                                  "PulseSequenceName",
                                                  "PulseSequenceType",
                                                  "PulseSequenceDetails",
                                                  "ProtocolName",
                                                  "SeriesDescription",
                                                  "ImageType",
                                                  "NonlinearGradientCorrection",
                                                  "RawImage",
                                                  "SliceThickness",
                                                  "SpacingBetweenSlices",
                                                  "EchoTime",
                                                  "EchoNumber",
                                                  "RepetitionTime",
                                                  "RepetitionTimeExcitation",
                                                  "RepetitionTimeInversion",
                                                  "InversionTime",
                                                  "FlipAngle",
                                                  "EchoTrainLength",
                                                  "NumberOfAverages",
                                                  "PartialFourier",
                                                  "PartialFourierDirection",
                                                  "ParallelReductionFactorInPlane",
                                                  "ParallelReductionFactorOutOfPlane",
                                                  "ParallelAcquisitionTechnique",
                                                  "BaseResolution",
                                                  "PercentPhaseFOV",
                                                  "PercentSampling",
                                                  "PhaseResolution",
                                                  "PhaseEncodingSteps",
                                                  "AcquisitionMatrixPE",
                                                  "ReconMatrixPE",
                                                  "PixelBandwidth",
                                                  "DwellTime",
                                                  "ReceiveCoilName",
                                                  "ReceiveCoilActiveElements",
                                                  "CoilString",
                                                  "InPlanePhaseEncodingDirectionDICOM",
                                                  "ImageOrientationPatientDICOM",
                                                  "MatrixCoilMode",
                                                  "ContrastBolusIngredient",
                                                  "ConversionSoftware",
                                                  "ConversionSoftwareVersion"};

constexpr std::size_t longest_text = 200;
constexpr std::size_t most_list_values = 64;
constexpr std::size_t shortest_word = 3;  // "li" stands in many other words

bool holds_private(const std::string& text, const std::vector<std::string>& words) {
  const std::string low = lower_case(text);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return low.find(word) != std::string::npos; });
}

bool may_stay(const ordered_json& value, const std::vector<std::string>& words) {
  if (value.is_boolean()) return true;
  if (value.is_number()) return std::isfinite(value.get<double>());
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.size() <= longest_text && one_line(text) == text && !holds_private(text, words);
  }
  return value.is_array() && value.size() <= most_list_values &&
         std::all_of(value.begin(), value.end(),
                     [&](const ordered_json& each) { return !each.is_structured() && may_stay(each, words); });
}

void add_words(const std::string& text, std::vector<std::string>& words) {
  std::string word;
  for (const char c : lower_case(text) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) {
      word += c;
    } else {
      if (word.size() >= shortest_word) words.push_back(word);
      word.clear();
    }
  }
}

// The converter and its version (v1.0.20220720), which is a date of no person and must be known to repeat a conversion.
bool is_of_dcm2niix(std::string_view field, const ordered_json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  if (field == "ConversionSoftware") return text == "dcm2niix";
  constexpr std::string_view begin = "v1.0.";
  constexpr std::size_t date_digits = 8;
  return field == "ConversionSoftwareVersion" && text.starts_with(begin) && text.size() == begin.size() + date_digits &&
         text.find_first_not_of("0123456789", begin.size()) == text.npos;
}

class GzFile {
 public:
  GzFile(const fs::path& file, const char* mode) : file_(gzopen(file.c_str(), mode)) {}
  ~GzFile() {
    if (file_) gzclose(file_);
  }
  GzFile(const GzFile&) = delete;
  GzFile& operator=(const GzFile&) = delete;
  gzFile get() const { return file_; }
  bool close() {
    const int result = gzclose(file_);
    file_ = nullptr;
    return result == Z_OK;
  }

 private:
  gzFile file_;
};

std::string read_bytes(const GzFile& file, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const int read = gzread(file.get(), bytes.data() + done, unsigned(std::min<std::size_t>(count - done, 1u << 20)));
    if (read <= 0) break;
    done += std::size_t(read);
  }
  bytes.resize(done);
  return bytes;
}

void blank(std::string& header, std::size_t begin, std::size_t count) {
  std::fill_n(header.begin() + std::ptrdiff_t(begin), count, '\0');
}

// Places of the format: data_type, db_name (and what stands between them), descrip, aux_file, intent_name, vox_offset.
void blank_texts(std::string& header, const NiftiHeader& parsed) {
  if (parsed.bytes == nifti_2_header_bytes) {
    blank(header, 240, 80);
    blank(header, 320, 24);
    blank(header, 508, 16);
    const std::int64_t offset = std::int64_t(nifti_2_first_voxel_byte);
    std::memcpy(header.data() + 168, &offset, sizeof offset);
    if (parsed.swap_bytes) std::reverse(header.begin() + 168, header.begin() + 176);
    return;
  }
  blank(header, 4, 28);
  blank(header, 148, 80);
  blank(header, 228, 24);
  blank(header, 328, 16);
  const float offset = float(nifti_first_voxel_byte);
  std::memcpy(header.data() + 108, &offset, sizeof offset);
  if (parsed.swap_bytes) std::reverse(header.begin() + 108, header.begin() + 112);
}

[[noreturn]] void refuse_short(const fs::path& file) {
  throw InputError("Cannot use '" + file.string() + "': it ends before its last voxel; copy or convert it again.");
}

void write_bytes(const GzFile& file, const std::string& bytes, const fs::path& to) {
  if (gzwrite(file.get(), bytes.data(), unsigned(bytes.size())) != int(bytes.size()))
    throw_cannot_write(to, errno != 0 ? errno : EIO);
}

}  // namespace

std::vector<std::string> private_words(const Series& series) {
  std::vector<std::string> words;
  add_words(series.patient_name, words);
  add_words(series.patient_id, words);
  // A PatientID of "1" would withhold nearly every text and tell nothing.
  if (series.patient_id.size() >= shortest_word) words.push_back(lower_case(series.patient_id));
  const auto add_date = [&](const std::string& yyyymmdd) {
    for (const auto& form : texts_of_date(yyyymmdd)) words.push_back(form);
  };
  add_date(series.birth_date);
  for (const int day : days_of(series)) {
    std::string date = iso_date(day);
    std::erase(date, '-');
    add_date(date);
  }
  return words;
}

ordered_json clean_sidecar(const ordered_json& sidecar, const std::vector<std::string>& words,
                           std::vector<std::string>& withheld) {
  ordered_json clean = ordered_json::object();
  if (!sidecar.is_object()) return clean;
  for (const char* field : kept_fields) {
    const auto found = sidecar.find(field);
    if (found == sidecar.end()) continue;
    if (is_of_dcm2niix(field, *found) || may_stay(*found, words))
      clean[field] = *found;
    else
      withheld.emplace_back(field);
  }
  constexpr std::size_t pseudonym_length = 8;
  if (const auto serial = sidecar.find("DeviceSerialNumber"); serial != sidecar.end() && serial->is_string())
    clean["DeviceSerialNumber"] =
        "pseudonym-" + sha256_of_text("wane scanner\n" + serial->get<std::string>()).substr(0, pseudonym_length);
  return clean;
}

void copy_clean_nifti(const fs::path& from, const fs::path& to) {
  const GzFile input(from, "rb");
  if (!input.get()) throw ResourceError("Cannot read '" + from.string() + "'; check its permissions and the disk.");
  std::string header = read_bytes(input, nifti_header_bytes);
  const std::size_t length = nifti_header_length(header);
  if (length > header.size()) header += read_bytes(input, length - header.size());
  const NiftiHeader parsed = parse_nifti_header(header, from);
  const NiftiLayout layout = checked_nifti_layout(parsed, {}, from);
  header.resize(parsed.bytes);
  std::uint64_t at = parsed.bytes;
  while (at < layout.first_voxel_byte) {
    const auto piece = read_bytes(input, std::min<std::uint64_t>(layout.first_voxel_byte - at, 1u << 20));
    if (piece.empty()) refuse_short(from);
    at += piece.size();
  }
  blank_texts(header, parsed);
  header.append(4, '\0');  // no extension
  GzFile output(to, "wb6");
  if (!output.get()) throw_cannot_write(to, errno);
  write_bytes(output, header, to);
  for (std::uint64_t left = layout.voxel_bytes(); left > 0;) {
    const auto piece = read_bytes(input, std::min<std::uint64_t>(left, 1u << 20));
    if (piece.empty()) refuse_short(from);
    write_bytes(output, piece, to);
    left -= piece.size();
  }
  if (!output.close()) throw_cannot_write(to, errno != 0 ? errno : EIO);
}

}  // namespace wane
