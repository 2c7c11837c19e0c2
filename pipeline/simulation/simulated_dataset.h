// Simulated people as a BIDS dataset on disk, with the planted truth in DATASET/truth.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/simulation/plant.h"
#include "pipeline/simulation/trial.h"

namespace wane {

// dataset_description.json, unless there is one.
void write_dataset_description(const std::filesystem::path& dataset, const std::string& name);

// participants.tsv and participants.json with dose group and dose.
void write_participants(const std::filesystem::path& dataset, const std::vector<TrialParticipant>& participants);

// DATASET/LABEL/ses-0N/anat/LABEL_ses-0N_T1w.nii.gz (int16), LABEL_sessions.tsv, and DATASET/truth/LABEL.json.
// `source`: a JSON object that goes into the truth, for the files (with their SHA-256) and the version it was made
// from. The truth is written last. Throws UsageError where the dataset holds that participant already: visits of two
// simulations must not mix.
void write_person(const std::filesystem::path& dataset, const std::string& label, const SimulatedPerson& person,
                  const std::vector<VisitRequest>& requests, const PlantOptions& options,
                  const std::string& source = "{}");

}  // namespace wane
