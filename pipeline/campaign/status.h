// How far the measuring of a dataset is, as OUT tells it: reports, records of failures, locks and the log. No cluster
// is asked, so that it is the same for `wane run`, Slurm and everything else.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/run/failure_record.h"
#include "pipeline/run/output_folder.h"

namespace wane {

using ProcessName = std::pair<std::string, long>;  // machine, process

// What the log tells of one process.
struct LoggedProcess {
  std::optional<long> started, last_participant;  // seconds since 1970
  std::size_t participants = 0;                   // that it has measured
  std::string interrupted_by;                     // "SIGTERM"; empty: it was not, or was killed without a word
};

struct LogFacts {
  std::map<ProcessName, LoggedProcess> processes;
  std::string dataset;           // folder of the last run; empty: the log names none
  bool reports_current = false;  // no participant was measured after the trial's reports were last made
  bool reports_made = false;
};

// Lines that are no JSON, as one that is just being written, are passed over.
LogFacts log_facts(std::istream& log, const std::string& name);

struct CampaignFacts {
  std::vector<std::string> participants;  // everybody who is to be measured
  std::set<std::string> with_report;
  std::map<std::string, FailureRecord> failures;
  std::map<std::string, ParticipantLock> locks;
  LogFacts log;
};

enum class Progress { done, running, failed, stopped, waiting };
inline constexpr int progress_count = 5;
const char* in_words(Progress progress);

struct ParticipantProgress {
  std::string participant_id;
  Progress progress = Progress::waiting;
  std::string why;  // a sentence: who measures, why it failed, how it ended; empty where there is nothing to say
};

struct CampaignStatus {
  std::vector<ParticipantProgress> participants;  // in the order of the facts
  std::size_t processes = 0;                      // at work now
  // As fast as the log's processes were, by those that are at work now; empty where nobody is, nothing is left, or
  // nobody has been measured yet.
  std::optional<double> seconds_left;
  bool reports_made = false, reports_current = false;

  std::size_t count(Progress progress) const;
};

CampaignStatus status_of(const CampaignFacts& facts);

struct ReadStatus {
  CampaignStatus status;
  std::string dataset;                // its folder; empty: not known
  std::vector<std::string> warnings;  // sentences
};

// Whom the latest campaign did not ask for, and OUT knows nothing of, is left out. Throws InputError where OUT is no
// output folder of Wane.
ReadStatus read_status(const std::filesystem::path& out);

// A table for a terminal: how many there are of each state, then those that run, failed or were stopped (`all`:
// everybody), then the time left.
std::string status_text(const ReadStatus& read, const std::filesystem::path& out, bool all);

}  // namespace wane
