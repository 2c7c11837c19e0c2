// Which participants, sessions and scans of a dataset are asked for: labels with globs, and BIDS filter files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"

namespace wane {

// "01, sub-0*" as the command line gives them, as single labels: "01", "sub-0*".
std::vector<std::string> separate_labels(const std::string& given, char separator = ',');

// "01", "0*" with the prefix; "*" and "*1" may stand for the prefix too.
std::string label_pattern(const std::string& label, const std::string& prefix);

// Whether it has characters of a glob: *, ?, [.
bool is_glob(const std::string& label);
bool matches_glob(const std::string& pattern, const std::string& text);

class ScanFilter {
 public:
  // Takes everything.
  ScanFilter() = default;

  // Of --session-label and --bids-filter-file. Throws InputError where the file cannot be read; UsageError where it is
  // no filter file or names an entity that does not exist.
  explicit ScanFilter(const DatasetOptions& options);

  bool takes_all() const { return sessions_.empty() && values_.empty(); }
  bool takes_session(const std::string& session) const;  // "ses-01", or empty for scans without a session
  // By the name of a file in an anat folder; its session is looked at too.
  bool takes_scan(const std::filesystem::path& file) const;

 private:
  using Values = std::vector<std::string>;  // globs; empty: the entity must not be there
  std::vector<std::string> sessions_;       // labels or globs; empty: all
  std::map<std::string, Values> values_;    // of entities by their short names ("acq"), suffix and datatype
};

}  // namespace wane
