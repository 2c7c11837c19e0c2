// One participant's failure is that participant's: whatever its work throws becomes an outcome with a sentence.
#pragma once

#include <functional>
#include <string>

#include "pipeline/run/trial.h"

namespace wane {

inline constexpr int exit_code_bug = 70;

// Of too little memory.
ParticipantOutcome out_of_memory(const std::string& participant_id);

// Runs `work`. Its result, or what it throws: an Error with its own exit code; what the file system or the memory lacks
// as a failure of resources (5); anything else, Eigen's assertions among it, as a bug (70).
ParticipantOutcome outcome_of(const std::string& participant_id, const std::function<ParticipantState()>& work);

}  // namespace wane
