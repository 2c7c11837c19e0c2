#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_prefix = ".tmp-";

// What the names of this machine's temporary files begin with. The machine is named because tasks of a cluster share
// folders and may share a process number.
std::string prefix_of_this_machine() {
  std::array<char, 65> host{};  // Linux allows 64 characters
  gethostname(host.data(), host.size() - 1);
  return std::string(temporary_prefix) + host.data() + "-";
}

// Of this process's temporary names: the next one's number.
std::atomic<unsigned>& next_count() {
  static std::atomic<unsigned> count{0};
  return count;
}

// .tmp-MACHINE-PROCESS-COUNT-NAME
fs::path temporary_name(const fs::path& file) {
  return file.parent_path() / (prefix_of_this_machine() + std::to_string(getpid()) + "-" +
                               std::to_string(next_count()++) + "-" + file.filename().string());
}

// Who made a temporary file.
struct Writer {
  pid_t process = 0;
  unsigned count = 0;
};

// Empty where it was not a process of this machine.
std::optional<Writer> writer_of(const std::string& temporary, const std::string& own_prefix) {
  if (!temporary.starts_with(own_prefix)) return std::nullopt;
  Writer writer;
  const char* const end = temporary.data() + temporary.size();
  const auto process = std::from_chars(temporary.data() + own_prefix.size(), end, writer.process);
  if (process.ec != std::errc() || writer.process <= 0 || *process.ptr != '-') return std::nullopt;
  const auto count = std::from_chars(process.ptr + 1, end, writer.count);
  if (count.ec != std::errc() || *count.ptr != '-') return std::nullopt;
  return writer;
}

// A file that bears this process's number and a count that it has not come to is of an earlier process of that number.
bool lives(const Writer& writer) {
  if (writer.process == getpid()) return writer.count < next_count();
  return kill(writer.process, 0) == 0 || errno == EPERM;
}

// Ages are compared with the folder's own clock, which on a network disk is not this machine's. No file takes a day to
// be written.
constexpr auto most_age = std::chrono::hours(24);

bool is_old(const fs::path& file, const std::optional<fs::file_time_type>& now) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  return !error && now && *now - written > most_age;
}

// The time that a new file in the folder is given.
std::optional<fs::file_time_type> time_in(const fs::path& folder) {
  const fs::path probe = temporary_name(folder / "clock");
  const int descriptor = open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::nullopt;
  close(descriptor);
  std::error_code error;
  const auto now = fs::last_write_time(probe, error);
  std::error_code ignored;
  fs::remove(probe, ignored);
  return error ? std::nullopt : std::optional(now);
}

std::vector<fs::path> temporary_files_in(const fs::path& folder, std::string_view name) {
  const std::string ending = name.empty() ? std::string() : "-" + std::string(name);
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string own = it->path().filename().string();
    std::error_code ignored;
    if (own.starts_with(temporary_prefix) && own.ends_with(ending) && it->is_regular_file(ignored))
      found.push_back(it->path());
  }
  return found;
}

// Where files are written, and closed for good before the process ends in the middle.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    while (closed_) changed_.wait(lock);
    ++inside_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --inside_;
    changed_.notify_all();
  }
  void close_when_empty() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [&] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int inside_ = 0;
};

// One for the process, because its end is the process's.
Gate& gate() {
  static Gate gate;
  return gate;
}

class Inside {
 public:
  Inside() { gate().enter(); }
  ~Inside() { gate().leave(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

// Made here and not by the writer: what somebody put under this name (a link to another file) is not written into. A
// name that is taken may be that of a living process in another container with this machine's name: the next one is
// tried.
fs::path made_temporary(const fs::path& file, unsigned mode) {
  constexpr int most_tries = 1000;
  for (int tries = 1;; ++tries) {
    const fs::path temporary = temporary_name(file);
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor >= 0) {
      close(descriptor);
      return temporary;
    }
    if (errno != EEXIST || tries == most_tries) throw_cannot_write(file, errno);
  }
}

void flush_to_disk(const fs::path& path, const fs::path& file, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) throw_cannot_write(file, errno);
  const int reason = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // Some network file systems offer no flush (EINVAL, ENOTSUP); there is then nothing more that a program can do.
  if (reason != 0 && reason != EINVAL && reason != ENOTSUP) throw_cannot_write(file, reason);
}

void flush_folder_of(const fs::path& file) {
  flush_to_disk(file.has_parent_path() ? file.parent_path() : fs::path("."), file, O_RDONLY | O_DIRECTORY);
}

// False where there is such a file already.
bool renamed_to_new(const fs::path& temporary, const fs::path& file) {
  if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) throw_cannot_write(file, errno);
  // Network file systems do not know this, but a second name for a file.
  if (link(temporary.c_str(), file.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) throw_cannot_write(file, errno);
  // Disks that know neither: of writers at the very same moment the last one wins.
  std::error_code error;
  if (fs::exists(file, error)) return false;
  if (std::rename(temporary.c_str(), file.c_str()) != 0) throw_cannot_write(file, errno);
  return true;
}

void write_text(const fs::path& temporary, std::string_view text, const fs::path& file) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(temporary.c_str(), "wb"), &std::fclose);
  if (!stream) throw_cannot_write(file, errno);
  if (std::fwrite(text.data(), 1, text.size(), stream.get()) != text.size()) throw_cannot_write(file, errno);
  if (std::fclose(stream.release()) != 0) throw_cannot_write(file, errno);
}

