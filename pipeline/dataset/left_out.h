// A participant that a report does not count, with the reason that is printed.
#pragma once

#include <optional>
#include <string>

namespace wane {

struct LeftOut {
  std::string participant_id;             // "sub-01"
  std::optional<std::string> dose_group;  // where it is known, so that the group's report can name the participant
  std::string reason;                     // ends a sentence: "only one visit"
  std::optional<double> dose = {};        // where it is known, for an analysis of everybody who was given a dose
};

}  // namespace wane
