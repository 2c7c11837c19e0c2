// What was caught, by which check, and how often undisturbed scans were refused: on the screen, as tables, as JSON.
#pragma once

#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/report/table_builder.h"
#include "pipeline/validation/fault_scores.h"
#include "pipeline/validation/validation_report.h"

namespace wane {

// A row for each fault, a row for each kind of undisturbed scans, the totals, and who was missed. Markdown that reads
// well as plain text too.
std::string faults_markdown(const FaultScores& scores);

// Schema wane/faults/1.
std::string faults_json_text(const FaultScores& scores, const std::vector<ValidationHead>& heads,
                             const Provenance& provenance);

TableText fault_rates_table(const FaultScores& scores);   // a row each fault and degree, undisturbed scans last
TableText fault_people_table(const FaultScores& scores);  // a row each person

// 0, or 1 where a gross fault was not caught or somebody's measurement broke.
int exit_code_of(const FaultScores& scores);

}  // namespace wane
