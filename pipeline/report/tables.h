// The tables at the top of OUT for the statistician's own program, each with a data dictionary.
//
// Tab-separated, header first, one observation a row, fixed decimals, a decimal point in every locale. Where there is
// no value stands NA, which R (read.delim) and pandas (read_table) both take as missing without being told; n/a, as
// BIDS writes it, would make R read the whole column as text.
#pragma once

#include <array>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/report/table_builder.h"

namespace wane {

// Tables for people have a column each tissue; their twins with _long have a row each tissue and the unit in each
// column's name, as mixed models and plots read them.
//
// volumes (a row each visit), changes (a row each pair of visits), rates (a row each participant of the trial, with the
// reason where there is no rate), visits (a row each participant and session of the trial: completed or not),
// dose_groups (a row each group and tissue), dose_tests (a row each tissue and test), next_trial (a row each tissue and
// design). The columns of participants.tsv stand in the tables of rates, and in none while the trial is blinded.
TableText volumes_table(const TrialAnalysis& analysis);
TableText changes_table(const TrialAnalysis& analysis);
TableText rates_table(const TrialAnalysis& analysis);
TableText visits_table(const TrialAnalysis& analysis);
TableText dose_groups_table(const TrialAnalysis& analysis);
TableText dose_tests_table(const TrialAnalysis& analysis);
TableText volumes_long_table(const TrialAnalysis& analysis);
TableText changes_long_table(const TrialAnalysis& analysis);
TableText rates_long_table(const TrialAnalysis& analysis);
TableText next_trial_table(const TrialAnalysis& analysis);

struct TrialTable {
  const char* name;  // "rates": of rates.tsv and rates.json
  TableText (*make)(const TrialAnalysis& analysis);
};
inline constexpr std::array<TrialTable, 10> trial_tables = {{{"volumes", volumes_table},
                                                             {"volumes_long", volumes_long_table},
                                                             {"changes", changes_table},
                                                             {"changes_long", changes_long_table},
                                                             {"rates", rates_table},
                                                             {"rates_long", rates_long_table},
                                                             {"visits", visits_table},
                                                             {"dose_groups", dose_groups_table},
                                                             {"dose_tests", dose_tests_table},
                                                             {"next_trial", next_trial_table}}};

}  // namespace wane
