#include "pipeline/report/pages.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/natural_order.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/quality/judge.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/quality_table.h"
#include "pipeline/report/words.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view marker = "/*WANE-DATA*/";

// JSON in which no character has a meaning for HTML or ends a line of JavaScript.
std::string safe_json(const ordered_json& data) {
  const std::string json = json_line(data);
  std::string safe;
  safe.reserve(json.size() + json.size() / 64);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = std::string_view(json).substr(i, 3);
    if (json[i] == '<') {
      safe += "\\u003c";
    } else if (json[i] == '>') {
      safe += "\\u003e";
    } else if (json[i] == '&') {
      safe += "\\u0026";
    } else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {
      safe += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += json[i];
    }
  }
  return safe;
}

// Checks whose sentences quote sidecars, and what pages say instead.
struct QuotingCheck {
  std::string_view name, instead;
};
constexpr std::array quoting_checks = {
    QuotingCheck{"acquisition",
                 "The scanner or the sequence differs between the two visits (quality.tsv says in what): part of the "
                 "measured change may be the scanner's."},
    QuotingCheck{"contrast_agent_recorded",
                 "A sidecar names a contrast agent for one of the two visits (quality.tsv says which) and not for the "
                 "other: check whether the two can be compared."}};

const QuotingCheck* quoting_check(std::string_view name) {
  const auto found = std::find_if(quoting_checks.begin(), quoting_checks.end(),
                                  [&](const QuotingCheck& check) { return check.name == name; });
  return found == quoting_checks.end() ? nullptr : &*found;
}

struct Replacement {
  std::string text, instead;  // both without the full stop at the end: within other sentences it may be missing
};

std::string without_full_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return std::string(sentence);
}

void add_replacement(std::vector<Replacement>& all, const std::string& check, const std::string& sentence) {
  const QuotingCheck* quoting = quoting_check(check);
  if (quoting && !sentence.empty()) all.push_back({without_full_stop(sentence), without_full_stop(quoting->instead)});
}

std::vector<Replacement> replacements_of(const ParticipantReport& report) {
  std::vector<Replacement> all;
  for (const auto& change : report.changes)
    for (const auto& check : change.quality.checks) add_replacement(all, check.name, check.sentence);
  return all;
}

std::string with_replacements(std::string text, const std::vector<Replacement>& all) {
  for (const auto& [what, instead] : all)
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + instead.size()))
      text.replace(at, what.size(), instead);
  return text;
}

// In every text of `json`.
void replace_in(ordered_json& json, const std::vector<Replacement>& all) {
  if (all.empty()) return;
  if (json.is_string()) {
    json = with_replacements(json.get<std::string>(), all);
  } else if (json.is_structured()) {
    for (auto& part : json) replace_in(part, all);
  }
}

// "fewer than two visits" -> "Fewer than two visits."
std::string as_sentence(std::string text) {
  if (text.empty()) return text;
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text.ends_with('.') ? text : text + '.';
}

// As the report has it, without what it quotes.
ordered_json shown_check_json(const QualityCheck& check) {
  ordered_json json = check_json(check);
  if (const QuotingCheck* quoting = check.sentence.empty() ? nullptr : quoting_check(check.name))
    json["sentence"] = std::string(quoting->instead);
  return json;
}

// What a person should look at, a sentence each.
ordered_json flags_json(const ParticipantReport& report) {
  auto flags = ordered_json::array();
  for (const Finding& finding : open_findings_of(report)) {
    const std::string place = place_in_words(finding);
    flags.push_back((place.empty() ? "" : place + ": ") + finding.sentence);
  }
  if (report.sloppy) flags.push_back(made_sloppy);
  return flags;
}

ordered_json intervals_json(const TissueRates& rates) {
  auto intervals = ordered_json::object();
  for (const auto& tissue : tissues)
    if (const auto& rate = (rates.*tissue.rate).rate; rate && rate->interval_95_low)
      intervals[tissue.key] = {number_json(rate->interval_95_low, decimals_percent),
                               number_json(rate->interval_95_high, decimals_percent)};
  return intervals.empty() ? ordered_json(nullptr) : intervals;
}

// A visit that was not measured is in no rate, whatever was decided about it.
Counting counting_of(const ParticipantReport& report) {
  Counting counting = what_counts(report);
  for (std::size_t v = 0; v < report.visits.size(); ++v)
    if (!was_measured(report.visits[v])) counting.visits[v] = false;
  return counting;
}

