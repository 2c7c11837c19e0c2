#include "pipeline/dataset/quality_decisions.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/near_names.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

const char* const participant_column = "participant_id";
const char* const session_column = "session_id";
const char* const decision_column = "decision";
const char* const reason_column = "reason";
const char* const reader_column = "reader";
const char* const time_column = "time";

std::optional<int> digits_at(std::string_view text, std::size_t begin, std::size_t count) {
  if (text.size() < begin + count) return std::nullopt;
  int value = 0;
  const char* const first = text.data() + begin;
  const auto [end, error] = std::from_chars(first, first + count, value);
  if (error != std::errc() || end != first + count || *first == '-') return std::nullopt;
  return value;
}

// "Z", "+02", "+0200", "+02:00"; minutes east of Greenwich.
std::optional<int> zone_minutes(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() < 3 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  const auto hours = digits_at(zone, 1, 2);
  const auto rest = zone.substr(3);
  const auto minutes = rest.empty() ? std::optional(0) : digits_at(rest, rest[0] == ':' ? 1 : 0, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  if (!rest.empty() && rest.size() != (rest[0] == ':' ? 3u : 2u)) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (60 * *hours + *minutes);
}

std::string cell_of(const Table& table, const Table::Row& row, const char* column, const char* what) {
  const auto& cell = row.cells[table.required_column(column)];
  if (cell && one_line(*cell) != *cell)
    throw InputError(table.where(row) + ": " + column + " '" + *cell +
                     "' is too long or holds control characters; correct it.");
  if (cell) return *cell;
  throw InputError(table.where(row) + ": " + column + " is empty; " + what + ".");
}

bool passes(const Table& table, const Table::Row& row) {
  const std::string written = cell_of(table, row, decision_column, "write pass or fail");
  std::string word = written;
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (word == "pass") return true;
  if (word == "fail") return false;
  throw InputError(table.where(row) + ": decision '" + written + "' is not known; write pass or fail.");
}

// The label in the dataset that a cell means; warns where it is spelled otherwise.
std::string known_label(const Table& table, const Table::Row& row, const std::string& written,
                        const std::string& prefix, const std::vector<std::string>& known, const std::string& owner,
                        std::vector<std::string>& warnings) {
  const std::string full = with_prefix(written, prefix);
  if (std::find(known.begin(), known.end(), full) != known.end()) return full;
  const auto meant = KnownLabels(prefix, known).meant(written);
  if (!meant)
    throw InputError(table.where(row) + ": " + owner + " '" + written + "'." +
                     (known.empty() ? "" : did_you_mean(full, known)));
  warnings.push_back(table.where(row) + ": '" + written + "' is read as " + *meant + ".");
  return *meant;
}

QualityDecision decision_in(const Table& table, const Table::Row& row, const KnownVisits& known,
                            std::vector<std::string>& warnings) {
  QualityDecision decision;
  decision.line = row.line;
  const std::string participant = cell_of(table, row, participant_column, "name the participant (sub-01)");
  decision.participant_id =
      known_label(table, row, participant, "sub-", known.participants, "the dataset has no participant", warnings);
  if (const auto& session = row.cells[table.required_column(session_column)]) {
    const auto sessions = known.sessions.find(decision.participant_id);
    decision.session = sessions == known.sessions.end()
                           ? with_prefix(*session, "ses-")
                           : known_label(table, row, *session, "ses-", sessions->second,
                                         decision.participant_id + " has no visit", warnings);
  }
  decision.pass = passes(table, row);
  decision.reason = cell_of(table, row, reason_column, "give the reason for the decision");
  decision.reader = cell_of(table, row, reader_column, "name the person who decided");
  decision.time = cell_of(table, row, time_column, "write when it was decided (2026-03-31T14:05)");
  const auto time = iso_time(decision.time);
  if (!time)
    throw InputError(table.where(row) + ": time '" + decision.time +
                     "' is not a time in ISO 8601 form; write 2026-03-31T14:05 or 2026-03-31.");
  decision.utc_ms = time->utc_ms;
  decision.time_has_zone = time->has_zone;
  return decision;
}

// `what`: who the two rows are about.
void require_order(const Table& table, const QualityDecision& a, const QualityDecision& b, const std::string& what) {
  if (a.pass == b.pass) return;
  const std::string lines = table.name + ", lines " + std::to_string(std::min(a.line, b.line)) + " and " +
                            std::to_string(std::max(a.line, b.line)) + ": " + what + " has both a pass and a fail";
  if (a.time_has_zone != b.time_has_zone)
    throw InputError(lines + ", and only one of the two times (" + a.time + ", " + b.time +
                     ") names its time zone, so that it is not known which is later; write both in one way.");
  if (a.utc_ms == b.utc_ms)
    throw InputError(lines + " with the same time (" + a.time +
                     "); keep one row, or give the row that counts a later time.");
}

// A later row counts; of two of the same time, the one further down.
bool counts_more(const QualityDecision& a, const QualityDecision& b) {
  return std::pair(a.utc_ms, a.line) > std::pair(b.utc_ms, b.line);
}

std::string about(const QualityDecision& decision) {
  return decision.session.empty() ? decision.participant_id : decision.participant_id + " " + decision.session;
}

void keep_the_latest(const Table& table, std::vector<QualityDecision> rows, QualityDecisions& result) {
  std::map<std::pair<std::string, std::string>, std::size_t> place_of;
  for (auto& row : rows) {
    const auto [place, is_new] = place_of.emplace(std::pair(row.participant_id, row.session), result.decisions.size());
    if (is_new) {
      result.decisions.push_back(std::move(row));
      continue;
    }
    QualityDecision& kept = result.decisions[place->second];
    require_order(table, kept, row, about(row));
    if (counts_more(row, kept)) std::swap(row, kept);
    result.superseded.push_back(std::move(row));
  }
  for (const auto& [key, place] : place_of) {
    const auto whole = place_of.find(std::pair(key.first, std::string()));
    if (!key.second.empty() && whole != place_of.end())
      require_order(table, result.decisions[whole->second], result.decisions[place], about(result.decisions[place]));
  }
  const auto by_line = [](const auto& a, const auto& b) { return a.line < b.line; };
  std::sort(result.decisions.begin(), result.decisions.end(), by_line);
  std::sort(result.superseded.begin(), result.superseded.end(), by_line);
}

}  // namespace

