// The plan of an import: what happens to each series, and why. Nothing here reads or writes files.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/import/whose.h"

namespace wane {

struct ImportOptions {
  std::string pattern;               // of paths, where the map names nobody; empty: none
  bool keep_dates = false;           // the dates of visits stand in sessions.tsv
  double thickest_t1w_slice_mm = 4;  // thicker slices measure no change of a tenth of a percent
};

// What the dataset holds already.
struct ExistingVisit {
  std::set<std::string> suffixes;  // "T1w", "FLAIR": there is a scan
  std::optional<double> days;
  bool listed = false;  // in sessions.tsv
  bool dated = false;   // with its date
};
struct ExistingDataset {
  // "01" -> "02" -> visit; labels without prefix.
  std::map<std::string, std::map<std::string, ExistingVisit>> visits;
  struct Place {
    std::string participant, session;
  };
  std::map<std::string, Place> of_series;      // by series_mark()
  std::set<std::string> tables_without_dates;  // participants whose sessions.tsv has no column acq_time
};

// By what a series is known again in a dataset that does not hold its UID (which may hold dates).
std::string series_mark(const Series& series);

enum class Action {
  import,
  there,       // imported before
  not_needed,  // no T1w or FLAIR scan, or another one of the visit is used
  problem,     // would be needed, and cannot be used
};

struct PlannedSeries {
  Classification taken;
  Action action = Action::not_needed;
  std::string participant, session;   // labels; empty where it has none
  std::string why;                    // why this action, a sentence
  std::vector<std::string> warnings;  // sentences about a series that is imported
};

struct PlannedVisit {
  std::string participant, session;
  std::optional<double> days;  // since baseline
  std::optional<int> calendar_day;
  std::string time;
};

struct NewParticipant {
  std::string participant, dose_group, dose;  // empty: n/a
};

struct ImportPlan {
  std::vector<PlannedSeries> series;         // one for each, in the same order
  std::vector<PlannedVisit> visits;          // for sessions.tsv, as far as it does not list them
  std::vector<NewParticipant> participants;  // of whom a scan is imported or there
  std::vector<std::string> warnings;         // sentences about more than one series
};

// "sub-01/ses-02/anat/sub-01_ses-02_T1w"
std::string scan_path(const std::string& participant, const std::string& session, Suffix suffix);

// The rules stand in docs/import.md. Throws InputError where the map contradicts itself.
ImportPlan plan_import(const std::vector<Series>& series, const ImportMap& map, const ExistingDataset& existing,
                       const ImportOptions& options);

std::size_t count_of(const ImportPlan& plan, Action action);

}  // namespace wane
