// How the tables of a BIDS folder name their columns, and which of its scans are used.
#pragma once

#include <string>

#include "base/option_field.h"

namespace wane {

struct DatasetOptions {
  std::string participant_column = "participant_id";  // of participants.tsv; BIDS prescribes this name
  std::string dose_group_column = "dose_group";       // of participants.tsv
  std::string dose_column = "dose";                   // of participants.tsv; a number, unit in participants.json
  std::string session_column = "session_id";          // of sub-*_sessions.tsv; BIDS prescribes this name
  std::string days_column = "days_since_baseline";    // of sub-*_sessions.tsv
  std::string date_column = "acq_time";               // of sub-*_sessions.tsv; used where there are no days
  std::string sessions;     // to use: labels or globs, with or without "ses-", with commas; empty: all
  std::string filter_file;  // BIDS filter file, whose "t1w" says which scans are used; empty: all (scan_filter.h)
  void validate() const;    // throws UsageError: a name is empty or used twice
};
OptionFields option_fields(DatasetOptions& options);

}  // namespace wane
