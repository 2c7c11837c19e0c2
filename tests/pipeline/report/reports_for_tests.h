// A small trial with everything that can be missing, for the tests of its reports.
#pragma once

#include <limits>
#include <string>

#include "pipeline/report/trial_reports.h"

namespace wane {

inline ParticipantReport report_with_two_visits(const std::string& id, std::optional<std::string> group,
                                                std::optional<double> dose, double brain) {
  ParticipantReport report;
  report.participant_id = id;
  report.dose_group = group;
  report.dose = dose;
  report.visits = {{"ses-01", 0.0, {1200.12345, 700, 500.5, 300, 1500}, {{"template_similarity", 0.91}}, {}, {}},
                   {"ses-02", 365.25, {1190, 695, 495, 310, 1500}, {}, {"already brain-extracted"}, {id + "/x.nii"}}};
  report.changes = {{"ses-01",
                     "ses-02",
                     365.25,
                     {brain, brain * 1.5, brain / 2},
                     {0.1, 0.2, 0.15},
                     ChangeEstimate{{0.9 * brain, 1.2 * brain, 0.5 * brain}, {0.2, 0.3, 0.25}}}};
  report.rates_percent_per_year = TissueValues{brain, brain * 1.5, brain / 2};
  return report;
}

inline ParticipantReport report_with_one_visit(const std::string& id, std::optional<std::string> group) {
  ParticipantReport report;
  report.participant_id = id;
  report.dose_group = group;
  report.dose = group ? std::optional(5.0) : std::nullopt;
  report.visits = {{"ses-01", std::nullopt, {1, 2, 3, 4, std::numeric_limits<double>::quiet_NaN()}, {}, {}, {}}};
  report.warnings = {"There is only one visit: volumes are measured, but no change."};
  return report;
}

inline Trial small_trial() {
  Trial trial;
  trial.reports = {report_with_two_visits("sub-1", "A", 5, -1.2),
                   report_with_two_visits("sub-2", "A", 5, -0.85),
                   report_with_two_visits("sub-3", "A", 5, -0.4),
                   report_with_one_visit("sub-4", "A"),
                   report_with_two_visits("sub-5", "B 10/kg", 10, -0.2),
                   report_with_two_visits("sub-6", std::nullopt, std::nullopt, -0.3)};
  trial.left_out = {{"sub-7", "B 10/kg", "no T1w scan that can be used in sub-7"},
                    {"sub-8", "C", "not measured", 24.0}};
  trial.dose_unit = "million cells";
  trial.warnings = {"A warning."};
  return trial;
}

inline Provenance small_provenance() {
  return {"0.1.0",
          R"({"measure": {"iterations": 30}})",
          {{"participants.tsv", std::string(64, 'a')}},
          false,
          std::string(64, 'e')};
}

// Three doses with four participants each; the loss falls with dose. `dose_of` may turn it round.
inline Trial trial_with_dose_response(bool reversed = false) {
  Trial trial;
  const double doses[] = {5, 10, 24};
  for (int i = 0; i < 12; ++i) {
    const int level = i / 4;
    const double noise = 0.1 * ((i * 5) % 7 - 3);
    const int dose = reversed ? 2 - level : level;
    trial.reports.push_back(report_with_two_visits("sub-" + std::to_string(i + 10), std::string(1, char('A' + dose)),
                                                   doses[dose], -1.6 + 0.6 * level + noise));
    for (auto& visit : trial.reports.back().visits) visit.volumes_ml.brain *= 1 + 0.02 * ((i * 5) % 11 - 5);
  }
  trial.dose_unit = "million cells";
  return trial;
}

}  // namespace wane
