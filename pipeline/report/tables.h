// The tables at the top of OUT, one row a participant, visit or change, for the statistician's own program.
#pragma once

#include <string>
#include <vector>

#include "pipeline/dataset/left_out.h"
#include "pipeline/report/participant_report.h"

namespace wane {

// Tab-separated, header first, n/a where there is no value, fixed decimals, a decimal point in every locale.
std::string volumes_tsv(const std::vector<ParticipantReport>& reports);  // one row a visit; mL
std::string changes_tsv(const std::vector<ParticipantReport>& reports);  // one row a change; percent

// One row a participant; percent per year, and the reason where there is no rate. `left_out` were never measured.
std::string rates_tsv(const std::vector<ParticipantReport>& reports, const std::vector<LeftOut>& left_out);

}  // namespace wane
