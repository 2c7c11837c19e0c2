// What a validation found, as figures, as a table to read, and as files (JSON of schema wane/validation/1, TSV).
#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/report/table_builder.h"
#include "pipeline/validation/accuracy.h"
#include "pipeline/validation/truth_comparison.h"

namespace wane {

// Which rung of the ladder a participant is (pipeline/validation/ladder.h).
struct RungOfParticipant {
  std::string kind, rung;
  std::string head;          // "01"
  std::string exchanged_of;  // label of the participant with the same visits in the right order; else empty
};

struct KindAccuracy {
  std::string kind;
  std::array<Accuracy, 3> tissue;  // in the order of `tissues`
};

struct WorstGap {
  std::size_t n = 0;
  TissueValues worst;  // percent
};

struct DriftAccuracy {  // percent of length
  std::size_t n = 0;
  double mean_absolute_error = 0, worst = 0;
};

struct ValidationReport {
  TruthComparison comparison;
  std::map<std::string, RungOfParticipant> rungs;  // by participant; empty where no ladder was run
  std::vector<KindAccuracy> kinds;                 // in the order they come in; none where no ladder was run
  std::array<Accuracy, 3> all;                     // of all but exchanged visits
  std::optional<WorstGap> inverse;                 // |c12 + c21|; empty where no visits were exchanged
  std::optional<WorstGap> transitivity;            // |c13 - (c12 then c23)|; empty where nobody has three visits
  std::optional<DriftAccuracy> drift;              // empty where truths or reports do not say
};

ValidationReport validation_report(TruthComparison comparison, std::map<std::string, RungOfParticipant> rungs = {});

// Tables for each tissue and one of consistency, in Markdown that reads well as plain text too.
std::string accuracy_markdown(const ValidationReport& report);

struct ValidationHead {
  std::string name;   // "01"
  std::string head;   // file
  std::string brain;  // file; empty: extracted by Wane
  bool bent = false;  // every rung bent it into another person's
};

// [{"name", "head", "brain", "bent"}, ...]
nlohmann::ordered_json heads_json(const std::vector<ValidationHead>& heads);

std::string validation_json_text(const ValidationReport& report, const std::vector<ValidationHead>& heads,
                                 const Provenance& provenance);

// A row each kind of rung and tissue, "all" last.
TableText accuracy_table(const ValidationReport& report);
// A row each change and tissue.
TableText planted_changes_table(const ValidationReport& report);

}  // namespace wane
