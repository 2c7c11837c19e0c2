#include "tools/truth.h"

#include <algorithm>
#include <iomanip>
#include <map>
#include <sstream>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"

namespace wane {
namespace {

std::string signed_percent(double value) {
  std::ostringstream text;
  text << std::showpos << std::fixed << std::setprecision(3) << value;
  return text.str();
}

void print_pair(std::ostream& out, double planted, double measured) {
  for (const double value : {planted, measured, measured - planted}) out << std::setw(10) << signed_percent(value);
}

void print_rows(std::ostream& out, const std::vector<ComparedParticipant>& participants) {
  out << "Change from the first visit in percent of the mean volume (negative = loss)\n"
      << std::left << std::setw(14) << "participant" << std::setw(8) << "group" << std::setw(8) << "visit"
      << std::right;
  for (int t = 0; t < 2; ++t)
    out << std::setw(10) << (t ? "GM plan" : "planted") << std::setw(10) << "measured" << std::setw(10) << "error";
  out << '\n';
  for (const ComparedParticipant& participant : participants)
    for (const ComparedChange& change : participant.changes) {
      out << std::left << std::setw(14) << participant.participant_id << std::setw(8) << participant.dose_group
          << std::setw(8) << change.to << std::right;
      print_pair(out, change.planted.brain, change.measured.brain);
      print_pair(out, change.planted.gray_matter, change.measured.gray_matter);
      out << '\n';
    }
}

void print_summary(std::ostream& out, const char* tissue, const Accuracy& figures) {
  out << std::left << std::setw(13) << tissue << std::right << std::fixed << std::setprecision(3) << " MAE "
      << figures.mean_absolute_error << " %, bias " << signed_percent(figures.bias) << " %, worst " << figures.worst
      << " %, slope ";
  if (figures.slope)
    out << *figures.slope;
  else
    out << "- (nothing planted)";
  if (figures.coverage_95_percent)
    out << ", 95 % interval holds " << std::setprecision(0) << *figures.coverage_95_percent << " %";
  out << " (n " << figures.n << ")\n";
}

struct GroupMean {
  std::string group;
  double planted = 0, measured = 0;  // brain
  int people = 0;
};

std::vector<GroupMean> group_means(const std::vector<ComparedParticipant>& participants) {
  std::map<std::string, GroupMean> groups;
  for (const ComparedParticipant& participant : participants) {
    if (!participant.has_last || participant.dose_group == "-") continue;
    const ComparedChange& last = participant.changes.back();
    GroupMean& mean = groups[participant.dose_group];
    mean.group = participant.dose_group;
    mean.planted += last.planted.brain;
    mean.measured += last.measured.brain;
    ++mean.people;
  }
  std::vector<GroupMean> means;
  for (auto& [name, mean] : groups) {
    mean.planted /= mean.people;
    mean.measured /= mean.people;
    means.push_back(mean);
  }
  return means;
}

void print_groups(std::ostream& out, std::vector<GroupMean> means) {
  if (means.size() < 2) return;
  out << "\nBrain change by dose group, mean at the last visit, percent\n"
      << std::left << std::setw(8) << "group" << std::right << std::setw(4) << "n" << std::setw(10) << "planted"
      << std::setw(10) << "measured" << std::setw(10) << "error" << '\n';
  for (const GroupMean& mean : means) {
    out << std::left << std::setw(8) << mean.group << std::right << std::setw(4) << mean.people;
    print_pair(out, mean.planted, mean.measured);
    out << '\n';
  }
  std::sort(means.begin(), means.end(), [](auto& a, auto& b) { return a.planted < b.planted; });
  const bool in_order =
      std::is_sorted(means.begin(), means.end(), [](auto& a, auto& b) { return a.measured < b.measured; });
  out << "The dose groups "
      << (in_order ? "come out in the planted order.\n" : "do NOT come out in the planted order.\n");
}

}  // namespace

std::string truth_text(const ValidationReport& report) {
  std::ostringstream out;
  print_rows(out, report.comparison.participants);
  for (const std::string& line : report.comparison.missing) out << "MISSING " << line << '\n';
  out << '\n';
  for (std::size_t t = 0; t < tissues.size(); ++t) print_summary(out, tissues[t].words, report.all[t]);
  print_groups(out, group_means(report.comparison.participants));
  return out.str();
}

}  // namespace wane
