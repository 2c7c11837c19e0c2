#include "pipeline/analysis/exclusion.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace wane {
namespace {

const std::string decision_name = "decision";  // of the finding that a person's decision is

const VisitRow* visit_named(const ParticipantReport& report, const std::string& session) {
  const auto found = std::find_if(report.visits.begin(), report.visits.end(),
                                  [&](const VisitRow& visit) { return visit.session == session; });
  return found == report.visits.end() ? nullptr : &*found;
}

bool passed_by_a_person(const VisitRow* visit) {
  return visit && visit->decision && visit->decision->pass;
}

bool failed_by_a_person(const VisitRow& visit) {
  return visit.decision && !visit.decision->pass;
}

bool is_overruled(const ParticipantReport& report, const ChangeRow& change) {
  return passed_by_a_person(visit_named(report, change.from)) && passed_by_a_person(visit_named(report, change.to));
}

// A person passed every visit that is left in the measurement.
bool is_overruled(const ParticipantReport& report) {
  bool any = false;
  for (const VisitRow& visit : report.visits) {
    if (!visit.measured_together || failed_by_a_person(visit)) continue;
    if (!passed_by_a_person(&visit)) return false;
    any = true;
  }
  return any;
}

bool fails(const VisitRow& visit, QualityMode mode) {
  return failed_by_a_person(visit) || (mode == QualityMode::exclude && verdict_of(visit) == Verdict::fail);
}

// `place`: a finding with nothing but its session or pair.
void add_findings(std::vector<Finding>& findings, const Quality& quality, const Finding& place) {
  for (const auto& check : quality.checks) {
    if (check.verdict == Verdict::pass) continue;
    Finding finding = place;
    finding.verdict = check.verdict;
    finding.check = check.name;
    finding.sentence = check.sentence;
    findings.push_back(std::move(finding));
  }
}

std::vector<Finding> findings_of(const VisitRow& visit) {
  Finding place;
  place.session = visit.session;
  std::vector<Finding> findings;
  if (!visit.decision) {
    add_findings(findings, visit.quality, place);
  } else if (failed_by_a_person(visit)) {
    place.verdict = Verdict::fail;
    place.check = decision_name;
    place.sentence = visit.decision->reason;
    place.reader = visit.decision->reader;
    findings.push_back(std::move(place));
  }
  return findings;
}

std::vector<Finding> findings_of(const ParticipantReport& report, const ChangeRow& change) {
  Finding place;
  place.from = change.from;
  place.to = change.to;
  std::vector<Finding> findings;
  if (!is_overruled(report, change)) add_findings(findings, change.quality, place);
  return findings;
}

// Each check once, with its worst verdict, in the order given.
std::string flags_of(const std::vector<Finding>& findings, bool sloppy) {
  std::vector<std::pair<std::string, Verdict>> worst;
  for (const auto& finding : findings) {
    const auto known =
        std::find_if(worst.begin(), worst.end(), [&](const auto& flag) { return flag.first == finding.check; });
    if (known == worst.end())
      worst.emplace_back(finding.check, finding.verdict);
    else
      known->second = std::max(known->second, finding.verdict);
  }
  std::string flags;
  for (const auto& [check, verdict] : worst) flags += (flags.empty() ? "" : ",") + check + ":" + name_of(verdict);
  if (sloppy) flags += std::string(flags.empty() ? "" : ",") + sloppy_flag;
  return flags;
}

// A row of `findings` for each check that did not pass; none where a person passed every visit.
void add_findings_of_person(std::vector<Finding>& findings, const ParticipantReport& report) {
  if (!is_overruled(report)) add_findings(findings, report.quality, {});
}

}  // namespace

bool Finding::is_decision() const {
  return check == decision_name;
}

std::optional<QualityMode> quality_mode_named(const std::string& name) {
  if (name == "exclude") return QualityMode::exclude;
  if (name == "report") return QualityMode::report;
  return std::nullopt;
}

const char* name_of(QualityMode mode) {
  return mode == QualityMode::exclude ? "exclude" : "report";
}

bool was_measured(const VisitRow& visit) {
  return std::isfinite(visit.volumes_ml.brain);
}

Verdict verdict_of(const VisitRow& visit) {
  if (visit.decision) return visit.decision->pass ? Verdict::pass : Verdict::fail;
  return visit.quality.verdict();
}

Verdict verdict_of(const ParticipantReport& report, const ChangeRow& change) {
  return is_overruled(report, change) ? Verdict::pass : change.quality.verdict();
}

Verdict verdict_of_person(const ParticipantReport& report) {
  return is_overruled(report) ? Verdict::pass : report.quality.verdict();
}

Verdict worst_verdict(const ParticipantReport& report) {
  Verdict worst = verdict_of_person(report);
  for (const auto& visit : report.visits) worst = std::max(worst, verdict_of(visit));
  for (const auto& change : report.changes) worst = std::max(worst, verdict_of(report, change));
  return worst;
}

bool Counting::excluded_any() const {
  const auto any_not = [](const std::vector<bool>& all) {
    return std::find(all.begin(), all.end(), false) != all.end();
  };
  return any_not(visits) || any_not(changes);
}

Counting what_counts(const ParticipantReport& report) {
  const QualityMode mode = report.quality_mode;
  Counting counting;
  const bool person_fails = mode == QualityMode::exclude && verdict_of_person(report) == Verdict::fail;
  for (const auto& visit : report.visits) counting.visits.push_back(!person_fails && !fails(visit, mode));
  for (const auto& change : report.changes) {
    const VisitRow *from = visit_named(report, change.from), *to = visit_named(report, change.to);
    const bool pair_fails = mode == QualityMode::exclude && verdict_of(report, change) == Verdict::fail;
    counting.changes.push_back(!person_fails && !pair_fails && !(from && fails(*from, mode)) &&
                               !(to && fails(*to, mode)));
  }
  return counting;
}

