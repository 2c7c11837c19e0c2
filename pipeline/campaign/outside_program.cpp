#include "pipeline/campaign/outside_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "base/error.h"

extern char** environ;

namespace wane {

namespace {

constexpr std::size_t most_bytes_kept = 1 << 20;

// Both ends closed in programs that are started, unless they are given one.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw ResourceError(std::string("No pipe can be made: ") + std::strerror(errno) + "; close other programs.");
  }
  ~Pipe() {
    for (const int end : ends_)
      if (end >= 0) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int writing_end() const { return ends_[1]; }
  void close_writing_end() { close(std::exchange(ends_[1], -1)); }

  // Until the other side has closed.
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t count = read(ends_[0], piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return text;
      if (text.size() < most_bytes_kept) text.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

struct SpawnActions {
  SpawnActions() { posix_spawn_file_actions_init(&value); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&value); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t value{};
};

// Signals that wait in Wane for the thread that takes them (tools/interruption.h) reach the program as usual.
struct SpawnAttributes {
  SpawnAttributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&value); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t value{};
};

int waited_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramEnd run_outside_program(const std::vector<std::string>& words, const std::filesystem::path& folder,
                               const std::string& package) {
  Pipe out, err;
  SpawnActions actions;
  posix_spawn_file_actions_addchdir_np(&actions.value, folder.c_str());
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, out.writing_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, err.writing_end(), STDERR_FILENO);
  const SpawnAttributes attributes;
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  pid_t process = -1;
  const int problem =
      posix_spawnp(&process, words.at(0).c_str(), &actions.value, &attributes.value, arguments.data(), environ);
  if (problem == ENOENT)
    throw ResourceError("There is no program " + words[0] + " on this machine: install Debian's package " + package +
                        ", or work on a machine that has it.");
  if (problem != 0)
    throw ResourceError("The program " + words[0] + " cannot be started: " + std::strerror(problem) + ".");
  out.close_writing_end();
  err.close_writing_end();
  ProgramEnd end;
  {
    const std::jthread other([&] { end.err = err.read_all(); });
    end.out = out.read_all();
  }
  end.exit_code = waited_for(process);
  return end;
}

}  // namespace wane
