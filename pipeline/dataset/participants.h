// participants.tsv: who is in the trial, and which dose each was given.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"

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
};

// A missing table is no error: `found` is false and a warning says what cannot be computed. Throws InputError for a
// broken table, a participant listed twice, a dose that is not a number, and a column that an option names (other than
// its default) but the table lacks.
ParticipantsTable read_participants(const std::filesystem::path& bids_folder, const DatasetOptions& options);

// "01" and "sub-01" both give "sub-01".
std::string with_prefix(const std::string& label, const std::string& prefix);

}  // namespace wane
