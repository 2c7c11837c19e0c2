// A BIDS folder for one test, removed at its end. Scans are empty files: reading them is not this library's work.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace wane {

class TemporaryDataset {
 public:
  TemporaryDataset() {
    std::string name = (std::filesystem::temp_directory_path() / "wane-dataset-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~TemporaryDataset() { std::filesystem::remove_all(folder_); }
  TemporaryDataset(const TemporaryDataset&) = delete;
  TemporaryDataset& operator=(const TemporaryDataset&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  void write(const std::string& path, const std::string& text = "") const {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }

  // sub-01/ses-01/anat/sub-01_ses-01<entities>_T1w.nii.gz
  void scan(const std::string& id, const std::string& session, const std::string& entities = "") const {
    write(id + "/" + session + "/anat/" + id + "_" + session + entities + "_T1w.nii.gz");
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace wane
