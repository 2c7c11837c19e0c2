// Does what a plan of an import says: runs dcm2niix, and puts scans, sidecars and tables into the dataset.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/import/face.h"
#include "pipeline/import/plan.h"

namespace wane {

// A hidden folder in the dataset in which scans are made before they are moved to their names; gone with this value.
// Only one import works in a dataset at a time; what one that was killed left behind is removed.
class ImportStaging {
 public:
  // Makes the dataset's folder where it is missing. Throws ResourceError where that fails or another import is at work.
  explicit ImportStaging(const std::filesystem::path& bids);
  ~ImportStaging();
  ImportStaging(const ImportStaging&) = delete;
  ImportStaging& operator=(const ImportStaging&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  void remove() const;

 private:
  int lock_ = -1;
  std::filesystem::path folder_;
};

struct ImportOutcome {
  std::size_t series = 0;
  std::string failure;                // a sentence; empty: the scan is in the dataset
  Face face = Face::unknown;          // whether it was defaced
  std::vector<std::string> warnings;  // of dcm2niix, and fields that were withheld
};

struct ImportRun {
  std::string wane_version;
  bool keep_dates = false;
  std::function<void(std::size_t done, std::size_t of)> progress;
};

// "v1.0.20220720"; throws ResourceError where dcm2niix is not there, naming the package.
std::string dcm2niix_version(const std::filesystem::path& folder);

// One outcome for each series that the plan imports, in its order. A scan appears in the dataset whole, with its
// sidecar, or not at all; nothing that is there is overwritten, but rows are added to tables. Throws ResourceError
// where the disk or the machine fails.
std::vector<ImportOutcome> carry_out(const std::vector<Series>& series, const ImportPlan& plan,
                                     const std::filesystem::path& bids, const ImportStaging& staging,
                                     const ImportRun& run);

}  // namespace wane
