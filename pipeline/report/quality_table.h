// quality.tsv: every check of everybody, in long form. It is made of the participants' reports in OUT, a few at a time:
// all checks of 100 000 participants do not fit into the memory.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/report/table_builder.h"

namespace wane {

// The checks of `full`, and those of `known` that are not among them.
Quality all_checks(const Quality& full, const Quality& known);

// Header line and data dictionary.
TableText quality_table_head();

// The rows of one participant: checks of the visits, of the pairs, of the person; a row "decision" where a person
// decided. `full` is the report with all its checks; `known` the trial's, which knows the decisions that count now and
// what only the other participants' reports show (same_data).
std::string quality_rows(const ParticipantReport& full, const ParticipantReport& known);

// Gives `write` the head and then the rows of all participants of the trial, in their order, in pieces. A report that
// cannot be read any more is left out.
void quality_table(const Trial& trial, const std::filesystem::path& out,
                   const std::function<void(const std::string& piece)>& write);

}  // namespace wane
