// The ladder's simulated people on disk, so that a ladder that was broken off goes on where it was.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/validation/ladder.h"

namespace wane {

// True where DATASET holds the participant as this rung makes it: its truth has the same request and the same `source`
// (a JSON object: version of the program, files with their SHA-256).
bool is_simulated(const std::filesystem::path& dataset, const std::string& label, const Rung& rung,
                  const std::string& source);

// Simulates the rung's person and writes it as write_person does, by put_person.
void simulate_rung(const std::filesystem::path& dataset, const std::filesystem::path& staging, const std::string& label,
                   const Rung& rung, const SourceHead& head, const std::string& source);

// The same visits in the opposite order, with the truth that follows: changes in percent of the new first visit. Range
// of the Jacobian, displacement and pose stay what they were for that visit.
SimulatedPerson in_opposite_order(const SimulatedPerson& person);

}  // namespace wane
