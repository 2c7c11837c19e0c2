#include "pipeline/report/pair_screen.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/normal_quantile.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/report/words.h"

namespace wane {

namespace {

template <class... Values>
std::string line(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  std::string words = text.data();
  words.erase(words.find_last_not_of(' ') + 1);
  return words + "\n";
}

std::string interval_words(double low, double high) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%+.2f to %+.2f", low, high);
  return text.data();
}

// "loss", or "gain" or "no clear change" where the interval holds 0.
const char* direction(double low, double high) {
  if (low <= 0 && high >= 0) return "no clear change";
  return high < 0 ? "loss" : "gain";
}

std::string change_lines(const ChangeRow& change) {
  std::string text = "Change from the first to the second scan (negative = loss, positive = gain):\n";
  text += line("  %-13s %9s  %14s  %-17s", "", "change %", "std. error %", "95 % interval");
  for (const Tissue& tissue : tissues) {
    const double percent = change.percent.*tissue.value, error = change.standard_error.*tissue.value;
    const double low = percent - normal_quantile_975 * error, high = percent + normal_quantile_975 * error;
    text += line("  %-13s %+9.2f  %14.2f  %-17s %s", tissue.words, percent, error, interval_words(low, high).c_str(),
                 direction(low, high));
  }
  text += "  Percent are of the mean of both volumes.\n";
  if (const auto& second = change.boundary_shift)
    text += line("  Second measurement of the brain (boundary shift): %+.2f %%, standard error %.2f %%",
                 second->percent.brain, second->standard_error.brain);
  return text;
}

std::string rate_lines(const ParticipantReport& report, const ChangeRow& change) {
  if (!change.days) return "Rate per year: give --days N, the days between the scans.\n";
  const TissueRates rates = rate_of(report);
  if (!rates.brain.rate) return "Rate per year: none, because a check failed.\n";
  std::string text = line("Rate per year (%g days between the scans; negative = loss):", *change.days);
  for (const Tissue& tissue : tissues) {
    const auto& rate = (rates.*tissue.rate).rate;
    if (!rate) continue;
    text += line("  %-13s %+9.2f  %14.2f  %-17s", tissue.words, rate->percent_per_year,
                 rate->standard_error.value_or(std::nan("")),
                 rate->interval_95_low ? interval_words(*rate->interval_95_low, *rate->interval_95_high).c_str() : "");
  }
  return text;
}

std::string volume_lines(const ParticipantReport& report) {
  std::string text = line("Volumes: %18s  %14s", "first mL", "second mL");
  const auto row = [&](const char* words, double TissueVolumes::*volume) {
    text += line("  %-13s %11.1f  %14.1f", words, report.visits.front().volumes_ml.*volume,
                 report.visits.back().volumes_ml.*volume);
  };
  for (const Tissue& tissue : tissues) row(tissue.words, tissue.volume);
  row("intracranial", &TissueVolumes::intracranial);
  return text;
}

// "the second scan" for "ses-02": nobody named sessions here.
std::string place_of(const ParticipantReport& report, const Finding& finding) {
  if (!finding.session.empty()) return finding.session == report.visits.front().session ? "first scan" : "second scan";
  return finding.from.empty() ? "person" : "both scans";
}

std::string quality_lines(const ParticipantReport& report) {
  const std::vector<Finding> findings = findings_of(report);
  std::string text;
  switch (worst_verdict(report)) {
    case Verdict::pass:
      text = "Quality: pass. Every check passed.\n";
      break;
    case Verdict::warn:
      text = "Quality: WARNING. Look at the scans before you use the numbers.\n";
      break;
    case Verdict::fail:
      text = "Quality: FAILED. Do not use these numbers.\n";
      break;
  }
  for (const Finding& finding : findings)
    text += std::string("  ") + (finding.verdict == Verdict::fail ? "FAILED" : "warning") + ", " +
            place_of(report, finding) + ": " + (finding.sentence.empty() ? finding.check : finding.sentence) + "\n";
  return text;
}

std::string notes_lines(const ParticipantReport& report) {
  std::string text;
  for (std::size_t v = 0; v < report.visits.size(); ++v)
    for (const std::string& note : report.visits[v].notes)
      text += std::string("Note, ") + (v == 0 ? "first" : "second") + " scan: " + note + "\n";
  for (const std::string& warning : report.warnings) text += "Note: " + warning + "\n";
  return text;
}

}  // namespace

bool pair_failed(const ParticipantReport& report) {
  return worst_verdict(report) == Verdict::fail;
}

std::string pair_screen(const ParticipantReport& report, const PairScans& scans) {
  std::string text;
  if (report.sloppy) text += std::string(made_sloppy) + "\n";
  text += "First scan:  " + scans.first + "\nSecond scan: " + scans.second + "\n\n";
  if (report.changes.empty())
    text += "The change could not be measured.\n\n";
  else
    text += change_lines(report.changes.front()) + "\n" + rate_lines(report, report.changes.front()) + "\n";
  return text + volume_lines(report) + "\n" + quality_lines(report) + notes_lines(report);
}

}  // namespace wane