ordered_json left_out_because_json(const ParticipantReport& report, double baseline_after_days) {
  const std::string why_not = why_no_rate(report, baseline_after_days);
  return why_not.empty() ? ordered_json(nullptr) : ordered_json(as_sentence(why_not));
}

ordered_json measured_participant(const ParticipantReport& report, const TissueRates& rates,
                                  const GroupOptions& options, bool page) {
  const Counting counting = counting_of(report);
  const std::vector<bool> in_rate = visits_in_rate(report, std::max(0.0, options.baseline_after_days));
  ordered_json json = {{"participant_id", report.participant_id},
                       {"page", page ? ordered_json(participant_page_name(report.participant_id)) : nullptr},
                       {"dose_group", text_json(report.dose_group)},
                       {"dose", number_json(report.dose, decimals_dose)},
                       {"verdict", name_of(worst_verdict(report))},
                       {"left_out_because", left_out_because_json(report, options.baseline_after_days)},
                       {"flags", flags_json(report)},
                       {"visits", ordered_json::array()},
                       {"changes", ordered_json::array()}};
  for (std::size_t v = 0; v < report.visits.size(); ++v) {
    const VisitRow& visit = report.visits[v];
    json["visits"].push_back({{"session", visit.session},
                              {"days", number_json(visit.days, decimals_days)},
                              {"volumes_ml", volumes_json(visit.volumes_ml)},
                              {"verdict", name_of(verdict_of(visit))},
                              {"in_rate", in_rate[v] && counting.visits[v]}});
  }
  for (std::size_t c = 0; c < report.changes.size(); ++c) {
    const ChangeRow& change = report.changes[c];
    json["changes"].push_back({{"from", change.from},
                               {"to", change.to},
                               {"days", number_json(change.days, decimals_days)},
                               {"percent", percent_json(change.percent)},
                               {"standard_error", percent_json(change.standard_error)},
                               {"verdict", name_of(verdict_of(report, change))},
                               {"counts", bool(counting.changes[c])}});
  }
  json["rates_percent_per_year"] =
      report.rates_percent_per_year ? percent_json(*report.rates_percent_per_year) : ordered_json(nullptr);
  json["rate_intervals_95"] = intervals_json(rates);
  replace_in(json, replacements_of(report));
  return json;
}

ordered_json absent_participant(const LeftOut& absent) {
  return {{"participant_id", absent.participant_id},
          {"page", nullptr},
          {"dose_group", text_json(absent.dose_group)},
          {"dose", number_json(absent.dose, decimals_dose)},
          {"verdict", nullptr},
          {"left_out_because", as_sentence(absent.reason)},
          {"flags", ordered_json::array()},
          {"visits", ordered_json::array()},
          {"changes", ordered_json::array()},
          {"rates_percent_per_year", nullptr},
          {"rate_intervals_95", nullptr}};
}

ordered_json everybody(const TrialAnalysis& analysis, const std::set<std::string>& with_page) {
  const Trial& trial = analysis.trial;
  std::vector<std::pair<std::string, ordered_json>> people;
  for (std::size_t i = 0; i < trial.reports.size(); ++i) {
    const std::string& id = trial.reports[i].participant_id;
    people.emplace_back(
        id, measured_participant(trial.reports[i], analysis.rates[i], trial.options, with_page.contains(id)));
  }
  for (const auto& absent : trial.left_out) people.emplace_back(absent.participant_id, absent_participant(absent));
  std::stable_sort(people.begin(), people.end(),
                   [](const auto& a, const auto& b) { return natural_less(a.first, b.first); });
  auto json = ordered_json::array();
  for (auto& [id, person] : people) json.push_back(std::move(person));
  return json;
}

// Checks that OUT's report does not have yet: those that only other participants' reports show.
void add_checks(ordered_json& quality, const Quality& now) {
  ordered_json& checks = quality["checks"];
  if (checks.is_null()) checks = ordered_json::array();  // of an older build
  for (std::size_t i = checks.size(); i < now.checks.size(); ++i) checks.push_back(shown_check_json(now.checks[i]));
  quality["verdict"] = name_of(now.verdict());
}

