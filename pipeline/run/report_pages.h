// OUT/trial.html, OUT/quality.html and OUT/sub-XX.html, made of what a run left in OUT: nothing is measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/quality_decisions.h"
#include "pipeline/report/methods.h"

namespace wane {

// A browser opens no trial page of more, and their pages would take hours.
inline constexpr std::size_t most_participants_with_pages = 5000;

struct PagesRequest {
  std::filesystem::path out;
  std::filesystem::path bundles;  // of the build: trial.html, participant.html, quality.html
  std::string program_version;
  int threads = 1;
  std::uint64_t memory_bytes = 0;               // to stay within; one page at a time where that is not enough
  const QualityDecisions* decisions = nullptr;  // of people; null: none
};

struct PagesEvents {
  std::function<void(std::size_t pages)> made;  // one more of so many
  std::function<void(const std::string& sentence)> warn;
};

struct WrittenPages {
  std::filesystem::path trial, quality;             // empty: they were not made
  std::vector<std::filesystem::path> participants;  // in the order of the reports
};

// Writes a page for everybody in `analysis`, the quality page and the trial page, and removes Wane's pages of others.
// `dataset` with its scans, as the reports may know it (blinded); `trial_report`: the text of trial_atrophy.json. A
// page that cannot be made is a warning, and removed where there was one. `collected`: the reports in OUT that
// `analysis` is of; who was measured anew since then, or is being measured, has no page. The order of participants and
// threads change no byte. The caller holds the lock of the reports; no participant's lock is taken, because whoever
// wants to measure would be turned away. Writes OUT/logs/dataset_key.txt once. Throws ResourceError (disk, memory).
WrittenPages write_pages(const Dataset& dataset, const TrialAnalysis& analysis, const std::vector<InputFile>& collected,
                         const std::string& trial_report, const Methods& methods, const PagesRequest& request,
                         const PagesEvents& events);

inline constexpr const char* methods_file_name = "methods.md";

// Removes all pages of Wane in OUT and methods.md: none may tell what reports do not, or not any more. Other files of
// these names stay.
void remove_pages(const std::filesystem::path& out);
void remove_page_of(const std::filesystem::path& out, const std::string& participant_id);

}  // namespace wane
