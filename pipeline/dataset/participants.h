// participants.tsv: who is in the trial, and which dose each was given.
#pragma once

#include <filesystem>
#include <map>
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
  friend ParticipantsTable participants_in(const Table& table, const DatasetOptions& options);
  std::unordered_map<std::string, std::size_t> place_of_;  // in `entries`
};

// A column of participants.tsv that the statistics adjust for.
struct CovariateColumn {
  std::string name;
  std::map<std::string, std::string> value_of;  // by participant_id; those with n/a are not in it
};

// The columns named in `names` ("age,sex,site"; none where empty). Throws InputError where there is no participants.tsv
// or it has no such column.
std::vector<CovariateColumn> read_covariates(const std::filesystem::path& bids_folder, const DatasetOptions& options,
                                             const std::string& names);

// What the table says; the unit of the dose stands elsewhere. Throws InputError as below.
ParticipantsTable participants_in(const Table& table, const DatasetOptions& options);

// A missing table is no error: `found` is false and a warning says what cannot be computed. Throws InputError for a
// broken table, a participant listed twice or with a name that cannot be part of a file's name, a dose group with
// control characters, a dose that is not a number, and a column that an option names (other than its default) but the
// table lacks.
ParticipantsTable read_participants(const std::filesystem::path& bids_folder, const DatasetOptions& options);

// "01" and "sub-01" both give "sub-01".
std::string with_prefix(const std::string& label, const std::string& prefix);

}  // namespace wane
