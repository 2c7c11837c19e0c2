#include "pipeline/import/plan_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace wane {
namespace {

constexpr std::size_t columns = 10;
using Line = std::array<std::string, columns>;

// Letters, not bytes: names may hold letters of several bytes.
std::size_t width_of(const std::string& text) {
  return std::size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : one_line(text);
}

// The middle of a long text is left out.
std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  const std::size_t half = (most - 3) / 2;
  std::size_t begin = half, end = text.size() - half;
  while (begin > 0 && (text[begin] & 0xc0) == 0x80) --begin;
  while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
  return text.substr(0, begin) + "..." + text.substr(end);
}

std::string days_of(const PlannedSeries& planned, const ImportPlan& plan) {
  for (const auto& visit : plan.visits)
    if (visit.participant == planned.participant && visit.session == planned.session && visit.days)
      return std::to_string(std::lround(*visit.days));
  return "-";
}

std::string name_of(const Series& series) {
  if (series.nifti) return series.first.filename().string();
  const std::string& text = series.facts.description.empty() ? series.facts.protocol : series.facts.description;
  return std::to_string(series.series_number) + (text.empty() ? "" : " " + text);
}

Line line_of(const Series& series, const PlannedSeries& planned, const ImportPlan& plan) {
  const bool placed = !planned.participant.empty() && planned.action != Action::problem;
  std::string why = planned.taken.why.empty() ? planned.why : planned.taken.why + ". " + planned.why;
  constexpr std::size_t longest_name = 32, longest_kind = 24;
  return {placed ? "sub-" + planned.participant : "-",
          placed && !planned.session.empty() ? "ses-" + planned.session : "-",
          placed ? days_of(planned, plan) : "-",
          shortened(or_dash(series.patient_id), longest_name),
          shortened(or_dash(series.first.parent_path().generic_string()), longest_name),
          shortened(or_dash(name_of(series)), longest_name),
          std::to_string(series.facts.images),
          shortened(or_dash(planned.taken.taken_for), longest_kind),
          action_text(planned.action),
          or_dash(why)};
}

}  // namespace

const char* action_text(Action action) {
  switch (action) {
    case Action::import:
      return "import";
    case Action::there:
      return "there";
    case Action::problem:
      return "PROBLEM";
    default:
      return "not needed";
  }
}

std::string series_in_words(const Series& series, const PlannedSeries& planned) {
  std::string text;
  if (!planned.participant.empty()) text = "sub-" + planned.participant;
  if (!planned.session.empty()) text += " ses-" + planned.session;
  if (!text.empty()) text += ", ";
  if (series.nifti) return text + one_line(series.first.generic_string());
  return text + one_line("series " + name_of(series) + " in " +
                         (series.first.has_parent_path() ? series.first.parent_path().generic_string() : "."));
}

std::string plan_table(const std::vector<Series>& series, const ImportPlan& plan) {
  std::vector<Line> lines{
      {"participant", "session", "days", "PatientID", "folder", "series", "images", "taken for", "action", "why"}};
  for (std::size_t n = 0; n < series.size(); ++n) lines.push_back(line_of(series[n], plan.series[n], plan));
  std::array<std::size_t, columns> widths{};
  for (const auto& line : lines)
    for (std::size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t c = 0; c + 1 < columns; ++c) text += line[c] + std::string(widths[c] + 2 - width_of(line[c]), ' ');
    text += line.back() + "\n";
  }
  return text;
}

}  // namespace wane
