#include "base/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

class OpenFile {
 public:
  // Opening a pipe would otherwise wait for whoever writes into it.
  explicit OpenFile(const fs::path& file) : descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void refuse_size(const fs::path& file, std::size_t most_bytes) {
  throw InputError(file.string() + " is too large for a text file of this kind (more than " +
                   std::to_string(most_bytes >> 20) + " MiB); check that it is the right file.");
}

// A name that leads nowhere is the user's mistake; everything else (permissions, a disk that fails) is the machine's,
// and may pass.
[[noreturn]] void refuse_unreadable(const fs::path& file, int reason_errno) {
  const bool wrong_name = reason_errno == ENOENT || reason_errno == ENOTDIR || reason_errno == ELOOP ||
                          reason_errno == ENAMETOOLONG || reason_errno == EISDIR;
  if (!wrong_name)
    throw ResourceError(file.string() + " cannot be read (" + std::strerror(reason_errno) +
                        "); check its permissions and the disk.");
  throw InputError(file.string() + " cannot be read (" + std::strerror(reason_errno) +
                   "); check its name and permissions.");
}

}  // namespace

std::string read_text_file(const fs::path& file, std::size_t most_bytes) {
  const OpenFile open_file(file);
  struct stat status {};
  if (open_file.descriptor() < 0) refuse_unreadable(file, errno);
  if (fstat(open_file.descriptor(), &status) != 0) refuse_unreadable(file, errno);
  if (!S_ISREG(status.st_mode))
    throw InputError(file.string() + " is not a file that can be read; check the name and the link's target.");
  if (static_cast<std::uint64_t>(status.st_size) > most_bytes) refuse_size(file, most_bytes);
  // Not the size that was told: files grow, and those of /proc tell 0.
  std::string text;
  constexpr std::size_t piece = 1u << 16;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before == 0 ? static_cast<std::size_t>(status.st_size) + piece : before + piece);
    const ssize_t count = read(open_file.descriptor(), text.data() + before, text.size() - before);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_unreadable(file, errno);
    if (count == 0) return text;
    if (text.size() > most_bytes) refuse_size(file, most_bytes);
  }
}

bool read_line(std::istream& stream, std::string& line, std::size_t most_bytes, const std::string& name) {
  line.clear();
  std::streambuf& bytes = *stream.rdbuf();
  constexpr int end = std::char_traits<char>::eof();
  for (int c; (c = bytes.sbumpc()) != '\n';) {
    if (c == end) {
      stream.setstate(std::ios::eofbit);
      return !line.empty();
    }
    if (line.size() == most_bytes)
      throw InputError(name + " has a line of more than " + std::to_string(most_bytes >> 20) +
                       " MiB, which Wane does not write; check that it is the right file.");
    line += static_cast<char>(c);
  }
  return true;
}

}  // namespace wane
