#include "pipeline/report/look_list.h"

#include <algorithm>

#include "pipeline/analysis/exclusion.h"

namespace wane {
namespace {

constexpr std::size_t most_lines = 50;  // a screen or two; quality.tsv has them all

std::string line_of(const std::string& participant, const std::vector<Finding>& findings) {
  const Finding& worst = findings.front();
  const std::string place = place_in_words(worst);
  std::string line = "  " + participant + (place.empty() ? "" : " " + place) + ": ";
  line += (worst.verdict == Verdict::fail ? "FAILED: " : "warning: ") +
          (worst.sentence.empty() ? worst.check : worst.sentence);
  if (findings.size() > 1) line += " (and " + std::to_string(findings.size() - 1) + " more)";
  return line + "\n";
}

}  // namespace

LookList look_list(const std::vector<ParticipantReport>& reports, std::size_t participants) {
  LookList list;
  std::vector<std::string> failed, warned;  // lines, as many as are shown
  std::size_t count = 0;
  for (const auto& report : reports) {
    const std::vector<Finding> findings = open_findings_of(report);
    if (findings.empty()) continue;
    ++count;
    auto& lines = findings.front().verdict == Verdict::fail ? failed : warned;
    if (lines.size() < most_lines) lines.push_back(line_of(report.participant_id, findings));
    if (excluded_by_a_check(report)) list.excluded.push_back(report.participant_id);
  }
  if (count == 0) return list;
  list.text = std::to_string(count) + " of " + std::to_string(participants) +
              (participants == 1 ? " participant" : " participants") + (count == 1 ? " needs" : " need") + " a look:\n";
  failed.insert(failed.end(), warned.begin(), warned.end());
  failed.resize(std::min(failed.size(), most_lines));
  for (const auto& line : failed) list.text += line;
  if (count > failed.size()) list.text += "  and " + std::to_string(count - failed.size()) + " more, see quality.tsv\n";
  return list;
}

}  // namespace wane