// sub-XX_atrophy.json with the values of now in place of those of the time of measuring; all else as it stands there.
ordered_json report_now_json(ordered_json measured, const ParticipantReport& now, const ParticipantPageParts& parts) {
  measured["dose_group"] = text_json(now.dose_group);
  measured["dose"] = number_json(now.dose, decimals_dose);
  measured["verdict"] = name_of(worst_verdict(now));
  for (std::size_t v = 0; v < now.visits.size(); ++v) {
    ordered_json& visit = measured["visits"][v];
    add_checks(visit["quality"], now.visits[v].quality);
    visit["decision"] = decision_json(now.visits[v].decision);
    visit["notes"] = now.visits[v].notes;
    visit["measured_together"] = now.visits[v].measured_together;
  }
  for (std::size_t c = 0; c < now.changes.size(); ++c)
    add_checks(measured["changes"][c]["quality"], now.changes[c].quality);
  add_checks(measured["quality"], now.quality);
  measured["rates_percent_per_year"] =
      now.rates_percent_per_year ? percent_json(*now.rates_percent_per_year) : ordered_json(nullptr);
  measured.erase("rates_with_excluded_percent_per_year");
  if (now.rates_with_excluded_percent_per_year)
    measured["rates_with_excluded_percent_per_year"] = percent_json(*now.rates_with_excluded_percent_per_year);
  measured["rate_intervals"] = rate_details_json(parts.rates);
  measured["quality_mode"] = name_of(now.quality_mode);
  measured["sentence"] =
      (now.sloppy ? std::string(made_sloppy) + " " : "") + participant_sentence(now, parts.rate_options);
  return measured;
}

// A sentence where there is no measurement of the visit, else null.
ordered_json not_measured_because(const VisitRow& visit) {
  if (was_measured(visit)) return nullptr;
  for (const auto& check : visit.quality.checks)
    if (check.name == usable_check && check.verdict == Verdict::fail) return as_sentence(check.sentence);
  if (visit.decision && !visit.decision->pass) return "A reader took this visit out before it was measured.";
  return "There is no measurement of this visit.";
}

// Of the pairs that `session` is part of, those that did not pass.
ordered_json pairs_json(const ParticipantReport& report, const std::string& session, Verdict& worst) {
  auto pairs = ordered_json::array();
  for (const auto& change : report.changes) {
    if (change.from != session && change.to != session) continue;
    auto checks = ordered_json::array();
    for (const auto& check : change.quality.checks) {
      if (check.verdict == Verdict::pass) continue;
      checks.push_back(shown_check_json(check));
      worst = std::max(worst, check.verdict);
    }
    if (!checks.empty()) pairs.push_back({{"from", change.from}, {"to", change.to}, {"checks", checks}});
  }
  return pairs;
}

}  // namespace

std::string page_html(const std::string& bundle, const ordered_json& data) {
  const auto at = bundle.find(marker);
  if (at == std::string::npos) throw std::logic_error("a page's bundle without the marker for its data");
  const std::string json = safe_json(data);
  std::string page;
  page.reserve(bundle.size() + json.size());
  page.append(bundle, 0, at).append(json).append(bundle, at + marker.size());
  return page;
}

bool is_page(const std::string& beginning) {
  return beginning.find("<meta name=\"generator\" content=\"Wane\">") != std::string::npos;
}

std::string participant_page_name(const std::string& participant_id) {
  return participant_id + ".html";
}

ordered_json trial_page_json(const TrialAnalysis& analysis, ordered_json trial_report,
                             const std::set<std::string>& with_page, const Methods& methods) {
  trial_report.erase("log");  // it tells of the time, and the same input gives the same page
  std::vector<Replacement> replacements;
  for (const auto& report : analysis.trial.reports)
    for (auto& one : replacements_of(report)) replacements.push_back(std::move(one));
  replace_in(trial_report, replacements);
  return {{"schema", "wane/page-trial/1"},
          {"trial", std::move(trial_report)},
          {"participants", everybody(analysis, with_page)},
          {"methods", methods_json(methods)}};
}

ParticipantReport as_known_now(ParticipantReport full, const ParticipantReport& known) {
  full.dose_group = known.dose_group;
  full.dose = known.dose;
  full.quality_mode = known.quality_mode;
  full.rates_percent_per_year = known.rates_percent_per_year;
  full.rates_with_excluded_percent_per_year = known.rates_with_excluded_percent_per_year;
  for (VisitRow& visit : full.visits) {
    const auto own = std::find_if(known.visits.begin(), known.visits.end(),
                                  [&](const VisitRow& one) { return one.session == visit.session; });
    if (own == known.visits.end()) continue;
    visit.decision = own->decision;
    visit.quality = all_checks(visit.quality, own->quality);
  }
  return full;
}

