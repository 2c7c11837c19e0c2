#include "pipeline/dataset/folder_hint.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/letters.h"
#include "base/natural_order.h"
#include "pipeline/dataset/shell_words.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// Enough to meet the first scans of any folder, and little enough for a slow network disk.
constexpr std::size_t most_entries = 5000;
constexpr std::size_t most_opened = 50;
constexpr int most_depth = 6;

const char* const bids_example = "sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz";

struct Found {
  std::size_t entries = 0, opened = 0;
  std::size_t dicom = 0, nifti = 0, dangling = 0;
  fs::path first_dicom, first_nifti, first_dangling;
};

bool has_dicom_mark(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 132> head{};
  stream.read(head.data(), head.size());
  return stream && std::string_view(head.data() + 128, 4) == "DICM";
}

// By the name where that tells, else by the content: scanners export DICOM files without an ending or with a number.
bool is_dicom(const fs::path& file, const std::string& name, Found& found) {
  if (name == "dicomdir" || name.ends_with(".dcm") || name.ends_with(".ima")) return true;
  if (found.opened >= most_opened) return false;
  ++found.opened;
  return has_dicom_mark(file);
}

std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && entries.size() < most_entries;
       it.increment(error))
    entries.push_back(*it);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return natural_less(a.path().filename().string(), b.path().filename().string());
  });
  return entries;
}

void count(const fs::path& file, std::size_t& number, fs::path& first) {
  if (number++ == 0) first = file;
}

void look_into(const fs::path& folder, int depth, Found& found) {
  for (const auto& entry : sorted_entries(folder)) {
    if (++found.entries > most_entries) return;
    std::error_code error;
    const fs::path& file = entry.path();
    const std::string name = lower_case(file.filename().string());
    const bool nifti = name.ends_with(".nii") || name.ends_with(".nii.gz");
    if (name.starts_with('.')) continue;
    if (entry.is_symlink(error) && !entry.exists(error)) {
      if (nifti || name.starts_with("sub-")) count(file, found.dangling, found.first_dangling);
    } else if (entry.is_directory(error)) {
      if (depth < most_depth && !entry.is_symlink(error)) look_into(file, depth + 1, found);
    } else if (nifti) {
      count(file, found.nifti, found.first_nifti);
    } else if (entry.is_regular_file(error) && is_dicom(file, name, found)) {
      count(file, found.dicom, found.first_dicom);
    }
  }
}

bool has_folder(const fs::path& folder, std::string_view prefix) {
  for (const auto& entry : sorted_entries(folder)) {
    std::error_code error;
    if (entry.path().filename().string().starts_with(prefix) && entry.is_directory(error)) return true;
  }
  return false;
}

// A folder inside of a dataset: of a participant, of a visit, or anat.
std::string inside_a_dataset(const fs::path& folder) {
  std::error_code error;
  fs::path above = fs::canonical(folder, error);
  if (error) return {};
  for (bool first = true;; first = false) {
    const std::string name = above.filename().string();
    above = above.parent_path();
    if (name.starts_with("sub-"))
      return std::string("It is ") + (first ? "the folder of one participant" : "a folder of one participant") +
             ": give the dataset above it, for this participant alone `wane run " + shell_command({above.string()}) +
             " OUT --participant-label " + name.substr(4) + "`.";
    if (name != "anat" && !name.starts_with("ses-")) return {};
  }
}

std::string above_a_dataset(const fs::path& folder) {
  for (const auto& entry : sorted_entries(folder)) {
    std::error_code error;
    if (entry.is_directory(error) && !entry.is_symlink(error) && has_folder(entry.path(), "sub-"))
      return "The folders sub-* are one level below: write `wane run " + shell_command({entry.path().string()}) +
             " OUT`.";
  }
  return {};
}

}  // namespace

std::string what_folder_is(const fs::path& folder) {
  if (const auto hint = inside_a_dataset(folder); !hint.empty()) return hint;
  const bool has_participants = has_folder(folder, "sub-");
  if (!has_participants)
    if (const auto hint = above_a_dataset(folder); !hint.empty()) return hint;
  Found found;
  look_into(folder, 0, found);
  const auto shown = [&](const fs::path& file) { return file.lexically_relative(folder).generic_string(); };
  if (found.dangling > 0)
    return "It holds links to files that are not here (" + shown(found.first_dangling) +
           "): get their content first (datalad get, or git annex get).";
  if (found.dicom > 0 && found.nifti == 0)
    return "It holds DICOM files (" + shown(found.first_dicom) + "): first bring them into BIDS with `wane import " +
           shell_command({folder.string()}) + " BIDS`, then measure with `wane run BIDS OUT`.";
  if (found.nifti > 0)
    return "It holds NIfTI files that are not named as BIDS names T1w scans (" + shown(found.first_nifti) +
           "): bring them into BIDS with `wane import " + shell_command({folder.string()}) +
           " BIDS`, or give each participant and visit a folder and name the scan " + bids_example +
           ". Two scans of one person are compared by `wane pair FIRST.nii.gz SECOND.nii.gz`.";
  return {};
}

}  // namespace wane
