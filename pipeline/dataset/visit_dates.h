// sub-*_sessions.tsv: when a participant's visits were.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"
#include "pipeline/dataset/tsv.h"

namespace wane {

struct VisitDate {
  std::string session;         // "ses-01", also where the table says "01"
  std::optional<double> days;  // empty: n/a
};

// One entry for each row. Days come from the days column; where that is absent or n/a throughout, from the dates of
// the date column, counted in calendar days from the earliest of them. Throws InputError for a visit listed twice or
// with a name that cannot be part of a file's name, and for days or dates that cannot be read.
std::vector<VisitDate> visit_dates(const Table& sessions, const DatasetOptions& options);

// Days since 1970-01-01 of an ISO date ("2024-03-31", "2024-03-31T10:15:00"); the time of day is ignored, because
// anonymised data often lack it. Empty where it is none.
std::optional<int> calendar_day(const std::string& iso_date);

}  // namespace wane
