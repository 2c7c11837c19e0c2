#include "pipeline/import/source_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/letters.h"
#include "base/natural_order.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/t1w_scans.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

constexpr int most_depth = 64;
constexpr std::size_t first_piece_bytes = 64 << 10;   // the wanted elements of most files
constexpr std::size_t whole_header_bytes = 16 << 20;  // multi-frame files of a thousand frames

bool is_nifti_name(const std::string& name) {
  const std::string low = lower_case(name);
  return low.ends_with(".nii") || low.ends_with(".nii.gz");
}

std::string stem_of(const std::string& name) {
  const std::string low = lower_case(name);
  return name.substr(0, name.size() - (low.ends_with(".gz") ? 7 : 4));
}

// A file that cannot be read, and why.
struct Unreadable {
  fs::path file;
  std::string why;
};

void list_files(const fs::path& folder, int depth, std::vector<fs::path>& files, std::vector<Unreadable>& unreadable) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  if (error)
    throw ResourceError("The folder " + folder.string() + " cannot be listed: " + error.message() +
                        "; check its permissions and the disk.");
  for (const auto& entry : entries) {
    std::error_code status_error;
    if (entry.path().filename().native().starts_with('.')) continue;
    if (entry.is_directory(status_error)) {
      if (!entry.is_symlink(status_error) && depth < most_depth) list_files(entry.path(), depth + 1, files, unreadable);
    } else if (entry.is_regular_file(status_error)) {
      files.push_back(entry.path());
    } else if (status_error == std::errc::no_such_file_or_directory) {
      unreadable.push_back({entry.path(), "it is a link to a file that is not there"});
    } else if (status_error) {
      unreadable.push_back({entry.path(), status_error.message()});
    }
  }
}

struct Beginning {
  std::string text;
  int reason = 0;  // errno where it cannot be read
};

Beginning beginning_of(const fs::path& file, std::size_t bytes) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {{}, errno};
  Beginning beginning{std::string(bytes, '\0'), 0};
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t count = read(descriptor, beginning.text.data() + done, bytes - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) beginning.reason = errno;
    if (count <= 0) break;
    done += std::size_t(count);
  }
  close(descriptor);
  beginning.text.resize(done);
  return beginning;
}

struct LookedAt {
  std::optional<DicomHeader> header;  // empty: no DICOM file
  int reason = 0;                     // errno where it cannot be read
};

LookedAt look_at(const fs::path& file) {
  Beginning beginning = beginning_of(file, first_piece_bytes);
  if (beginning.reason != 0) return {{}, beginning.reason};
  DicomParse parse = parse_dicom_header(beginning.text);
  if (!parse.wants_more) return {std::move(parse.header), 0};
  beginning = beginning_of(file, whole_header_bytes);
  if (beginning.reason != 0) return {{}, beginning.reason};
  return {parse_dicom_header(beginning.text).header, 0};
}

std::vector<std::string> sentences_about(const std::vector<Unreadable>& unreadable, const fs::path& folder) {
  constexpr std::size_t most_named = 20;
  std::vector<std::string> sentences;
  for (std::size_t n = 0; n < std::min(unreadable.size(), most_named); ++n)
    sentences.push_back("The file " + unreadable[n].file.lexically_relative(folder).generic_string() +
                        " cannot be read (" + unreadable[n].why + "); check its permissions and the disk.");
  if (unreadable.size() > most_named)
    sentences.push_back(std::to_string(unreadable.size() - most_named) + " more files cannot be read.");
  return sentences;
}

std::string json_text(const nlohmann::ordered_json& json, const char* member) {
  return one_line(text_member(json, member));
}

