// quality_decisions.tsv: what people decided about scans, over the head of Wane's own checks.
//
// Columns: participant_id, session_id, decision (pass or fail), reason, reader, time (ISO 8601). An empty session_id
// (or n/a) speaks of the whole participant: of all visits, and of scans that lie in no session. What does not say who
// decided, when and why is refused, because the table is evidence.
//
// A decision may be revised by a row with a later time: the latest one counts, also between a row of a visit and a row
// of its whole participant. Rows that disagree and have the same time are an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/tsv.h"

namespace wane {

struct QualityDecision {
  std::string participant_id;  // "sub-01"
  std::string session;         // "ses-01"; empty: the whole participant
  bool pass = false;           // else: do not use
  std::string reason;          // as written, never empty
  std::string reader;          // who decided; never empty
  std::string time;            // as written
  std::int64_t utc_ms = 0;     // `time` as milliseconds since 1970; a time without a zone is taken for UTC
  bool time_has_zone = false;  // "...Z" or "...+01:00"
  std::size_t line = 0;        // in the file, from 1
};

struct QualityDecisions {
  std::vector<QualityDecision> decisions;   // those that count, in the order of the file
  std::vector<QualityDecision> superseded;  // rows about the same visit with an earlier time
  std::vector<std::string> warnings;        // sentences: labels that were not written as in the dataset
  std::filesystem::path file;               // empty: there is none
  std::string sha256;                       // of the file's bytes

  // What counts for a visit: the later of its own decision and that of its whole participant. Null: nothing was
  // decided. `session` may be empty, for scans that lie in no session.
  const QualityDecision* find(const std::string& participant_id, const std::string& session) const;
};

// Whom and what the decisions may be about.
struct KnownVisits {
  std::vector<std::string> participants;  // "sub-01"; everybody in the dataset, with scans or without
  // By participant; who is not in it may have any visit (not read, because other participants were asked for).
  std::map<std::string, std::vector<std::string>> sessions;
};
KnownVisits known_visits(const Dataset& dataset);

// Throws InputError naming line and value: a missing column, an unknown decision, no reason, reader or time, a time
// that is none, rows that disagree, a participant or visit that is not known (with near names).
QualityDecisions parse_quality_decisions(const Table& table, const KnownVisits& known);

// From `file`, or where that is empty from quality_decisions.tsv in the dataset; no decisions where the dataset has
// none. Throws InputError as above, and where a file that was named cannot be read.
QualityDecisions read_quality_decisions(const Dataset& dataset, const std::filesystem::path& file = {});

// Milliseconds since 1970 of "2026-03-31", "2026-03-31T14:05", "2026-03-31 14:05:10.25Z" or
// "2026-03-31T14:05:10+02:00".
struct IsoTime {
  std::int64_t utc_ms = 0;
  bool has_zone = false;
};
std::optional<IsoTime> iso_time(const std::string& text);

}  // namespace wane
