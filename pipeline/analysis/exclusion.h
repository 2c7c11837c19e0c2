// What counts and what does not: the verdicts of the checks, and the decisions of people above them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/participant_report.h"
#include "pipeline/dataset/quality_decisions.h"

namespace wane {

std::optional<QualityMode> quality_mode_named(const std::string& name);  // "exclude", "report"
const char* name_of(QualityMode mode);

// False where the scan could not be used, or was taken out before the measurement: the visit is listed without volumes.
bool was_measured(const VisitRow& visit);

// The decision where there is one, else the verdict of the checks.
Verdict verdict_of(const VisitRow& visit);

// A pair's own verdict; pass where a person passed both of its visits. One passed visit is not enough: where ses-02 is
// somebody else's scan, whoever passes ses-01 does not say that the two go together.
Verdict verdict_of(const ParticipantReport& report, const ChangeRow& change);

// Of the checks of the person as such; pass where a person passed every visit.
Verdict verdict_of_person(const ParticipantReport& report);

// The worst of the above.
Verdict worst_verdict(const ParticipantReport& report);

// Which visits and changes count in the rates by the report's quality_mode, each in the order of the report.
struct Counting {
  std::vector<bool> visits, changes;
  bool excluded_any() const;
};
Counting what_counts(const ParticipantReport& report);

// The report's visits with the changes that count; a visit without any of them is linked to no other.
VisitSeries counting_series_of(const ParticipantReport& report);

// The visits that the participant's rate is made of, in the order of the report: linked to another by a change that
// counts, with a day, and not before `first_day`. None where there is no rate.
std::vector<bool> visits_in_rate(const ParticipantReport& report, double first_day);

// Something about a participant that is not a pass.
struct Finding {
  std::string session;   // of a visit; empty: of a pair, or of the person
  std::string from, to;  // of a pair
  Verdict verdict = Verdict::warn;
  std::string check;     // "same_person"; "decision" where a person decided
  std::string sentence;  // "The two visits do not show the same person ..."; what a person gave as the reason
  std::string reader;    // who decided; empty: nobody did

  bool is_decision() const;
};

// Failed first, then in the order of the report (visits, changes, the person). What a person passed is not among
// them, nor are the pairs of a visit that a person took out.
std::vector<Finding> findings_of(const ParticipantReport& report);

// Those that nobody has decided about: what a person should look at.
std::vector<Finding> open_findings_of(const ParticipantReport& report);

// Those findings that take something out of the rates.
std::vector<Finding> exclusions_of(const ParticipantReport& report);

// Whether a check, and not only a person, takes something out of the rates.
bool excluded_by_a_check(const ParticipantReport& report);

// "failed quality: ses-02: The scan ...", "excluded by reader-1: ses-02: ..."; ends a sentence.
std::string why_excluded(const Finding& exclusion);

// "ses-02", "ses-01 to ses-02"; empty for the person and where the dataset has no sessions.
std::string place_in_words(const Finding& finding);

// "same_person:fail,interval:warn"; empty where there is nothing. Of one visit; of one pair with its visits and the
// person; of everything. A report made with --sloppy is flagged "sloppy:warn".
inline constexpr const char* sloppy_flag = "sloppy:warn";
std::string flags_of(const ParticipantReport& report, const VisitRow& visit);
std::string flags_of(const ParticipantReport& report, const ChangeRow& change);
std::string flags_of(const ParticipantReport& report);

// Puts what people decided into the report's visits, in place of what earlier decisions left there.
void apply_decisions(ParticipantReport& report, const QualityDecisions& decisions);

inline constexpr const char* same_data_check = "same_data";

// Visits of different participants that hold the same data (by their fingerprints) fail the check `same_data`: one of
// them is filed under the wrong name, and nobody can tell which. The same reports give the same sentences. O(n log n).
void mark_same_data(std::vector<ParticipantReport>& reports);

}  // namespace wane