std::optional<double> json_number(const nlohmann::ordered_json& json, const char* member, double scale) {
  if (!json.is_object() || !json.contains(member) || !json[member].is_number()) return std::nullopt;
  const double value = json[member].get<double>() * scale;
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

// As dcm2niix and BIDS write it, in seconds.
void add_json(const nlohmann::ordered_json& json, Series& series) {
  if (!json.is_object()) return;
  constexpr double ms = 1000;
  SeriesFacts& facts = series.facts;
  facts.modality = json_text(json, "Modality");
  facts.protocol = json_text(json, "ProtocolName") + " " + json_text(json, "SeriesDescription");
  facts.sequence_name = json_text(json, "SequenceName");
  facts.scanning_sequence = json_text(json, "ScanningSequence");
  facts.acquisition_type = json_text(json, "MRAcquisitionType");
  facts.repetition_time_ms = json_number(json, "RepetitionTime", ms);
  facts.echo_time_ms = json_number(json, "EchoTime", ms);
  facts.inversion_time_ms = json_number(json, "InversionTime", ms);
  facts.flip_angle_degrees = json_number(json, "FlipAngle", 1);
  facts.contrast_agent = names_contrast_agent(json_text(json, "ContrastBolusIngredient"));
  if (json.contains("ImageType") && json["ImageType"].is_array())
    for (const auto& type : json["ImageType"])
      if (type.is_string()) facts.image_type.push_back(one_line(type.get<std::string>()));
  series.patient_id = json_text(json, "PatientID");
  series.patient_name = json_text(json, "PatientName");
  series.birth_date = json_text(json, "PatientBirthDate");
  series.series_number = int(std::clamp(json_number(json, "SeriesNumber", 1).value_or(0), -1e9, 1e9));
  const std::string when = json_text(json, "AcquisitionDateTime");
  series.day = plausible_day(when, clock_day());
  if (series.day) series.days.insert(*series.day);
  series.device_serial_number = json_text(json, "DeviceSerialNumber");
}

Series nifti_series(const fs::path& file, const fs::path& folder) {
  Series series;
  series.nifti = true;
  series.first = file.lexically_relative(folder);
  series.files = {file};
  const std::string name = file.filename().string();
  const auto json = file.parent_path() / (stem_of(name) + ".json");
  if (std::error_code error; fs::is_regular_file(json, error)) add_json(json_in_file(json), series);
  // Folders often say what the file does not: t1_mprage/image.nii.gz.
  series.facts.description = one_line(series.first.parent_path().filename().string() + "/" + stem_of(name));
  try {
    const NiftiReport report = inspect_nifti(file);
    // Slices lie along the axis with the largest voxels; without one, all directions serve.
    const auto& spacing = report.grid.spacing_mm;
    int axis = 2;
    for (int a = 0; a < 3; ++a)
      if (spacing[a] > spacing[axis] * 1.01) axis = a;
    series.facts.images = std::size_t(report.grid.size[std::size_t(axis)]);
    series.facts.slice_thickness_mm = spacing[axis];
    series.facts.coverage_mm = spacing[axis] * report.grid.size[std::size_t(axis)];
    series.series_uid = sha256_of_file(file);
  } catch (const Error& error) {
    series.facts.unusable_because = error.what();
    series.series_uid = "unreadable " + series.first.generic_string();
  }
  return series;
}

void refuse_bids(const fs::path& folder, const std::vector<fs::path>& nifti) {
  for (const auto& file : nifti) {
    const auto scan = t1w_scan_named(file);
    if (scan && file.parent_path().filename() == "anat" && !scan->subject.empty())
      throw InputError("The folder " + folder.string() + " is a BIDS dataset already (" +
                       file.lexically_relative(folder).generic_string() + "): run `wane run " + folder.string() +
                       " OUT`.");
  }
}

}  // namespace

SourceFolder read_source_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw InputError("The folder " + folder.string() + " does not exist; give the folder with the scanner's files.");
  std::vector<fs::path> files;
  std::vector<Unreadable> unreadable;
  list_files(folder, 0, files, unreadable);
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.generic_string(), b.generic_string()); });
  SourceFolder found;
  found.files = files.size() + unreadable.size();
  std::vector<fs::path> nifti;
  std::erase_if(files, [&](const fs::path& file) {
    if (!is_nifti_name(file.filename().string())) return false;
    nifti.push_back(file);
    return true;
  });
  refuse_bids(folder, nifti);
  std::vector<LookedAt> looked(files.size());
  parallel_for(
      files.size(), [&](std::size_t n) { looked[n] = look_at(files[n]); }, 64);
  std::vector<DicomFile> dicom;
  std::vector<fs::path> deflated;
  for (std::size_t n = 0; n < files.size(); ++n) {
    auto& header = looked[n].header;
    if (looked[n].reason != 0)
      unreadable.push_back({files[n], std::strerror(looked[n].reason)});
    else if (!header)
      ++found.other_files;
    else if (header->deflated)
      deflated.push_back(files[n].lexically_relative(folder));
    else if (!header->directory)
      dicom.push_back({files[n], files[n].lexically_relative(folder), std::move(*header)});
  }
  found.problems = sentences_about(unreadable, folder);
  if (!deflated.empty())
    found.problems.push_back(std::to_string(deflated.size()) + " DICOM files are deflated, which cannot be read (" +
                             deflated.front().generic_string() + "); convert them with dcmconv +te.");
  found.series = series_of(std::move(dicom));
  std::vector<Series> loose(nifti.size());
  parallel_for(nifti.size(), [&](std::size_t n) { loose[n] = nifti_series(nifti[n], folder); });
  found.series.insert(found.series.end(), std::make_move_iterator(loose.begin()), std::make_move_iterator(loose.end()));
  if (found.series.empty() && !found.problems.empty()) throw InputError(found.problems.front());
  if (found.series.empty())
    throw InputError("The folder " + folder.string() + " holds neither DICOM nor NIfTI files (" +
                     std::to_string(found.files) + " files were looked at); give the folder with the scanner's files.");
  return found;
}

}  // namespace wane
