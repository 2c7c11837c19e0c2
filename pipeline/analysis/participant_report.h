// What is reported of one participant (schema wane/participant/1). Written by `participant`, read back by `group`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/measurement/volumes.h"
#include "pipeline/quality/check.h"

namespace wane {

// exclude: what fails a check enters no rate and no test. report: it is listed all the same, and counts. What a person
// decided to exclude counts in neither.
enum class QualityMode { exclude, report };

// What a person decided about a visit, in quality_decisions.tsv. It stands above the checks' own verdict.
struct HumanDecision {
  bool pass = false;  // false: the visit counts in nothing
  std::string reason, reader;
  std::string time;  // ISO 8601, as the table has it
};

struct VisitRow {
  std::string session;         // "ses-01"
  std::optional<double> days;  // since the first visit (may be negative: run-in); empty where the dataset has no dates
  TissueVolumes volumes_ml;
  std::map<std::string, double> figures;  // e.g. "template_similarity"
  std::vector<std::string> notes;         // e.g. "already brain-extracted"
  std::vector<std::string> inputs;        // the files used, relative to the dataset
  Quality quality{};
  std::string fingerprint{};  // of the voxels' values: equal for the same data under any name; empty: not known
  std::optional<HumanDecision> decision{};
  bool measured_together = true;  // with the visits that count; false: measured, if at all, before it was taken out
};

struct ChangeRow {
  std::string from, to;
  std::optional<double> days;
  TissueValues percent;
  TissueValues standard_error;
  std::optional<ChangeEstimate> boundary_shift{};  // the second measurement
  Quality quality{};                               // of the pair
  std::optional<ChangeErrors> errors{};            // what the standard error is made of
};

struct ParticipantReport {
  std::string participant_id;             // "sub-01"
  std::optional<std::string> dose_group;  // empty: not in participants.tsv, or n/a
  std::optional<double> dose;
  std::vector<VisitRow> visits;    // in order of time
  std::vector<ChangeRow> changes;  // baseline to each later visit, then successive visits, each pair once
  Quality quality;                 // of the person; the visits and the changes have their own
  QualityMode quality_mode = QualityMode::exclude;     // that the rates were made with
  std::optional<TissueValues> rates_percent_per_year;  // of what counts; empty: one visit, or no dates, or excluded
  // Only where something was excluded and a rate with it exists.
  std::optional<TissueValues> rates_with_excluded_percent_per_year;
  std::vector<std::string> warnings;
  bool sloppy = false;               // as read back; what is written follows the provenance
  std::string derivatives = "full";  // how much of the images was kept: minimal, standard, full
  std::string no_dates_because{};    // why fewer than two of several visits have a day; ends a sentence, else empty
};

// The report's visits and changes as the statistics take them.
struct VisitSeries {
  std::vector<std::optional<double>> days;  // of each visit
  std::vector<Change> changes;              // name visits by their place in `days`
};

// A session that the report does not list has the place behind the last visit's.
VisitSeries visit_series_of(const ParticipantReport& report);

}  // namespace wane
