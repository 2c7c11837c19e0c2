// T1w scans by their names, and which of several of one visit is measured.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wane {

// What the name of a T1w scan says.
struct T1wScan {
  std::filesystem::path file;
  std::string subject, session;  // "sub-01", "ses-01" or empty
  std::string run;               // "1", or empty
  std::string kind;              // the other entities: "acq-mprage_rec-norm", or empty
  bool magnitude = true;         // else the phase, real or imaginary part (part-), which is no T1w image
  bool contrast = false;         // with contrast agent (ce-)
  bool single_echo = false;      // of a series of echoes (echo-)
  bool compressed = false;
};

// Empty for every file that is not named as a T1w scan (*_T1w.nii[.gz]).
std::optional<T1wScan> t1w_scan_named(const std::filesystem::path& file);

struct T1wChoice {
  T1wScan scan;
  std::vector<std::string> notes;  // sentences: which of several was chosen and why
};

// The scan of each visit to measure, in the order of preference that read_dataset tells. `scans`: of each session, at
// least one.
std::map<std::string, T1wChoice> choose_t1w_scans(const std::map<std::string, std::vector<T1wScan>>& scans);

// A sentence where the chosen scans are of different kinds; else empty.
std::string mixed_kinds_warning(const std::map<std::string, T1wChoice>& choices);

}  // namespace wane
