// sub-*_sessions.tsv: when a participant's visits were.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"
#include "pipeline/dataset/tsv.h"

namespace wane {

struct VisitDate {
  std::string session;                   // "ses-01", also where the table says "01"
  std::optional<double> days;            // empty: n/a
  std::optional<int> calendar_day = {};  // since 1970-01-01, where the date column has a date
};

struct VisitDates {
  std::vector<VisitDate> visits;  // one for each row
  std::optional<int> latest_day;  // since 1970-01-01; empty: the table has days, or nothing
};

// Days come from the days column; where that is absent or n/a throughout, from the dates of the date column, counted in
// calendar days from the earliest of them. Throws InputError for a visit listed twice or with a name that cannot be
// part of a file's name, and for days or dates that cannot be read.
VisitDates visit_dates(const Table& sessions, const DatasetOptions& options);

// sub-*_scans.tsv: the calendar day of the scan `file` (relative to the table's folder, "anat/sub-01_T1w.nii.gz"; with
// or without .gz), since 1970-01-01. Empty where the table does not name the scan or its date. Throws InputError for a
// date that cannot be read.
std::optional<int> scan_day(const Table& scans, const std::string& file, const DatasetOptions& options);

// "2024-03-31" of days since 1970-01-01.
std::string iso_date(int calendar_day);

// Days since 1970-01-01 of an ISO date ("2024-03-31", "2024-03-31T10:15:00", "20240331", "20240331T101500"); the time
// of day is ignored, because anonymized data often lack it. Empty where it is none; 01/02/2020 is none, because
// countries read it differently.
std::optional<int> calendar_day(const std::string& iso_date);

// Days since 1970-01-01 by this machine's clock (UTC).
int clock_day();

}  // namespace wane