class RemovedUnlessKept {
 public:
  explicit RemovedUnlessKept(fs::path path) : path_(std::move(path)) {}
  RemovedUnlessKept(const RemovedUnlessKept&) = delete;
  RemovedUnlessKept& operator=(const RemovedUnlessKept&) = delete;
  ~RemovedUnlessKept() {
    std::error_code ignored;
    if (!kept_) fs::remove(path_, ignored);
  }
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

}  // namespace

void throw_cannot_write(const fs::path& file, int reason_errno) {
  throw ResourceError("Cannot write '" + file.string() + "': " + std::strerror(reason_errno) +
                      "; check the folder, its permissions and the space left on the disk.");
}

void write_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write, unsigned mode) {
  const Inside writing;
  const fs::path temporary = made_temporary(file, mode);
  RemovedUnlessKept cleanup(temporary);
  write(temporary);
  flush_to_disk(temporary, file, O_RDONLY);
  if (std::rename(temporary.c_str(), file.c_str()) != 0) throw_cannot_write(file, errno);
  cleanup.keep();
  flush_folder_of(file);
}

bool write_new_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write, unsigned mode) {
  const Inside writing;
  const fs::path temporary = made_temporary(file, mode);
  const RemovedUnlessKept cleanup(temporary);
  write(temporary);
  flush_to_disk(temporary, file, O_RDONLY);
  if (!renamed_to_new(temporary, file)) return false;
  flush_folder_of(file);
  return true;
}

bool move_new_into_place(const fs::path& made, const fs::path& file, const fs::path& top) {
  const Inside writing;
  flush_to_disk(made, file, O_RDONLY);
  if (!renamed_to_new(made, file)) return false;
  std::error_code ignored;
  fs::remove(made, ignored);  // where the disk gave the file a second name
  const fs::path last = fs::canonical(top);
  for (fs::path folder = fs::canonical(fs::absolute(file).parent_path());; folder = folder.parent_path()) {
    flush_to_disk(folder, file, O_RDONLY | O_DIRECTORY);
    // Folders above `top` are not this function's, and need not be readable.
    if (folder == last || folder == folder.parent_path()) break;
  }
  return true;
}

void write_text_atomically(const fs::path& file, std::string_view text) {
  write_atomically(file, [&](const fs::path& temporary) { write_text(temporary, text, file); });
}

bool write_new_text_atomically(const fs::path& file, std::string_view text) {
  return write_new_atomically(file, [&](const fs::path& temporary) { write_text(temporary, text, file); });
}

void remove_temporary_files(const fs::path& folder, LeftBehind which, std::string_view name) {
  const std::vector<fs::path> files = temporary_files_in(folder, name);
  if (files.empty()) return;
  const std::string own_prefix = prefix_of_this_machine();
  const auto is_abandoned = [&](const fs::path& file) {
    const auto writer = writer_of(file.filename().string(), own_prefix);
    return writer && !lives(*writer);
  };
  std::vector<fs::path> others;
  std::error_code ignored;
  for (const fs::path& file : files) {
    if (which == LeftBehind::all || is_abandoned(file))
      fs::remove(file, ignored);
    else
      others.push_back(file);
  }
  if (others.empty()) return;
  const auto now = time_in(folder);
  for (const fs::path& file : others)
    if (is_old(file, now)) fs::remove(file, ignored);
}

void remove_temporary_files_below(const fs::path& folder, LeftBehind which) {
  remove_temporary_files(folder, which);
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) folders.push_back(it->path());
  }
  for (const fs::path& below : folders) remove_temporary_files(below, which);
}

void end_writing_of_files() {
  gate().close_when_empty();
}

}  // namespace wane
