#include "pipeline/dataset/dataset_options.h"

#include "base/error.h"

namespace wane {
namespace {

void require_distinct_names(const std::vector<std::string>& names, const std::string& table) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) throw UsageError("A column name of " + table + " is empty; give the name in its first line.");
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j])
        throw UsageError("Column '" + names[i] + "' of " + table + " is asked for twice; each needs its own column.");
  }
}

}  // namespace

void DatasetOptions::validate() const {
  require_distinct_names({participant_column, dose_group_column, dose_column}, "participants.tsv");
  require_distinct_names({session_column, days_column, date_column}, "sessions.tsv");
}

OptionFields option_fields(DatasetOptions& options) {
  return {
      {"participant_column", "", "column of participants.tsv that names the participant", &options.participant_column},
      {"dose_group_column", "", "column of participants.tsv that names the dose group", &options.dose_group_column},
      {"dose_column", "", "column of participants.tsv with the dose as a number", &options.dose_column},
      {"session_column", "", "column of sub-*_sessions.tsv that names the visit", &options.session_column},
      {"days_column", "", "column of sub-*_sessions.tsv with the days since baseline", &options.days_column},
      {"date_column", "", "column of sub-*_sessions.tsv with the date (2024-03-31), used where there are no days",
       &options.date_column},
      {"sessions", "", "sessions to use, such as 01,02 or 0*, with or without ses-; else all", &options.sessions},
      {"filter_file", "",
       R"(JSON file that says which scans are used, as other BIDS Apps read it: {"t1w": {"acquisition": "mprage"}})",
       &options.filter_file},
  };
}

}  // namespace wane
