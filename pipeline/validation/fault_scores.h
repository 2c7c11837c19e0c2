// What Wane made of people with faulty scans, read from the results of a run.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/validation/fault_ladder.h"

namespace wane {

// failed: refused with a reason, or a check failed, so that nothing enters a rate. warned: measured, and a check warns.
// silent: measured as if nothing were wrong. broken: no verdict, but a bug, a lack of memory or disk, or no result.
enum class FaultState { failed, warned, silent, broken };
const char* name_of(FaultState state);

struct FaultOutcome {
  FaultPerson person;
  FaultState state = FaultState::broken;
  std::vector<std::string> checks;    // that failed or warned, each once; "refused" where the participant failed
  std::string sentence;               // the reason, or the first such check's
  std::optional<TissueValues> error;  // measured minus planted change to the last visit, percent; empty: not measured
  bool caught() const { return state == FaultState::failed || state == FaultState::warned; }
};

// From OUT/logs/sub-XX_failure.json, or else from the `quality` of the person, the visits and the changes in
// OUT/sub-XX/sub-XX_atrophy.json; a report without any is silent. `truth_dir`: as `wane simulate` writes it. `inputs`:
// the files read are added. Throws InputError for files that are not JSON.
FaultOutcome fault_outcome(const FaultPerson& person, const std::filesystem::path& out,
                           const std::filesystem::path& truth_dir, std::vector<InputFile>& inputs);

// People of one fault and degree, or of one kind of undisturbed scans.
struct FaultCount {
  std::size_t n = 0, caught = 0, failed = 0, warned = 0, silent = 0, broken = 0;
  std::map<std::string, std::size_t> checks;  // how many people each check caught
  std::optional<TissueValues> worst_silent;   // largest error, without sign, of those that were silent
  void add(const FaultOutcome& outcome);
  void add(const FaultCount& other);
};

struct FaultRow {
  std::string fault, words;  // of undisturbed people: "good", and of which kind
  std::optional<FaultKind> kind;
  std::map<Degree, FaultCount> degrees;  // those that were planted; of undisturbed people mild stands for all
};

struct FaultScores {
  std::vector<FaultOutcome> outcomes;
  std::vector<FaultRow> faults, good;   // in the order of the outcomes
  std::map<Degree, FaultCount> totals;  // of the faults
  FaultCount good_total;
};
FaultScores fault_scores(std::vector<FaultOutcome> outcomes);

}  // namespace wane