VisitSeries counting_series_of(const ParticipantReport& report) {
  VisitSeries series = visit_series_of(report);
  const Counting counting = what_counts(report);
  std::vector<Change> changes;
  for (std::size_t i = 0; i < series.changes.size(); ++i)
    if (counting.changes[i]) changes.push_back(series.changes[i]);
  series.changes = std::move(changes);
  return series;
}

std::vector<bool> visits_in_rate(const ParticipantReport& report, double first_day) {
  std::vector<bool> in_rate(report.visits.size(), false);
  if (!report.rates_percent_per_year) return in_rate;
  for (const Change& change : counting_series_of(report).changes)
    for (const std::size_t visit : {change.from, change.to})
      if (visit < in_rate.size()) {
        const auto& days = report.visits[visit].days;
        in_rate[visit] = days && *days >= first_day;
      }
  return in_rate;
}

std::vector<Finding> findings_of(const ParticipantReport& report) {
  std::vector<Finding> findings;
  const auto append = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  for (const auto& visit : report.visits) append(findings_of(visit));
  for (const auto& change : report.changes) {
    const VisitRow *from = visit_named(report, change.from), *to = visit_named(report, change.to);
    const bool settled = (from && failed_by_a_person(*from)) || (to && failed_by_a_person(*to));
    if (!settled) append(findings_of(report, change));
  }
  add_findings_of_person(findings, report);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.verdict > b.verdict; });
  return findings;
}

std::vector<Finding> open_findings_of(const ParticipantReport& report) {
  std::vector<Finding> findings = findings_of(report);
  std::erase_if(findings, [](const Finding& finding) { return finding.is_decision(); });
  return findings;
}

std::vector<Finding> exclusions_of(const ParticipantReport& report) {
  std::vector<Finding> findings = findings_of(report);
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.verdict != Verdict::fail || (report.quality_mode == QualityMode::report && !finding.is_decision());
  });
  return findings;
}

bool excluded_by_a_check(const ParticipantReport& report) {
  const std::vector<Finding> exclusions = exclusions_of(report);
  return std::any_of(exclusions.begin(), exclusions.end(), [](const Finding& one) { return !one.is_decision(); });
}

std::string place_in_words(const Finding& finding) {
  return finding.from.empty() && finding.to.empty() ? finding.session : finding.from + " to " + finding.to;
}

std::string why_excluded(const Finding& exclusion) {
  std::string reason = "failed quality: ";
  if (exclusion.is_decision())
    reason = "excluded by " + (exclusion.reader.empty() ? "decision" : exclusion.reader) + ": ";
  if (const std::string place = place_in_words(exclusion); !place.empty()) reason += place + ": ";
  reason += exclusion.sentence.empty() ? "no reason was given" : exclusion.sentence;
  while (reason.ends_with('.')) reason.pop_back();
  return reason;
}

std::string flags_of(const ParticipantReport& report, const VisitRow& visit) {
  return flags_of(findings_of(visit), report.sloppy);
}

std::string flags_of(const ParticipantReport& report, const ChangeRow& change) {
  std::vector<Finding> findings = findings_of(report, change);
  for (const std::string* session : {&change.from, &change.to})
    if (const VisitRow* visit = visit_named(report, *session)) {
      const auto own = findings_of(*visit);
      findings.insert(findings.end(), own.begin(), own.end());
    }
  add_findings_of_person(findings, report);
  return flags_of(findings, report.sloppy);
}

std::string flags_of(const ParticipantReport& report) {
  return flags_of(findings_of(report), report.sloppy);
}

void apply_decisions(ParticipantReport& report, const QualityDecisions& decisions) {
  for (auto& visit : report.visits) {
    visit.decision.reset();
    if (const QualityDecision* found = decisions.find(report.participant_id, visit.session))
      visit.decision = HumanDecision{found->pass, found->reason, found->reader, found->time};
  }
}

void mark_same_data(std::vector<ParticipantReport>& reports) {
  struct Scan {
    std::string_view fingerprint;
    std::size_t report, visit;
  };
  std::vector<Scan> scans;
  for (std::size_t r = 0; r < reports.size(); ++r)
    for (std::size_t v = 0; v < reports[r].visits.size(); ++v)
      if (const auto& fingerprint = reports[r].visits[v].fingerprint; !fingerprint.empty())
        scans.push_back({fingerprint, r, v});
  std::stable_sort(scans.begin(), scans.end(),
                   [](const Scan& a, const Scan& b) { return a.fingerprint < b.fingerprint; });
  const auto in_words = [&](const Scan& scan) {
    const auto& session = reports[scan.report].visits[scan.visit].session;
    return reports[scan.report].participant_id + (session.empty() ? "" : " " + session);
  };
  for (std::size_t begin = 0, end = 0; begin < scans.size(); begin = end) {
    for (end = begin; end < scans.size() && scans[end].fingerprint == scans[begin].fingerprint;) ++end;
    if (scans[begin].report == scans[end - 1].report) continue;  // equal ones are in the order of the reports
    for (std::size_t i = begin; i < end; ++i) {
      std::size_t other = begin;
      while (scans[other].report == scans[i].report) ++other;
      reports[scans[i].report].visits[scans[i].visit].quality.checks.push_back(
          {same_data_check, std::nullopt, std::nullopt, Verdict::fail,
           "The scan of " + in_words(scans[i]) + " holds the same data as that of " + in_words(scans[other]) +
               ": one of the two is filed under the wrong name."});
    }
  }
}

}  // namespace wane
