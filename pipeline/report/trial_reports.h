// The reports of the trial: one a dose group (schema wane/dose-group/1), one of the whole (wane/trial/1), tables.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/analysis/trial_analysis.h"

namespace wane {

struct ReportText {
  std::string path;  // relative to OUT: "dose-groups/dose-A_atrophy.json"
  std::string text;
};

// Every file that `group` writes, in a fixed order: dose groups by dose, trial_atrophy.json, then the tables, each with
// its data dictionary. The same trial gives the same bytes.
std::vector<ReportText> trial_reports(const TrialAnalysis& analysis, const Provenance& provenance);

// As above, one file at a time: those of 100 000 participants do not fit into the memory together.
void trial_reports(const TrialAnalysis& analysis, const Provenance& provenance,
                   const std::function<void(const ReportText&)>& write);

// The trial's findings in a few lines for the terminal: the plan, each group's mean rates, how they go with dose, who
// is left out (the first 50). Of `listed_elsewhere` nothing is said: the same sentence twice is read by nobody.
std::string trial_summary(const TrialAnalysis& analysis, const std::set<std::string>& listed_elsewhere = {});

// A file name part for each dose group: letters, digits, '.', '+' and '-' stay, all else becomes '-'. Names that would
// be the same file, also on disks that ignore capitals, are told apart by a hash of the whole name. Which group has
// which name does not depend on the order; names[i] belongs to groups[i].
std::vector<std::string> dose_group_file_labels(const std::vector<std::string>& groups);

}  // namespace wane
