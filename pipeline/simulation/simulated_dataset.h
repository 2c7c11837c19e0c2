// Simulated people as a BIDS dataset on disk, with the planted truth in DATASET/truth.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/simulation/plant.h"
#include "pipeline/simulation/trial.h"

namespace wane {

// dataset_description.json, unless there is one.
void write_dataset_description(const std::filesystem::path& dataset, const std::string& name);

// True where DATASET holds the participant, and its truth has this request (of request_json) and `source` (a JSON
// object: version of the program, files with their SHA-256).
bool holds_person(const std::filesystem::path& dataset, const std::string& label, const nlohmann::json& request,
                  const nlohmann::json& source);

// Puts what `write` makes in the folder that it is given (LABEL/ and truth/LABEL.json) in the place of an older
// participant of that label. It is made in STAGING first, which is removed before and after, and the participant's
// folder comes last: one that stands in DATASET is whole.
void put_person(const std::filesystem::path& dataset, const std::filesystem::path& staging, const std::string& label,
                const std::function<void(const std::filesystem::path& folder)>& write);

// participants.tsv and participants.json with dose group and dose.
void write_participants(const std::filesystem::path& dataset, const std::vector<TrialParticipant>& participants);

// DATASET/LABEL/ses-0N/anat/LABEL_ses-0N_T1w.nii.gz (int16), LABEL_sessions.tsv, and DATASET/truth/LABEL.json.
// `source`: a JSON object that goes into the truth, for the files (with their SHA-256) and the version it was made
// from. Throws UsageError where the dataset holds that participant already: visits of two
// simulations must not mix.
void write_person(const std::filesystem::path& dataset, const std::string& label, const SimulatedPerson& person,
                  const std::vector<VisitRequest>& requests, const PlantOptions& options,
                  const std::string& source = "{}");

}  // namespace wane
