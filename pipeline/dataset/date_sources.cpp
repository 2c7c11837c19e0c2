#include "pipeline/dataset/date_sources.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/sentence_parts.h"
#include "pipeline/dataset/tsv.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

std::string shown(const ParticipantFolder& place, const fs::path& file) {
  return file.lexically_relative(place.dataset).generic_string();
}

void add_all(std::vector<std::string>& sentences, const std::vector<std::string>& more) {
  sentences.insert(sentences.end(), more.begin(), more.end());
}

void take_days(const VisitDates& dates, const ScanOfSession& scans, const std::vector<std::string>& other_known,
               const DatasetOptions& options, DateSource& source) {
  std::vector<std::string> sessions = other_known;
  for (const auto& [session, scan] : scans) sessions.push_back(session);
  const KnownLabels known("ses-", sessions);
  std::set<std::string> written;
  for (const auto& date : dates.visits) written.insert(date.session);
  std::vector<std::string> completed;
  for (const auto& date : dates.visits) {
    std::string session = known.meant(date.session).value_or(date.session);
    // Where the other label has a row of its own, the two are two visits.
    if (session != date.session && written.contains(session)) session = date.session;
    if (session != date.session) completed.push_back(date.session.substr(4) + " as " + session);
    if (!scans.contains(session)) {
      source.other_sessions.push_back(session);
      continue;
    }
    if (date.days) source.days[session] = *date.days;
    if (date.calendar_day) source.calendar_days[session] = *date.calendar_day;
  }
  if (!completed.empty())
    source.warnings.push_back(source.table + ": " + options.session_column + " is read " + joined(completed) + ".");
}

// Reads each table of scans once.
class ScansTables {
 public:
  ScansTables(const ParticipantFolder& place, const DatasetOptions& options, DateSource& source)
      : place_(place), options_(options), source_(source) {}

  // Empty where the table is not there, does not name the scan, or cannot be read (which is then the source's problem).
  std::optional<int> day_of(const fs::path& scan, const fs::path& file) {
    try {
      const Table* const table = table_in(file);
      if (!table) return std::nullopt;
      return scan_day(*table, scan.lexically_relative(file.parent_path()).generic_string(), options_);
    } catch (const InputError& problem) {
      if (source_.problem.empty()) source_.problem = problem.what();
      return std::nullopt;
    }
  }

 private:
  const Table* table_in(const fs::path& file) {
    const auto [table, is_new] = tables_.emplace(file, std::nullopt);
    std::error_code error;
    if (is_new && fs::exists(file, error)) {
      table->second = read_tsv(file, shown(place_, file));
      add_all(source_.warnings, table->second->warnings);
      source_.files.push_back(file);
    }
    return table->second ? &*table->second : nullptr;
  }

  const ParticipantFolder& place_;
  const DatasetOptions& options_;
  DateSource& source_;
  std::map<fs::path, std::optional<Table>> tables_;
};

}  // namespace

std::optional<DateSource> dates_of_sessions(const ParticipantFolder& place, const ScanOfSession& scans,
                                            const std::vector<std::string>& other_known,
                                            const DatasetOptions& options) {
  const fs::path file = place.folder / (place.participant_id + "_sessions.tsv");
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  DateSource source;
  source.table = shown(place, file);
  try {
    const Table table = read_tsv(file, source.table);
    add_all(source.warnings, table.warnings);
    const VisitDates dates = visit_dates(table, options);
    take_days(dates, scans, other_known, options, source);
    source.latest_day = dates.latest_day;
    source.files.push_back(file);
  } catch (const InputError& problem) {
    source.problem = problem.what();
  }
  return source;
}

std::optional<DateSource> dates_of_scans(const ParticipantFolder& place, const ScanOfSession& scans,
                                         const DatasetOptions& options) {
  DateSource source;
  ScansTables tables(place, options, source);
  std::map<std::string, int> day_of;
  for (const auto& [session, scan] : scans) {
    const fs::path of_session =
        scan.parent_path().parent_path() / (place.participant_id + "_" + session + "_scans.tsv");
    auto day = tables.day_of(scan, of_session);
    if (!day) day = tables.day_of(scan, place.folder / (place.participant_id + "_scans.tsv"));
    if (day) day_of[session] = *day;
  }
  if (source.files.empty() && source.problem.empty()) return std::nullopt;
  if (!source.files.empty()) source.table = shown(place, source.files.front());
  if (source.files.size() > 1) source.table += " and the tables like it";
  if (day_of.empty()) return source;
  const auto [earliest, latest] = std::minmax_element(day_of.begin(), day_of.end(),
                                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  source.latest_day = latest->second;
  for (const auto& [session, day] : day_of) source.days[session] = day - earliest->second;
  source.calendar_days = std::move(day_of);
  return source;
}

const DateSource* better_source(const std::optional<DateSource>& sessions, const std::optional<DateSource>& scans) {
  if (!sessions) return scans ? &*scans : nullptr;
  return scans && scans->days.size() > sessions->days.size() ? &*scans : &*sessions;
}

}  // namespace wane
