#include "pipeline/run/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/run/run_log.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* description_name = "dataset_description.json";
constexpr const char* lock_ending = ".lock";
constexpr const char* validation_lock = ".validate.lock";

bool is_made_by(const ordered_json& description, const std::string& name) {
  if (!description.is_object() || !description.contains("GeneratedBy")) return false;
  const ordered_json& programs = description["GeneratedBy"];
  return programs.is_array() && std::any_of(programs.begin(), programs.end(), [&](const ordered_json& program) {
           return text_member(program, "Name") == name;
         });
}

bool is_simulated_dataset(const fs::path& dataset) {
  return is_made_by(json_in_file(dataset / description_name), "wane simulate");
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  if (error)
    throw ResourceError("The folder " + folder.string() + " cannot be listed: " + error.message() +
                        "; check its permissions and the disk.");
  std::sort(names.begin(), names.end());
  return names;
}

// Of a run that was killed before it wrote the description, or of the disk itself.
bool says_nothing(const std::string& name) {
  return name.starts_with(".tmp-") || name.starts_with(".nfs") || name == "lost+found" || name == ".DS_Store";
}

bool says_nothing_in_output(const fs::path& out, const std::string& name) {
  if (says_nothing(name)) return true;
  std::error_code error;
  return name == "logs" && (fs::exists(out / "logs" / "run.jsonl", error) || fs::is_empty(out / "logs", error) ||
                            fs::exists(out / "logs" / "reports.lock", error));
}

// Reports alone make an output folder: tasks of a cluster may have been gathered by hand.
bool holds_a_report(const fs::path& out, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    std::error_code error;
    return name.starts_with("sub-") && fs::is_regular_file(out / participant_json_path(name), error);
  });
}

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t most_named = 3;
  std::string text;
  for (std::size_t n = 0; n < std::min(names.size(), most_named); ++n) text += (n > 0 ? ", " : "") + names[n];
  if (names.size() > most_named) text += " and " + std::to_string(names.size() - most_named) + " more";
  return text;
}

// `what`: "The output folder OUT"; `dataset`: the name in its description, or empty.
[[noreturn]] void refuse_folder(const std::string& what, const std::vector<std::string>& names,
                                const std::string& dataset) {
  throw UsageError(what + " is not Wane's: it holds " + first_few(names) +
                   (dataset.empty() ? "" : " (" + dataset + ")") +
                   "; name an empty folder or one that does not exist yet, so that nothing is overwritten.");
}

bool has_no_locks(int reason_errno) {
  return reason_errno == ENOTSUP || reason_errno == EOPNOTSUPP || reason_errno == ENOSYS || reason_errno == EINVAL ||
         reason_errno == ENOLCK;
}

// Whoever removes a lock's file does so while holding it: who waited for that file waits for the new one.
bool is_still(int descriptor, const fs::path& file) {
  struct stat held {
  }, named{};
  if (fstat(descriptor, &held) != 0 || stat(file.c_str(), &named) != 0) return false;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

std::optional<LockHolder> holder_named_in(const fs::path& file) {
  const ordered_json json = json_in_file(file);
  LockHolder holder{text_member(json, "host"), 0, text_member(json, "since")};
  if (holder.host.empty() || !json.contains("process") || !json["process"].is_number_integer()) return std::nullopt;
  holder.process = json["process"].get<long>();
  return holder;
}

std::string holder_of(const fs::path& file) {
  const auto holder = holder_named_in(file);
  if (!holder) return "";
  return " (machine " + holder->host + ", process " + std::to_string(holder->process) + ", since " + holder->since +
         ")";
}

// Whether somebody holds the lock. Whoever asks holds it for a moment where nobody does: see patience_with_lookers.
bool is_held(const fs::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  const bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(descriptor);
  return held;
}

// `wane status` holds a lock that nobody holds for the time of one system call, to see that. Who then wants it tries
// again before it is taken for another's.
constexpr int patience_with_lookers = 5;
constexpr auto pause_for_lookers = std::chrono::milliseconds(20);

[[noreturn]] void refuse_lock(const fs::path& file, int reason_errno) {
  throw ResourceError("The lock " + file.string() + " cannot be made: " + std::strerror(reason_errno) +
                      "; check the folder, its permissions and the space left on the disk.");
}

void write_holder(int descriptor, const fs::path& file) {
  const std::string text =
      ordered_json{{"host", host_name()}, {"process", getpid()}, {"since", utc_now()}}.dump() + "\n";
  if (ftruncate(descriptor, 0) != 0) refuse_lock(file, errno);
  const ssize_t count = pwrite(descriptor, text.data(), text.size(), 0);
  if (count != static_cast<ssize_t>(text.size())) refuse_lock(file, count < 0 ? errno : ENOSPC);
}

// Closed unless it is taken.
class Descriptor {
 public:
  explicit Descriptor(const fs::path& file)
      : number_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)) {
    if (number_ < 0 && errno == ELOOP)
      throw ResourceError("The lock " + file.string() + " is a link, which Wane does not follow; remove the link.");
    if (number_ < 0) refuse_lock(file, errno);
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  int take() { return std::exchange(number_, -1); }

 private:
  int number_;
};

fs::path lock_file(const fs::path& out, const std::string& name) {
  return out / "logs" / (name + lock_ending);
}

// Those whose lock has a file; after a kill nobody holds it.
std::vector<std::string> participants_with_locks(const fs::path& out) {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("sub-") && name.ends_with(lock_ending)) ids.push_back(it->path().stem().string());
  }
  return ids;
}

}  // namespace

