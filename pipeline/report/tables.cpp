#include "pipeline/report/tables.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "pipeline/report/json_values.h"
#include "pipeline/report/trial_reports.h"

namespace wane {
namespace {

class Row {
 public:
  Row& text(const std::optional<std::string>& value) {
    std::string cell = value && !value->empty() ? *value : "n/a";
    for (char& c : cell)
      if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    cells_ += (cells_.empty() ? "" : "\t") + cell;
    return *this;
  }

  // With exactly so many decimals.
  Row& number(std::optional<double> value, int decimals) {
    if (!value || !std::isfinite(*value)) return text(std::nullopt);
    char digits[400];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, rounded(*value, decimals), std::chars_format::fixed, decimals)
            .ptr;
    return text(std::string(digits, end));
  }

  // As short as it is exact: 16, 0.7.
  Row& dose(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return text(std::nullopt);
    char digits[400];
    return text(std::string(digits, std::to_chars(digits, digits + sizeof digits, *value).ptr));
  }

  Row& percent(const std::optional<TissueValues>& values) {
    for (const auto tissue : {&TissueValues::brain, &TissueValues::gray_matter, &TissueValues::white_matter})
      number(values ? std::optional((*values).*tissue) : std::nullopt, decimals_percent);
    return *this;
  }

  std::string line() const { return cells_ + "\n"; }

 private:
  std::string cells_;
};

Row row_of(const ParticipantReport& report) {
  return Row().text(report.participant_id).text(report.dose_group).dose(report.dose);
}

}  // namespace

std::string volumes_tsv(const std::vector<ParticipantReport>& reports) {
  std::string table =
      "participant_id\tdose_group\tdose\tsession\tdays\tbrain_ml\tgray_matter_ml\twhite_matter_ml\tcsf_ml\t"
      "intracranial_ml\n";
  for (const auto& report : reports)
    for (const auto& visit : report.visits) {
      const auto& volumes = visit.volumes_ml;
      Row row = row_of(report).text(visit.session).dose(visit.days);
      for (const double volume :
           {volumes.brain, volumes.gray_matter, volumes.white_matter, volumes.csf, volumes.intracranial})
        row.number(volume, decimals_ml);
      table += row.line();
    }
  return table;
}

std::string changes_tsv(const std::vector<ParticipantReport>& reports) {
  std::string table =
      "participant_id\tdose_group\tdose\tfrom\tto\tdays\tbrain_percent\tgray_matter_percent\twhite_matter_percent\t"
      "brain_standard_error\tgray_matter_standard_error\twhite_matter_standard_error\n";
  for (const auto& report : reports)
    for (const auto& change : report.changes)
      table += row_of(report)
                   .text(change.from)
                   .text(change.to)
                   .dose(change.days)
                   .percent(change.percent)
                   .percent(change.standard_error)
                   .line();
  return table;
}

std::string rates_tsv(const std::vector<ParticipantReport>& reports, const std::vector<LeftOut>& left_out) {
  std::string table =
      "participant_id\tdose_group\tdose\tvisits\tbrain_percent_per_year\tgray_matter_percent_per_year\t"
      "white_matter_percent_per_year\tno_rate_because\n";
  for (const auto& report : reports)
    table += row_of(report)
                 .number(static_cast<double>(report.visits.size()), 0)
                 .percent(report.rates_percent_per_year)
                 .text(why_no_rate(report))
                 .line();
  for (const auto& absent : left_out)
    table += Row()
                 .text(absent.participant_id)
                 .text(absent.dose_group)
                 .dose(std::nullopt)
                 .number(0, 0)
                 .percent(std::nullopt)
                 .text(absent.reason)
                 .line();
  return table;
}

}  // namespace wane
