// Who needs a look, for the terminal: nobody opens a report to find a warning that the screen did not mention.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/analysis/participant_report.h"

namespace wane {

struct LookList {
  std::string text;                   // lines; empty where nobody needs a look
  std::vector<std::string> excluded;  // participants of whom a check, not a person, took something out of the rates
};

// "2 of 12 participants need a look:", then a line for each with its most severe sentence, the failed ones first:
//   sub-05 ses-02: FAILED: The two visits do not show the same person ... (and 1 more)
// At most 50 lines, then how many more quality.tsv lists. `participants`: how many there are in all.
LookList look_list(const std::vector<ParticipantReport>& reports, std::size_t participants);

}  // namespace wane