void require_output_folder(const fs::path& out) {
  std::error_code error;
  if (!fs::is_directory(out, error)) return;  // made later, or said then why it cannot be
  const ordered_json description = json_in_file(out / description_name);
  if (is_made_by(description, "Wane")) return;
  std::vector<std::string> names = names_in(out);
  if (holds_a_report(out, names)) return;
  std::erase_if(names, [&](const std::string& name) { return says_nothing_in_output(out, name); });
  if (names.empty()) return;
  refuse_folder("The output folder " + out.string(), names, text_member(description, "Name"));
}

void require_simulated_dataset(const fs::path& dataset) {
  std::error_code error;
  if (!fs::is_directory(dataset, error) || is_simulated_dataset(dataset)) return;
  std::vector<std::string> names = names_in(dataset);
  std::erase_if(names, says_nothing);
  if (names.empty()) return;
  refuse_folder("The folder " + dataset.string(), names, text_member(json_in_file(dataset / description_name), "Name"));
}

void require_validation_folder(const fs::path& work) {
  std::error_code error;
  if (!fs::is_directory(work, error) || is_simulated_dataset(work / "dataset")) return;
  require_simulated_dataset(work / "dataset");  // without a description it must be empty
  std::vector<std::string> names = names_in(work);
  std::erase_if(names, [](const std::string& name) {
    return says_nothing(name) || name == validation_lock || name == "dataset";
  });
  if (names.empty()) return;
  refuse_folder("The working folder " + work.string(), names,
                text_member(json_in_file(work / description_name), "Name"));
}

void make_output_folder(const fs::path& out, const std::string& program_version) {
  require_output_folder(out);
  make_folders(out);
  std::error_code error;
  if (!fs::exists(out / description_name, error)) write_derivatives_description(out, program_version);
}

OutputLock::OutputLock(OutputLock&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      held_(std::exchange(other.held_, false)) {}

bool OutputLock::still_there() const {
  return !held_ || is_still(descriptor_, file_);
}

OutputLock::~OutputLock() {
  if (held_ && still_there()) unlink(file_.c_str());
  if (descriptor_ >= 0) close(descriptor_);
}

// `what`: who or what is locked, as the sentence about another holder begins.
OutputLock lock_of(const fs::path& file, bool wait, const std::string& what) {
  for (;;) {
    Descriptor descriptor(file);
    for (int tries = 0; flock(descriptor.number(), LOCK_EX | (wait ? 0 : LOCK_NB)) != 0;) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK && ++tries < patience_with_lookers) {
        std::this_thread::sleep_for(pause_for_lookers);
        continue;
      }
      if (has_no_locks(errno)) {
        if (errno != ENOLCK) unlink(file.c_str());  // it would only look like a lock
        return {};
      }
      if (errno != EWOULDBLOCK) refuse_lock(file, errno);
      throw UnderWay(what + " by another Wane" + holder_of(file) +
                     "; wait until it has finished, or end it, and run the same command again.");
    }
    if (!is_still(descriptor.number(), file)) continue;
    write_holder(descriptor.number(), file);
    OutputLock lock;
    lock.file_ = file;
    lock.descriptor_ = descriptor.take();
    lock.held_ = true;
    return lock;
  }
}

OutputLock lock_reports(const fs::path& out) {
  std::error_code error;
  if (!fs::is_directory(out, error)) return {};
  require_output_folder(out);
  make_folders_inside(out, out / "logs");
  return lock_of(lock_file(out, "reports"), false, "The output folder " + out.string() + " is in use");
}

OutputLock lock_participant(const fs::path& out, const std::string& participant_id) {
  return lock_of(lock_file(out, participant_id), false,
                 participant_id + " is being measured in " + out.string() + " at this moment");
}

OutputLock lock_simulated_dataset(const fs::path& dataset) {
  return lock_of(dataset / (std::string(".simulate") + lock_ending), false,
                 "The folder " + dataset.string() + " is in use");
}

OutputLock lock_simulated_person(const fs::path& dataset, const std::string& label) {
  return lock_of(dataset / ("." + label + lock_ending), false,
                 label + " is being simulated in " + dataset.string() + " at this moment");
}

OutputLock lock_validation(const fs::path& work) {
  return lock_of(work / validation_lock, false, "The working folder " + work.string() + " is in use");
}

OutputLock wait_for_participant(const fs::path& out, const std::string& participant_id) {
  make_folders_inside(out, out / "logs");
  return lock_of(lock_file(out, participant_id), true, "");
}

void require_nobody_under_way(const fs::path& out, const std::set<std::string>& participant_ids) {
  for (const std::string& id : participants_with_locks(out))
    if (participant_ids.contains(id)) static_cast<void>(lock_participant(out, id));
}

void require_nobody_under_way(const fs::path& out) {
  for (const std::string& id : participants_with_locks(out)) static_cast<void>(lock_participant(out, id));
}

std::map<std::string, ParticipantLock> participant_locks(const fs::path& out) {
  std::map<std::string, ParticipantLock> locks;
  for (const std::string& id : participants_with_locks(out)) {
    const fs::path file = lock_file(out, id);
    // One without a holder is just being made, or removed.
    if (const auto holder = holder_named_in(file)) locks[id] = {*holder, is_held(file)};
  }
  return locks;
}

void remove_leftovers(const fs::path& out) {
  for (const fs::path& folder : {out, out / "logs", out / "dose-groups"})
    remove_temporary_files(folder, LeftBehind::abandoned);
}

}  // namespace wane
