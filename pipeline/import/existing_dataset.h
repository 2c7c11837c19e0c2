// The dataset that an import adds to: what it holds, and new rows for its tables.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/import/plan.h"

namespace wane {

// An empty one where there is no such folder yet. Throws UsageError where the folder holds something else than a BIDS
// dataset, or scans without session folders; InputError where one of its tables is broken, before anything is added.
ExistingDataset read_existing_dataset(const std::filesystem::path& bids);

// `table` (the text of a file; empty: a new one) with rows for those of `rows` that it does not have yet. A row is a
// list of column and value; the first is the key, with or without `prefix` in the table. The table stays byte by byte
// as it is; values of columns that it does not have are left out, and other columns are n/a. Throws InputError for a
// broken table.
using NewRow = std::vector<std::pair<std::string, std::string>>;
std::string with_rows(const std::string& table, const std::string& name, const std::string& prefix,
                      const std::vector<NewRow>& rows);

}  // namespace wane
