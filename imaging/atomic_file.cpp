#include "imaging/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include "imaging/error.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// The machine's name is part of it because tasks of a cluster share folders and may share a process number.
fs::path temporary_name(const fs::path& file) {
  static std::atomic<unsigned> count{0};
  std::array<char, 17> host{};
  gethostname(host.data(), host.size() - 1);
  return file.parent_path() / (".tmp-" + std::string(host.data()) + "-" + std::to_string(getpid()) + "-" +
                               std::to_string(count++) + "-" + file.filename().string());
}

// Made here and not by the writer: what somebody put under this name (a link to another file) is not written into.
void make_temporary(const fs::path& temporary, const fs::path& file, unsigned mode) {
  for (bool again : {true, false}) {
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor >= 0) {
      close(descriptor);
      return;
    }
    if (errno != EEXIST || !again) throw_cannot_write(file, errno);
    unlink(temporary.c_str());
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
  const fs::path temporary = temporary_name(file);
  make_temporary(temporary, file, mode);
  RemovedUnlessKept cleanup(temporary);
  write(temporary);
  flush_to_disk(temporary, file, O_RDONLY);
  if (std::rename(temporary.c_str(), file.c_str()) != 0) throw_cannot_write(file, errno);
  cleanup.keep();
  flush_folder_of(file);
}

bool write_new_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write, unsigned mode) {
  const fs::path temporary = temporary_name(file);
  make_temporary(temporary, file, mode);
  const RemovedUnlessKept cleanup(temporary);
  write(temporary);
  flush_to_disk(temporary, file, O_RDONLY);
  if (!renamed_to_new(temporary, file)) return false;
  flush_folder_of(file);
  return true;
}

void write_text_atomically(const fs::path& file, std::string_view text) {
  write_atomically(file, [&](const fs::path& temporary) { write_text(temporary, text, file); });
}

bool write_new_text_atomically(const fs::path& file, std::string_view text) {
  return write_new_atomically(file, [&](const fs::path& temporary) { write_text(temporary, text, file); });
}

}  // namespace wane
