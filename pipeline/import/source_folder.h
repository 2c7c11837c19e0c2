// What lies in the folder that is imported: DICOM files of any name and depth, and loose NIfTI files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/import/series.h"

namespace wane {

struct SourceFolder {
  std::vector<Series> series;         // DICOM first, then NIfTI files by path
  std::size_t files = 0;              // that were looked at
  std::size_t other_files = 0;        // neither DICOM nor NIfTI
  std::vector<std::string> problems;  // sentences: files that cannot be read
};

// Links to files are followed, links to folders are not; hidden files and folders are passed over. Throws InputError
// where there is no such folder, it holds neither DICOM nor NIfTI files, or it is a BIDS dataset already; ResourceError
// where a folder cannot be listed.
SourceFolder read_source_folder(const std::filesystem::path& folder);

}  // namespace wane
