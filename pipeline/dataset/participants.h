// participants.tsv: who is in the trial, and which dose each was given.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/dataset/dataset_options.h"
#include "pipeline/dataset/tsv.h"

namespace wane {

struct ParticipantEntry {
  std::string participant_id;             // "sub-01", also where the table says "01"
  std::optional<std::string> dose_group;  // empty: n/a, or the table has no such column
  std::optional<double> dose;             // in ParticipantsTable::dose_unit
};

struct ParticipantsTable {
  bool found = false;                     // there is a participants.tsv
  std::vector<ParticipantEntry> entries;  // in the order of the file
  std::string dose_unit;                  // from participants.json ("Units" of the dose column); empty: not said
  std::vector<std::string> warnings;      // sentences

  const ParticipantEntry* find(const std::string& participant_id) const;  // null: not in the table

 private:
  friend ParticipantsTable participants_in(const Table& table, const DatasetOptions& options,
                                           const std::filesystem::path& bids_folder);
  std::unordered_map<std::string, std::size_t> place_of_;  // in `entries`
};

// What the table says; the unit of the dose stands elsewhere. Labels are completed as below. Throws InputError as
// below.
ParticipantsTable participants_in(const Table& table, const DatasetOptions& options,
                                  const std::filesystem::path& bids_folder);

// A missing table is no error: `found` is false and a warning says what cannot be computed. Several rows of one
// participant (one for each session, say) are one where dose group and dose agree; n/a agrees with everything. A label
// that lost its leading zeros in a spreadsheet (1 for sub-01) is read as the participant's whose folder there is, with
// a warning. Throws InputError for a broken table, rows of one participant that disagree, a participant with a name
// that cannot be part of a file's name, a dose group with control characters, a dose that is not a number, and a column
// that an option names (other than its default) but the table lacks.
ParticipantsTable read_participants(const std::filesystem::path& bids_folder, const DatasetOptions& options);

// participants.tsv as both readers of it see it. Messages of errors name the whole path; `warnings` of the table begin
// with "participants.tsv".
Table read_participants_table(const std::filesystem::path& bids_folder);

// Whom each row of the table is about: "sub-01", also for 01, and for 1 where the dataset has a folder sub-01 and none
// for sub-1. Throws InputError for a row without a participant or with a label that cannot be part of a file's name.
struct RowParticipants {
  std::vector<std::string> ids;       // one for each row
  std::vector<std::string> warnings;  // sentences: labels that were completed
};
RowParticipants participants_of_rows(const Table& table, const DatasetOptions& options,
                                     const std::filesystem::path& bids_folder);

}  // namespace wane
