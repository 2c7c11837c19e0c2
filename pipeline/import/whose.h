// Whose scan a series is, and of which visit: from a table that the lab writes, or from names of folders.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/dataset/tsv.h"
#include "pipeline/import/classify.h"

namespace wane {

// A row of the table. What is empty is not asked for.
struct MapRow {
  std::size_t line = 0;
  std::string patient_id, folder;    // folder: "site1/007", or a file
  std::optional<int> study_day;      // since 1970-01-01
  std::string participant, session;  // labels without "sub-", "ses-"
  std::optional<int> baseline_day;   // of the participant's days
  std::string dose_group, dose;      // for new rows of participants.tsv
  Suffix suffix = Suffix::none;      // what the file is, where its name does not tell
};

struct ImportMap {
  std::vector<MapRow> rows;
  bool empty() const { return rows.empty(); }
};

// Columns: participant_id and patient_id or folder; and as wanted session, study_date, baseline_date, dose_group, dose,
// suffix. Throws InputError naming the line for labels that BIDS does not allow (letters and digits alone), rows that
// name nothing, and dates that cannot be read.
ImportMap import_map(const Table& table);

// The row that fits the series best: it names more of PatientID, folder and date, or a deeper folder. Null where none
// fits. Throws InputError where two fit as well and say different things.
const MapRow* row_of(const ImportMap& map, const Series& series);

// "{participant}/{session}/*": what a path must look like from its beginning; `*` is any text within one name. Empty
// where it does not, or what it finds cannot be a label.
struct PatternMatch {
  std::string participant, session;
};
std::optional<PatternMatch> match_pattern(const std::string& pattern, const std::filesystem::path& path);
void require_usable_pattern(const std::string& pattern);  // throws UsageError

// Letters and digits of a text, at most 64: "TRIAL-007" gives "TRIAL007". Empty where none is left.
std::string label_from(std::string_view text);
bool is_label(std::string_view text);

}  // namespace wane
