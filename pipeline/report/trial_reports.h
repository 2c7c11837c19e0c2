// The reports of the trial: one a dose group (schema wane/dose-group/1), one of the whole (wane/trial/1), three tables.
#pragma once

#include <string>
#include <vector>

#include "pipeline/dataset/left_out.h"
#include "pipeline/report/participant_report.h"
#include "pipeline/report/provenance.h"

namespace wane {

struct Trial {
  std::vector<ParticipantReport> reports;  // measured, in the order they are listed
  std::vector<LeftOut> left_out;           // not measured: no scan, failed, unusable report
  std::string dose_unit;                   // "million cells"; empty: not said
  std::vector<std::string> warnings;       // sentences about the dataset
};

struct ReportText {
  std::string path;  // relative to OUT: "dose-groups/dose-A_atrophy.json"
  std::string text;
};

// Every file that `group` writes, in a fixed order: dose groups by dose, trial_atrophy.json, volumes.tsv, changes.tsv,
// rates.tsv. The same trial gives the same bytes.
std::vector<ReportText> trial_reports(const Trial& trial, const Provenance& provenance);

// The trial's findings in a few lines for the terminal: each group's mean rates, how they go with dose, who is left
// out.
std::string trial_summary(const Trial& trial);

// Why a participant has no rate, as the end of a sentence; empty where there is one.
std::string why_no_rate(const ParticipantReport& report);

// A file name part for each dose group: letters, digits, '.', '+' and '-' stay, all else becomes '-'. Names that would
// be the same file, also on disks that ignore capitals, are told apart by a hash of the whole name. Which group has
// which name does not depend on the order; names[i] belongs to groups[i].
std::vector<std::string> dose_group_file_labels(const std::vector<std::string>& groups);

}  // namespace wane
