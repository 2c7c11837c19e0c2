// The plan of an import as a table for people.
#pragma once

#include <string>
#include <vector>

#include "pipeline/import/plan.h"

namespace wane {

// One line a series, columns of one width each: participant, session, days since baseline, PatientID, folder, series,
// images, what it was taken for, what happens, and why. Names, dates of birth and dates of scans are not in it.
std::string plan_table(const std::vector<Series>& series, const ImportPlan& plan);

const char* action_text(Action action);  // "import", "there", "not needed", "PROBLEM"

// "sub-01 ses-02, series 3 (T1_MPRAGE)" for sentences about one series.
std::string series_in_words(const Series& series, const PlannedSeries& planned);

}  // namespace wane