ordered_json participant_page_json(ordered_json measured, const ParticipantReport& now, ParticipantPageParts parts,
                                   const Methods& methods) {
  const Counting counting = counting_of(now);
  ordered_json json = {{"schema", "wane/page-participant/1"},
                       {"blinded", parts.blinded},
                       {"dose_unit", parts.dose_unit},
                       {"report", report_now_json(std::move(measured), now, parts)},
                       {"counts", {{"visits", counting.visits}, {"changes", counting.changes}}},
                       {"left_out_because", left_out_because_json(now, parts.rate_options.baseline_after_days)}};
  replace_in(json, replacements_of(now));
  json["scans"] = std::move(parts.scans);
  json["viewer"] = std::move(parts.viewer);
  json["picture"] = std::move(parts.picture);
  json["trial_page"] = "trial.html";
  json["methods"] = methods_json(methods);
  return json;
}

std::vector<QualityVisit> quality_visits(const ParticipantReport& now, bool page, bool blinded,
                                         const std::function<std::string(const std::string& session)>& picture) {
  std::vector<QualityVisit> visits;
  for (const VisitRow& visit : now.visits) {
    QualityVisit row{visit.quality.verdict(), true, nullptr};
    auto checks = ordered_json::array();
    bool usable = true;
    for (const auto& check : visit.quality.checks) {
      checks.push_back(shown_check_json(check));
      if (check.name == usable_check && check.verdict == Verdict::fail) usable = false;
    }
    // Nobody would see those of the person elsewhere on this page.
    for (const auto& check : now.quality.checks) {
      if (check.verdict == Verdict::pass) continue;
      checks.push_back(shown_check_json(check));
      row.verdict = std::max(row.verdict, check.verdict);
    }
    const ordered_json pairs = pairs_json(now, visit.session, row.verdict);
    row.json = {{"participant_id", now.participant_id},
                {"session", visit.session},
                {"page", page ? ordered_json(participant_page_name(now.participant_id)) : nullptr},
                {"dose_group", blinded ? ordered_json(nullptr) : text_json(now.dose_group)},
                {"days", number_json(visit.days, decimals_days)},
                {"verdict", name_of(row.verdict)},
                {"measured_together", visit.measured_together},
                {"usable", usable},
                {"not_measured_because", not_measured_because(visit)},
                {"checks", checks},
                {"pairs", pairs},
                {"decision", decision_json(visit.decision)},
                {"picture", picture(visit.session)}};
    visits.push_back(std::move(row));
  }
  return visits;
}

QualityVisit unmeasured_visit(const LeftOut& participant, const DatasetVisit& visit,
                              const std::optional<HumanDecision>& decision, bool blinded) {
  const std::string file = visit.t1w.filename().string();
  // These sentences tell of the machine, of a disk or of rights, and not of the scan.
  const bool of_the_machine =
      participant.reason.starts_with("failed: Cannot read") || participant.reason.starts_with("failed: Cannot open");
  const bool names_scan = !of_the_machine && !file.empty() && participant.reason.find(file) != std::string::npos;
  return {Verdict::fail,
          false,
          {{"participant_id", participant.participant_id},
           {"session", visit.session},
           {"page", nullptr},
           {"dose_group", blinded ? ordered_json(nullptr) : text_json(participant.dose_group)},
           {"days", number_json(visit.days, decimals_days)},
           {"verdict", name_of(Verdict::fail)},
           {"measured_together", false},
           {"usable", !names_scan},
           {"not_measured_because", as_sentence(participant.reason)},
           {"checks", ordered_json::array()},
           {"pairs", ordered_json::array()},
           {"decision", decision_json(decision)},
           {"picture", ""}}};
}

ordered_json quality_page_json(std::vector<QualityVisit> visits, bool blinded, const std::string& version,
                               const std::string& dataset_key, const Methods& methods) {
  std::stable_sort(visits.begin(), visits.end(), [](const QualityVisit& a, const QualityVisit& b) {
    return std::pair(a.verdict, a.judged) > std::pair(b.verdict, b.judged);
  });
  ordered_json json = {{"schema", "wane/page-quality/1"},
                       {"blinded", blinded},
                       {"version", version},
                       {"dataset_key", dataset_key},
                       {"visits", ordered_json::array()}};
  for (auto& visit : visits) json["visits"].push_back(std::move(visit.json));
  json["methods"] = methods_json(methods);
  return json;
}

}  // namespace wane
