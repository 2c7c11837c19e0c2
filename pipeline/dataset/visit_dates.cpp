#include "pipeline/dataset/visit_dates.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iomanip>
#include <set>
#include <sstream>

#include "base/error.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/labels.h"

namespace wane {
namespace {

std::optional<int> whole_number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<int> day_in(const Table& table, const Table::Row& row, std::size_t column) {
  const auto& cell = row.cells[column];
  if (!cell) return std::nullopt;
  if (const auto day = calendar_day(*cell)) return day;
  throw InputError(table.where(row) + ": " + table.columns[column] + " '" + *cell +
                   "' is not a date that can be read with certainty; write year-month-day (2024-03-31), or n/a.");
}

std::vector<std::optional<double>> days_from_dates(const Table& sessions, std::size_t column,
                                                   std::optional<int>& latest_day) {
  std::vector<std::optional<double>> days;
  std::optional<int> earliest;
  for (const auto& row : sessions.rows) {
    const auto day = day_in(sessions, row, column);
    days.push_back(day);
    if (!day) continue;
    earliest = earliest ? std::min(*earliest, *day) : *day;
    latest_day = latest_day ? std::max(*latest_day, *day) : *day;
  }
  for (auto& day : days)
    if (day) *day -= *earliest;
  return days;
}

std::vector<std::optional<double>> days_of_rows(const Table& sessions, const DatasetOptions& options,
                                                std::optional<int>& latest_day) {
  std::vector<std::optional<double>> days(sessions.rows.size());
  if (const auto column = sessions.column(options.days_column)) {
    for (std::size_t i = 0; i < days.size(); ++i) days[i] = sessions.number(sessions.rows[i], *column);
    if (std::any_of(days.begin(), days.end(), [](const auto& d) { return d.has_value(); })) return days;
  }
  if (const auto column = sessions.column(options.date_column)) return days_from_dates(sessions, *column, latest_day);
  return days;
}

// For showing only, beside days of another column: a date that cannot be read is no error here.
std::optional<int> readable_day(const Table& sessions, const Table::Row& row, const DatasetOptions& options) {
  const auto column = sessions.column(options.date_column);
  if (!column || !row.cells[*column]) return std::nullopt;
  return calendar_day(*row.cells[*column]);
}

// The text without the ending of an image, so that a table may name the file as it was before it was compressed.
std::string_view without_ending(std::string_view file) {
  for (const std::string_view ending : {".gz", ".nii"})
    if (file.ends_with(ending)) file.remove_suffix(ending.size());
  return file;
}

}  // namespace

std::optional<int> calendar_day(const std::string& iso_date) {
  const std::string_view text = iso_date;
  const bool extended = text.size() >= 10 && text[4] == '-' && text[7] == '-';
  const std::size_t date_length = extended ? 10 : 8, month_place = extended ? 5 : 4, day_place = extended ? 8 : 6;
  if (text.size() < date_length) return std::nullopt;
  if (text.size() > date_length && text[date_length] != 'T' && text[date_length] != ' ') return std::nullopt;
  const auto year = whole_number(text.substr(0, 4)), month = whole_number(text.substr(month_place, 2)),
             day = whole_number(text.substr(day_place, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<int>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::string iso_date(int calendar_day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(calendar_day))};
  std::ostringstream text;
  text << std::setfill('0') << std::setw(4) << int(date.year()) << '-' << std::setw(2) << unsigned(date.month()) << '-'
       << std::setw(2) << unsigned(date.day());
  return text.str();
}

std::optional<int> scan_day(const Table& scans, const std::string& file, const DatasetOptions& options) {
  const std::size_t file_column = scans.required_column("filename");
  const auto date_column = scans.column(options.date_column);
  if (!date_column) return std::nullopt;
  for (const auto& row : scans.rows) {
    const auto& name = row.cells[file_column];
    if (name && without_ending(*name) == without_ending(file)) return day_in(scans, row, *date_column);
  }
  return std::nullopt;
}

VisitDates visit_dates(const Table& sessions, const DatasetOptions& options) {
  const std::size_t session_column = sessions.required_column(options.session_column);
  VisitDates dates;
  const auto days = days_of_rows(sessions, options, dates.latest_day);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < sessions.rows.size(); ++i) {
    const auto& row = sessions.rows[i];
    if (!row.cells[session_column])
      throw InputError(sessions.where(row) + ": " + options.session_column + " is empty; name the visit (ses-01).");
    const auto session = with_prefix(*row.cells[session_column], "ses-");
    if (const auto problem = file_label_problem(session); !problem.empty())
      throw InputError(sessions.where(row) + ": " + options.session_column + " '" + *row.cells[session_column] + "' " +
                       problem + " and cannot name files; correct it.");
    if (!seen.insert(session).second)
      throw InputError(sessions.where(row) + ": " + session + " is listed twice; keep one row for each visit.");
    dates.visits.push_back({session, days[i], readable_day(sessions, row, options)});
  }
  return dates;
}

int clock_day() {
  const auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return static_cast<int>(now.time_since_epoch().count());
}

}  // namespace wane
