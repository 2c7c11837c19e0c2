#include "pipeline/analysis/participant_report.h"

#include <algorithm>

namespace wane {

VisitSeries visit_series_of(const ParticipantReport& report) {
  VisitSeries series;
  for (const auto& visit : report.visits) series.days.push_back(visit.days);
  const auto place = [&](const std::string& session) {
    const auto found = std::find_if(report.visits.begin(), report.visits.end(),
                                    [&](const VisitRow& visit) { return visit.session == session; });
    return static_cast<std::size_t>(found - report.visits.begin());
  };
  for (const auto& row : report.changes)
    series.changes.push_back(
        {place(row.from), place(row.to), row.percent, row.standard_error, std::nullopt, row.errors});
  return series;
}

}  // namespace wane
