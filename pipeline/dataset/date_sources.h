// The two kinds of tables that tell when a participant's visits were: sub-*_sessions.tsv, and sub-*_scans.tsv.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"

namespace wane {

struct ParticipantFolder {
  std::filesystem::path dataset;  // names in sentences are relative to it
  std::filesystem::path folder;   // of the participant
  std::string participant_id;     // "sub-01"
};

struct DateSource {
  std::string table;                         // what sentences call it
  std::map<std::string, double> days;        // by session, of the visits that have a scan
  std::map<std::string, int> calendar_days;  // likewise, since 1970-01-01, where the table has dates
  std::optional<int> latest_day;             // since 1970-01-01, where the table has dates
  std::string problem;                       // a sentence: why the table, or a part of it, cannot be used
  std::vector<std::string> warnings;         // sentences
  std::vector<std::string> other_sessions;   // in the table, and without a scan
  std::vector<std::filesystem::path> files;  // that were read
};

// Scans to measure by session.
using ScanOfSession = std::map<std::string, std::filesystem::path>;

// Of sub-01_sessions.tsv in the participant's folder: its days, or days since the earliest of its dates. A session that
// lost its leading zeros in a spreadsheet (1 for ses-01) is read as the one that exists, with a warning; `other_known`:
// sessions that exist without a scan. Empty where there is no such table.
std::optional<DateSource> dates_of_sessions(const ParticipantFolder& place, const ScanOfSession& scans,
                                            const std::vector<std::string>& other_known, const DatasetOptions& options);

// Days since the earliest acq_time of the scans, from sub-01_ses-01_scans.tsv in the session's folder or
// sub-01_scans.tsv in the participant's. Empty where there is neither.
std::optional<DateSource> dates_of_scans(const ParticipantFolder& place, const ScanOfSession& scans,
                                         const DatasetOptions& options);

// Which of the two to use: whichever dates more visits, and sessions.tsv where both date as many, because it is made
// for this and scans.tsv by converters, whatever else there is. Null where there is none.
const DateSource* better_source(const std::optional<DateSource>& sessions, const std::optional<DateSource>& scans);

}  // namespace wane
