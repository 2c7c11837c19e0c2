#include "pipeline/import/existing_dataset.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/sentence_parts.h"
#include "pipeline/dataset/tsv.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders_in(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code status_error;
    if (it->path().filename().string().starts_with(prefix) && it->is_directory(status_error))
      found.push_back(it->path());
  }
  return found;
}

void require_dataset(const fs::path& bids) {
  std::error_code error;
  if (!fs::exists(bids, error)) return;
  if (!fs::is_directory(bids, error))
    throw UsageError(bids.string() + " is not a folder; name a folder for the BIDS dataset.");
  if (fs::exists(bids / "dataset_description.json", error) || !folders_in(bids, "sub-").empty()) return;
  for (fs::directory_iterator it(bids, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || name == "participants.tsv" || name == "participants.json" || name == "sourcedata")
      continue;
    throw UsageError("The folder " + bids.string() + " is neither empty nor a BIDS dataset (it holds " + name +
                     "); name another folder.");
  }
}

std::string suffix_of(const std::string& name) {
  for (const char* suffix : {"T1w", "FLAIR"})
    for (const char* ending : {".nii", ".nii.gz"})
      if (name.ends_with(std::string("_") + suffix + ending)) return suffix;
  return {};
}

// Scans there would be of no visit, and new ones of ses-01 would stand beside them.
void require_sessions(const fs::path& person) {
  const std::string name = person.filename().string();
  std::error_code error;
  for (fs::directory_iterator it(person / "anat", error), end; !error && it != end; it.increment(error))
    if (!suffix_of(it->path().filename().string()).empty())
      throw UsageError("The dataset has scans of " + name + " without a session folder (" + name + "/anat/" +
                       it->path().filename().string() + "), beside which visits cannot be added: move them to " + name +
                       "/ses-01/anat and put _ses-01 into their names, or name another dataset.");
}

void read_visit(const fs::path& folder, const std::string& participant, const std::string& session,
                ExistingDataset& dataset) {
  ExistingVisit& visit = dataset.visits[participant][session];
  std::error_code error;
  for (fs::directory_iterator it(folder / "anat", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const std::string suffix = suffix_of(name);
    if (suffix.empty()) continue;
    visit.suffixes.insert(suffix);
    const auto sidecar =
        json_in_file(folder / "anat" / (name.substr(0, name.rfind("_" + suffix)) + "_" + suffix + ".json"));
    if (!sidecar.is_object() || !sidecar.contains("WaneImport") || !sidecar["WaneImport"].is_object()) continue;
    const std::string mark = text_member(sidecar["WaneImport"], "SeriesMark");
    if (!mark.empty()) dataset.of_series[mark] = {participant, session};
  }
}

void read_days(const fs::path& table, const std::string& participant, ExistingDataset& dataset) {
  std::error_code error;
  if (!fs::exists(table, error)) return;
  const Table read = read_tsv(table, table.string());
  const auto dates = read.column("acq_time");
  if (!dates) dataset.tables_without_dates.insert(participant);
  const auto visits = visit_dates(read, DatasetOptions{}).visits;  // one for each row
  for (std::size_t n = 0; n < visits.size(); ++n) {
    const auto& each = visits[n];
    ExistingVisit& visit = dataset.visits[participant][each.session.substr(4)];
    visit.dated = dates && !read.rows.at(n).cells.at(*dates).value_or("").empty();
    visit.days = each.days;
    visit.listed = true;
  }
}

std::string cell_or_missing(const NewRow& row, const std::string& column) {
  for (const auto& [name, value] : row)
    if (name == column && !value.empty()) return value;
  return "n/a";
}

}  // namespace

ExistingDataset read_existing_dataset(const fs::path& bids) {
  require_dataset(bids);
  ExistingDataset dataset;
  for (const auto& person : folders_in(bids, "sub-")) {
    const std::string name = person.filename().string();
    const std::string participant = name.substr(4);
    require_sessions(person);
    for (const auto& session : folders_in(person, "ses-"))
      read_visit(session, participant, session.filename().string().substr(4), dataset);
    dataset.visits[participant];
    read_days(person / (name + "_sessions.tsv"), participant, dataset);
  }
  std::error_code error;
  if (fs::exists(bids / "participants.tsv", error))
    with_rows(read_text_file(bids / "participants.tsv"), "participants.tsv", "sub-", {});
  return dataset;
}

std::string with_rows(const std::string& table, const std::string& name, const std::string& prefix,
                      const std::vector<NewRow>& rows) {
  std::string text = table, line_end = "\n";
  std::vector<std::string> columns;
  std::vector<std::string> keys;
  if (table.empty()) {
    if (rows.empty()) return {};
    for (const auto& [column, value] : rows.front()) columns.push_back(column);
    text = joined(columns, "\t") + line_end;
  } else {
    const Table read = parse_tsv(table, name);
    columns = read.columns;
    const std::size_t key = rows.empty() ? 0 : read.required_column(rows.front().front().first);
    for (const auto& row : read.rows) keys.push_back(row.cells.at(key).value_or(""));
    if (table.find("\r\n") != std::string::npos) line_end = "\r\n";
    if (!text.ends_with('\n') && !text.ends_with('\r')) text += line_end;
  }
  for (const auto& row : rows) {
    const std::string wanted = with_prefix(row.front().second, prefix);
    const KnownLabels known(prefix, {wanted});
    bool there = false;
    for (const auto& key : keys) there = there || (!key.empty() && known.meant(key).has_value());
    if (there) continue;
    std::vector<std::string> cells;
    for (const auto& column : columns) cells.push_back(cell_or_missing(row, column));
    text += joined(cells, "\t") + line_end;
  }
  return text;
}

}  // namespace wane
