#include "pipeline/dataset/visit_dates.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>

#include "imaging/error.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/participants.h"

namespace wane {
namespace {

std::optional<int> whole_number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

std::vector<std::optional<double>> days_from_dates(const Table& sessions, std::size_t column) {
  std::vector<std::optional<double>> days;
  std::optional<double> earliest;
  for (const auto& row : sessions.rows) {
    const auto& cell = row.cells[column];
    const auto day = cell ? calendar_day(*cell) : std::nullopt;
    if (cell && !day)
      throw InputError(sessions.where(row) + ": " + sessions.columns[column] + " '" + *cell +
                       "' is not a date; write year-month-day (2024-03-31), or n/a.");
    days.push_back(day);
    if (day) earliest = earliest ? std::min<double>(*earliest, *day) : *day;
  }
  for (auto& day : days)
    if (day) *day -= *earliest;
  return days;
}

std::vector<std::optional<double>> days_of_rows(const Table& sessions, const DatasetOptions& options) {
  std::vector<std::optional<double>> days(sessions.rows.size());
  if (const auto column = sessions.column(options.days_column)) {
    for (std::size_t i = 0; i < days.size(); ++i) days[i] = sessions.number(sessions.rows[i], *column);
    if (std::any_of(days.begin(), days.end(), [](const auto& d) { return d.has_value(); })) return days;
  }
  if (const auto column = sessions.column(options.date_column)) return days_from_dates(sessions, *column);
  return days;
}

}  // namespace

std::optional<int> calendar_day(const std::string& iso_date) {
  const std::string_view text = iso_date;
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (text.size() > 10 && text[10] != 'T' && text[10] != ' ') return std::nullopt;
  const auto year = whole_number(text.substr(0, 4)), month = whole_number(text.substr(5, 2)),
             day = whole_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<int>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::vector<VisitDate> visit_dates(const Table& sessions, const DatasetOptions& options) {
  const std::size_t session_column = sessions.required_column(options.session_column);
  const auto days = days_of_rows(sessions, options);
  std::vector<VisitDate> dates;
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
    dates.push_back({session, days[i]});
  }
  return dates;
}

}  // namespace wane