std::optional<IsoTime> iso_time(const std::string& text) {
  const auto day = calendar_day(text.substr(0, 10));
  if (!day || text.size() < 10) return std::nullopt;
  constexpr std::int64_t ms_per_minute = 60'000, ms_per_day = 1'440 * ms_per_minute;
  IsoTime time{*day * ms_per_day, false};
  if (text.size() == 10) return time;
  std::string_view clock = std::string_view(text).substr(11);
  if ((text[10] != 'T' && text[10] != ' ') || clock.size() < 5 || clock[2] != ':') return std::nullopt;
  const auto hours = digits_at(clock, 0, 2), minutes = digits_at(clock, 3, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  time.utc_ms += (*hours * 60 + *minutes) * ms_per_minute;
  clock.remove_prefix(5);
  if (clock.starts_with(':')) {
    const auto seconds = digits_at(clock, 1, 2);
    if (!seconds || *seconds > 60) return std::nullopt;
    time.utc_ms += *seconds * 1000;
    clock.remove_prefix(3);
    if (clock.starts_with('.') || clock.starts_with(',')) {
      std::size_t end = 1;
      for (int unit = 100; end < clock.size() && clock[end] >= '0' && clock[end] <= '9'; ++end, unit /= 10)
        time.utc_ms += (clock[end] - '0') * unit;
      if (end == 1) return std::nullopt;
      clock.remove_prefix(end);
    }
  }
  if (clock.empty()) return time;
  const auto zone = zone_minutes(clock);
  if (!zone) return std::nullopt;
  time.utc_ms -= *zone * ms_per_minute;
  time.has_zone = true;
  return time;
}

const QualityDecision* QualityDecisions::find(const std::string& participant_id, const std::string& session) const {
  const QualityDecision* found = nullptr;
  for (const auto& decision : decisions) {
    if (decision.participant_id != participant_id) continue;
    if (!decision.session.empty() && decision.session != session) continue;
    if (!found || counts_more(decision, *found)) found = &decision;
  }
  return found;
}

KnownVisits known_visits(const Dataset& dataset) {
  KnownVisits known{dataset.all_participant_ids, {}};
  for (const auto& participant : dataset.participants) {
    auto& sessions = known.sessions[participant.participant_id];
    for (const auto& visit : participant.visits)
      if (!visit.session.empty()) sessions.push_back(visit.session);
    sessions.insert(sessions.end(), participant.missing_visits.begin(), participant.missing_visits.end());
  }
  return known;
}

QualityDecisions parse_quality_decisions(const Table& table, const KnownVisits& known) {
  for (const char* column :
       {participant_column, session_column, decision_column, reason_column, reader_column, time_column})
    table.required_column(column);
  QualityDecisions result;
  result.warnings = table.warnings;
  std::vector<QualityDecision> rows;
  for (const auto& row : table.rows) rows.push_back(decision_in(table, row, known, result.warnings));
  keep_the_latest(table, std::move(rows), result);
  return result;
}

QualityDecisions read_quality_decisions(const Dataset& dataset, const fs::path& file) {
  const fs::path own = dataset.folder / "quality_decisions.tsv";
  std::error_code error;
  if (file.empty() && !fs::exists(own, error)) return {};
  const fs::path& used = file.empty() ? own : file;
  const std::string text = read_text_file(used);
  const std::string name = file.empty() ? own.filename().string() : file.string();
  QualityDecisions result = parse_quality_decisions(parse_tsv(text, name), known_visits(dataset));
  result.file = used;
  result.sha256 = sha256_of_text(text);
  return result;
}

}  // namespace wane
