// The folders that Wane writes into, each as a whole: whether it is Wane's, and who is at work in it.
//
// Locks are files OUT/logs/*.lock, locked with flock as long as their process lives: a process that was killed holds
// none. On file systems without locks nobody is held off.
//   reports.lock   held by `run`, `group` and `unblind`, which write the trial's reports, from beginning to end
//   sub-XX.lock    held by whoever measures sub-XX or writes its report, so that tasks of a cluster may share OUT
// and in the folders of simulations, from beginning to end:
//   DATASET/.simulate.lock   held by `simulate trial`
//   DATASET/.sub-XX.lock     held by whoever simulates sub-XX, so that `simulate person` may share DATASET
//   WORK/.validate.lock      held by `validate`
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/error.h"

namespace wane {

// Another process holds the lock.
class UnderWay : public ResourceError {
 public:
  using ResourceError::ResourceError;
};

// Throws UsageError, naming what lies there, where `out` is a folder that is neither empty nor an output folder of Wane
// (dataset_description.json with Wane in GeneratedBy, or what a run that was killed at its very beginning leaves, or
// participants' reports).
void require_output_folder(const std::filesystem::path& out);

// Makes OUT and its description where they are not there yet, after require_output_folder: whatever comes after, the
// next run knows the folder. Throws ResourceError too.
void make_output_folder(const std::filesystem::path& out, const std::string& program_version);

// The same for a dataset of `wane simulate` (dataset_description.json with "wane simulate" in GeneratedBy).
void require_simulated_dataset(const std::filesystem::path& dataset);

// The same for the working folder of `wane validate`: its dataset/ is one of `wane simulate`.
void require_validation_folder(const std::filesystem::path& work);

// Who holds a lock, or held it when the process was killed.
struct LockHolder {
  std::string host;
  long process = 0;
  std::string since;  // UTC
};

class OutputLock {
 public:
  OutputLock() = default;  // of nothing
  OutputLock(OutputLock&&) noexcept;
  OutputLock& operator=(OutputLock&&) = delete;
  ~OutputLock();  // removes the lock's file

  // False where the file system has no locks.
  bool holds() const { return held_; }

  // False where the lock's file was removed, with the whole folder: what lies there now is another process's.
  bool still_there() const;

 private:
  friend OutputLock lock_of(const std::filesystem::path& file, bool wait, const std::string& what);
  std::filesystem::path file_;
  int descriptor_ = -1;
  bool held_ = false;
};

// Throws UnderWay, naming who holds it (machine, process, since when), where another process does; ResourceError where
// the lock cannot be made.
// lock_reports: after require_output_folder; holds nothing where there is no folder `out` yet.
[[nodiscard]] OutputLock lock_reports(const std::filesystem::path& out);
[[nodiscard]] OutputLock lock_participant(const std::filesystem::path& out, const std::string& participant_id);

// For folders that exist; after their require_ function.
[[nodiscard]] OutputLock lock_simulated_dataset(const std::filesystem::path& dataset);
[[nodiscard]] OutputLock lock_simulated_person(const std::filesystem::path& dataset, const std::string& label);
[[nodiscard]] OutputLock lock_validation(const std::filesystem::path& work);

// As lock_participant, but waits until the other process has finished.
[[nodiscard]] OutputLock wait_for_participant(const std::filesystem::path& out, const std::string& participant_id);

// Throws ResourceError where one of these participants is being measured in `out` by another process.
void require_nobody_under_way(const std::filesystem::path& out, const std::set<std::string>& participant_ids);
void require_nobody_under_way(const std::filesystem::path& out);  // nobody at all

// A participant's lock file that is there at this moment.
struct ParticipantLock {
  LockHolder holder;
  bool held = false;  // false: the process was killed or interrupted; the next who measures the participant goes on
};
// By participant. Nobody is held off by the look. On file systems without locks there are none.
std::map<std::string, ParticipantLock> participant_locks(const std::filesystem::path& out);

// Removes what killed processes left in OUT, OUT/logs and OUT/dose-groups under temporary names.
void remove_leftovers(const std::filesystem::path& out);

}  // namespace wane
