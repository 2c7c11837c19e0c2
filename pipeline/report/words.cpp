#include "pipeline/report/words.h"

#include <cmath>
#include <cstdio>
#include <numbers>

#include "pipeline/analysis/exclusion.h"

namespace wane {
namespace {

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// Two decimals, more where there would be nothing but zeros.
std::string amount(double value) {
  const double size = std::abs(value);
  if (size >= 0.095 || size == 0) return formatted("%.2f", size);
  return formatted("%.2g", size);
}

std::string signed_percent(double value) {
  return formatted("%+.2f", value);
}

const char* direction(double rate) {
  if (std::abs(rate) < 0.005) return "no change";
  return rate < 0 ? "loss" : "gain";
}

// "0.05 to 0.37 smaller", "0.05 larger to 0.37 smaller"; `low` and `high` are changes of the rate.
std::string loss_range(double low, double high) {
  const auto side = [](double change) { return change >= 0 ? "smaller" : "larger"; };
  if ((low >= 0) == (high >= 0)) {
    const bool smaller = low >= 0;
    return amount(smaller ? low : high) + " to " + amount(smaller ? high : low) + " " + side(low);
  }
  return amount(low) + " " + side(low) + " to " + amount(high) + " " + side(high);
}

std::string interval_words(const SlopeInterval& slope, double step) {
  if (slope.low && slope.high) return "95 % interval " + loss_range(*slope.low * step, *slope.high * step);
  return "no 95 % interval exists with so few participants, because it takes one-sided p values of 0.025 at both ends";
}

bool rises(const DoseResponse& response, Trend test) {
  if (test == Trend::jonckheere) return response.jonckheere.estimate > 0.5;
  if (test == Trend::spearman) return response.spearman.estimate > 0;
  return response.slope.slope > 0;
}

bool is_flat(const DoseResponse& response, Trend test) {
  if (test == Trend::jonckheere) return std::abs(response.jonckheere.estimate - 0.5) < 1e-9;
  if (test == Trend::spearman) return std::abs(response.spearman.estimate) < 1e-9;
  return std::abs(response.slope.slope) < 1e-12;
}

std::string test_words(const TrendTest& test, Trend trend, Sides sides, std::size_t n) {
  std::string words = std::string(in_words(trend)) + ", ";
  switch (test.permutation.method) {
    case PermutationMethod::exact:
      words += "exact " + p_in_words(test.p);
      break;
    case PermutationMethod::sampled:
      words += p_in_words(test.p) + " by " + formatted("%.0f", test.permutation.arrangements) +
               " random arrangements (standard error of p " + formatted("%.1g", test.permutation.standard_error) + ")";
      break;
    case PermutationMethod::asymptotic:
      words += p_in_words(test.p) + " by normal approximation";
      break;
  }
  words += sides == Sides::two ? ", two-sided" : ", one-sided";
  return words + ", n = " + std::to_string(n);
}

std::string rate_words(const char* tissue, const Rate& rate) {
  std::string words = std::string(tissue) + " " + signed_percent(rate.percent_per_year) + " % per year (" +
                      direction(rate.percent_per_year) + ")";
  if (rate.interval_95_low)
    words += ", 95 % interval of the measurement " + signed_percent(*rate.interval_95_low) + " to " +
             signed_percent(*rate.interval_95_high);
  return words;
}

std::string fixed_words(const PlanRecord& record) {
  if (!record.fixed_sha256) return "";
  if (record.changed())
    return " THE PLAN WAS CHANGED after the first blinded run fixed it (SHA-256 then: " + *record.fixed_sha256 + ").";
  return record.file ? " It is the plan that the first blinded run fixed." : " The first blinded run had none either.";
}

std::string unblinded_words(const PlanRecord& record) {
  if (!record.changed_since_unblinded()) return "";
  if (*record.unblinded_sha256 == "none")
    return " CAUTION: the analysis plan was supplied after unblinded results had already been reported.";
  return " CAUTION: the analysis plan was changed after unblinded results had already been reported with another plan "
         "(SHA-256 then: " +
         *record.unblinded_sha256 + ").";
}

// Of what a person passed although a check failed it.
std::string passed_words(const ParticipantReport& report) {
  std::string words;
  for (const auto& visit : report.visits)
    if (visit.decision && visit.decision->pass) {
      const std::string whose = visit.session.empty() ? "The scan" : visit.session;
      words += " " + whose + " was passed by " + visit.decision->reader + ": " + visit.decision->reason + ".";
    }
  return words;
}

std::string slope_words(const DoseResponse& response, const DoseStep& step, Trend test) {
  return signed_percent(response.slope.slope * step.scores) + " % per year " + step.words + " (" +
         p_in_words(response.test(test).p) + ")";
}

// "brain +0.31 % per year for each 10 million cells (p = 0.0210) instead of ..."; empty where there is no slope with
// the excluded. Of the primary measure, or of all where there is no plan.
std::string slopes_with_excluded(const TrialAnalysis& analysis) {
  if (!analysis.with_excluded || analysis.trial.blinded) return "";
  std::string words;
  for (std::size_t m = 0; m < tissues.size(); ++m) {
    if (analysis.trial.plan.file && analysis.plan.measure != tissues[m].key) continue;
    const DoseResponse &with = analysis.with_excluded->responses[m], &without = analysis.measures[m].response;
    if (with.unable) continue;
    const DoseStep step = dose_step(with, analysis.plan.scale, analysis.trial.dose_unit);
    words +=
        (words.empty() ? "" : "; ") + std::string(tissues[m].words) + " " + slope_words(with, step, analysis.plan.test);
    if (!without.unable) words += " instead of " + slope_words(without, step, analysis.plan.test);
  }
  return words;
}

}  // namespace

std::string p_in_words(double p) {
  return p < 0.0001 ? "p < 0.0001" : "p = " + formatted("%.4f", p);
}

std::string dose_in_words(double dose, const std::string& unit) {
  const std::string number = formatted("%g", dose);
  if (unit.empty()) return number;
  const bool number_first = unit.front() >= '0' && unit.front() <= '9';
  return number + (number_first ? " x " : " ") + unit;
}

DoseStep dose_step(const DoseResponse& response, DoseScale scale, const std::string& dose_unit) {
  if (scale == DoseScale::log) return {std::numbers::ln2, "for each doubling of the dose"};
  if (scale == DoseScale::rank) return {1, "for each step up in dose"};
  const double range = response.doses.back() - response.doses.front();
  const double step = std::pow(10.0, std::floor(std::log10(range) + 1e-9));
  const std::string unit = dose_unit.empty() ? (step == 1 ? "unit of dose" : "units of dose") : dose_unit;
  return {step, "for each " + dose_in_words(step, unit)};
}

std::string response_sentence(const TrialAnalysis& analysis, std::size_t measure) {
  const auto& response = analysis.measures[measure].response;
  const std::string tissue = tissues[measure].words;
  if (analysis.trial.blinded)
    return "Doses are blinded: whether " + tissue + " loss depends on dose is not computed before `wane unblind`.";
  if (response.unable)
    return "Whether " + tissue + " loss depends on dose cannot be computed: " + *response.unable + ".";

  const Trend trend = analysis.plan.test;
  const TrendTest& test = response.test(trend);
  const DoseStep step = dose_step(response, analysis.plan.scale, analysis.trial.dose_unit);
  const double change = response.slope.slope * step.scores;
  std::string sentence;
  if (is_flat(response, trend)) {
    sentence = "There is no trend of " + tissue + " loss with dose: ";
  } else {
    sentence = std::string("Higher dose goes with ") + (rises(response, trend) ? "less " : "more ") + tissue + " loss";
    sentence += test.p <= analysis.plan.alpha * (1 + 1e-9)  // attained levels such as 1 / 20 are shares
                    ? ": "
                    : " in these participants, but the trend is compatible with chance: ";
  }
  const bool slope_agrees = !is_flat(response, trend) && rises(response, trend) == (change >= 0);
  sentence += std::string(slope_agrees
                              ? "the loss is "
                              : "the least-squares slope, which a single value can reverse, suggests a loss that is ") +
              (change >= 0 ? "smaller" : "larger") + " by " + amount(change) + " % per year " + step.words + " (" +
              interval_words(response.slope, step.scores) + "); " +
              test_words(test, trend, analysis.plan.sides, response.n);
  sentence += analysis.is_primary(measure, trend) ? " (primary analysis)." : " (exploratory).";
  if (test.detectable_slope)
    sentence += " This design has 80 % power to detect a trend of " + amount(*test.detectable_slope * step.scores) +
                " % per year " + step.words + "; smaller trends would often be missed.";
  else if (test.smallest_p > analysis.plan.alpha * (1 + 1e-9))
    sentence += " With so few participants this test cannot give a p below " + formatted("%.4f", test.smallest_p) +
                ", so that it misses a trend of any size at alpha " + formatted("%g", analysis.plan.alpha) + ".";
  return sentence;
}

std::string trial_sentence(const TrialAnalysis& analysis) {
  std::string sentence = plan_sentence(analysis);
  for (std::size_t m = 0; m < tissues.size(); ++m)
    if (!analysis.trial.plan.file || analysis.plan.measure == tissues[m].key)
      sentence += " " + response_sentence(analysis, m);
  if (const std::string quality = quality_sentence(analysis); !quality.empty()) sentence += " " + quality;
  if (const std::string sloppy = sloppy_sentence(analysis.trial.reports); !sloppy.empty())
    sentence = sloppy + " " + sentence;
  return sentence + " Negative = loss.";
}

std::string group_sentence(const DoseGroup& group, const std::string& dose_unit) {
  std::string sentence = "Dose group " + group.name + " (";
  if (group.dose) sentence += "dose " + dose_in_words(*group.dose, dose_unit) + ", ";
  sentence += "n = " + std::to_string(group.participants.size()) + "): ";
  if (group.participants.empty()) return sentence + "nobody in it has a rate.";
  bool first = true;
  for (const auto& tissue : tissues) {
    const Summary& summary = group.rates_percent_per_year.*tissue.summary;
    if (!summary.mean) continue;
    sentence += std::string(first ? "mean " : "; ") + tissue.words + " change " + signed_percent(*summary.mean) +
                " % per year (" + direction(*summary.mean) + ")";
    if (summary.interval_95_low)
      sentence += ", 95 % interval " + signed_percent(*summary.interval_95_low) + " to " +
                  signed_percent(*summary.interval_95_high);
    first = false;
  }
  return sentence + ". Negative = loss.";
}

std::string participant_sentence(const ParticipantReport& report, const RateOptions& options) {
  const std::string reason = why_no_rate(report, options.baseline_after_days);
  if (!reason.empty()) return "There is no rate of change: " + reason + "." + passed_words(report);
  const TissueRates rates = rate_of(report, options);
  std::string sentence;
  for (const auto& tissue : tissues) {
    const auto& rate = (rates.*tissue.rate).rate;
    if (!rate) continue;
    sentence += (sentence.empty() ? "Change: " : "; ") + rate_words(tissue.words, *rate);
  }
  if (sentence.empty()) return "There is no rate of change: the changes between dated visits are missing.";
  sentence += ". Negative = loss.";
  const auto exclusions = exclusions_of(report);
  for (const auto& exclusion : exclusions) sentence += std::string(" Not counted: ") + why_excluded(exclusion) + ".";
  return sentence + passed_words(report);
}

std::string quality_sentence(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  const std::string all = " of " + std::to_string(trial.reports.size() + trial.left_out.size()) + " participants ";
  std::size_t whole = 0, in_part = 0, failed = 0;
  for (const auto& report : trial.reports) {
    const auto open = open_findings_of(report);
    if (std::any_of(open.begin(), open.end(), [](const Finding& one) { return one.verdict == Verdict::fail; }))
      ++failed;
    if (!exclusions_of(report).empty()) ++(report.rates_percent_per_year ? in_part : whole);
  }
  std::string sentence;
  if (trial.options.quality == name_of(QualityMode::report) && failed > 0)
    sentence = std::to_string(failed) + all + "failed a quality check; " + (failed == 1 ? "it counts" : "they count") +
               " all the same (--quality report).";
  if (whole + in_part == 0) return sentence;
  if (!sentence.empty()) sentence += " ";
  if (whole > 0) sentence += std::to_string(whole) + all + (whole == 1 ? "was" : "were") + " excluded for quality";
  if (in_part > 0)
    sentence += (whole > 0 ? " and " : "") + std::to_string(in_part) + (whole > 0 ? " " : all) +
                (in_part == 1 ? "counts" : "count") + " without the visits that failed";
  const std::string slopes = slopes_with_excluded(analysis);
  return sentence + (slopes.empty() ? "" : "; with them the slope would be " + slopes) + ".";
}

std::string group_quality_words(const TrialAnalysis& analysis, const DoseGroup& group) {
  constexpr std::size_t most_named = 20;
  std::string named;
  std::size_t count = 0;
  for (const auto& report : analysis.trial.reports) {
    if (report.dose_group != group.name) continue;
    const auto exclusions = exclusions_of(report);
    if (exclusions.empty() || ++count > most_named) continue;
    named += (named.empty() ? "" : "; ") + report.participant_id + ", " + why_excluded(exclusions.front());
  }
  if (count == 0) return "";
  if (count > most_named) named += "; and " + std::to_string(count - most_named) + " more";
  std::string words = " Not counted in whole or in part: " + named + ".";
  const auto found = analysis.with_excluded ? analysis.with_excluded->groups.find(group.name)
                                            : std::map<std::string, TissueSummaries>::const_iterator();
  if (!analysis.with_excluded || found == analysis.with_excluded->groups.end() || !found->second.brain.mean)
    return words;
  words += " With them the means would be:";
  for (const auto& tissue : tissues)
    if (const Summary& summary = found->second.*tissue.summary; summary.mean)
      words += std::string(words.ends_with(':') ? " " : ", ") + tissue.words + " " + signed_percent(*summary.mean);
  return words + " % per year.";
}

std::string sloppy_sentence(const std::vector<ParticipantReport>& reports) {
  constexpr std::size_t most_named = 20;
  std::string named;
  std::size_t count = 0;
  for (const auto& report : reports) {
    if (!report.sloppy || ++count > most_named) continue;
    named += (named.empty() ? "" : ", ") + report.participant_id;
  }
  if (count == 0) return "";
  if (count == reports.size()) return std::string(made_sloppy);
  if (count > most_named) named += " and " + std::to_string(count - most_named) + " more";
  return "MADE IN PART WITH --sloppy: " + std::to_string(count) + " of " + std::to_string(reports.size()) +
         " participants (" + named +
         ") were measured coarsely and the others were not, so that these numbers are no "
         "results: measure all without --sloppy.";
}

std::string plan_sentence(const TrialAnalysis& analysis) {
  const PlanRecord& record = analysis.trial.plan;
  std::string sentence;
  if (!record.file) {
    sentence = "No analysis plan was given (analysis_plan.json): every test here is exploratory.";
  } else {
    const AnalysisPlan& plan = analysis.plan;
    std::string measure = plan.measure;
    for (char& c : measure)
      if (c == '_') c = ' ';
    sentence = "Primary analysis: " + measure + ", " + in_words(plan.test) + ", " + name_of(plan.scale) +
               " scale of dose, alpha " + formatted("%g", plan.alpha) +
               (plan.sides == Sides::two         ? ", two-sided"
                : plan.sides == Sides::less_loss ? ", one-sided (less loss with higher dose)"
                                                 : ", one-sided (more loss with higher dose)") +
               "; everything else is exploratory.";
  }
  return sentence + fixed_words(record) + unblinded_words(record);
}

}  // namespace wane
