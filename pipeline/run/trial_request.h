// What the measurement of a trial and its reports are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "pipeline/dataset/quality_decisions.h"
#include "pipeline/run/options.h"

namespace wane {

struct TrialRequest {
  std::filesystem::path out;              // made where it does not exist
  std::filesystem::path template_folder;  // see pipeline/dataset/template_folder.h
  std::filesystem::path error_model;      // a file, see pipeline/report/error_model_json.h
  // The program's own files (share/wane: pages/, template/), for the reports.
  std::filesystem::path program_files;
  bool pages = true;  // else the reports have none, and those of an earlier run are removed
  RunOptions options;
  int threads = 1;
  double memory_gb = 0;          // never more participants in flight than fit into it; 0: 80 % of what is available
  std::filesystem::path stages;  // not empty: STAGES/sub-XX are work folders of the single stages, see run_participant
  bool force = false;            // compute participants anew even where their report is up to date
  bool asked_by_label = false;   // those whom the dataset left out were asked for: they count as failed
  std::set<std::string> failed_now = {};  // whose failure the caller lists: the summary does not
  QualityDecisions decisions = {};        // of people, see read_quality_decisions
  std::filesystem::path blind_key;        // not empty: blinded with this key, which is made where it does not exist
  std::string program_version;
  std::string command_line;  // for the log
};

// What is said on the way. All may be called from several threads at once.
struct TrialEvents {
  std::function<void(std::size_t participants)> begin;
  std::function<void(const std::string& participant, const char* step, int index, int count)> step;
  std::function<void(const std::string& participant)> finished;
  std::function<void(const std::string& sentence)> note;
  std::function<void(const std::string& sentence)> warn;
  std::function<void(std::size_t pages)> page_made;  // one more of so many
};

// Bytes that may be in use at once: what the request allows, or 80 % of what the machine has left.
std::uint64_t memory_budget(const TrialRequest& request);

}  // namespace wane
