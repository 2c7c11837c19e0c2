// The images of one participant as BIDS derivatives (docs/outputs.md).
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/run/process.h"

namespace wane {

struct VisitFiles {
  std::string session;         // "ses-01", or empty
  std::filesystem::path scan;  // the raw scan, relative to the dataset, as sidecars name it
};

// Writes below OUT/sub-XX, as far as it is to be kept, everything but the report and the figures, each image with its
// JSON sidecar: what it is, from which raw scans, and `provenance` (program, version, options, hashes of inputs).
// Images are written before their sidecars, all atomically. Throws ResourceError.
void write_derivatives(const std::filesystem::path& out, const std::string& participant_id,
                       const std::vector<VisitFiles>& visits, const ProcessedParticipant& processed,
                       const nlohmann::ordered_json& provenance, DerivativesKept kept = DerivativesKept::full);

// Removes what the above and the quality picture left below OUT/sub-XX, also of sessions that there are no more, so
// that images of an older measurement never stand beside a new report or without one. Other files there stay.
void remove_derivatives(const std::filesystem::path& out, const std::string& participant_id);

// OUT/dataset_description.json, as BIDS asks of derivatives; where `dataset`, the raw scans, is named, also of which
// dataset they are, and README, .bidsignore and the tables of tissue_label_files() unless they are there.
void write_derivatives_description(const std::filesystem::path& out, const std::string& program_version,
                                   const std::filesystem::path& dataset = {});

}  // namespace wane
