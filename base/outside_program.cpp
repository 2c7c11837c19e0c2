#include "base/outside_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

extern char** environ;

namespace wane {

namespace {

using Clock = std::chrono::steady_clock;

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
  int reading_end() const { return ends_[0]; }
  int writing_end() const { return ends_[1]; }
  void close_reading_end() { close(std::exchange(ends_[0], -1)); }
  void close_writing_end() { close(std::exchange(ends_[1], -1)); }

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

// Wane takes signals in a thread of its own (tools/interruption.h); the other program takes them as usual.
struct SpawnAttributes {
  SpawnAttributes() {
    posix_spawnattr_init(&value);
    sigset_t none, taken;
    sigemptyset(&none);
    sigemptyset(&taken);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&taken, each);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &taken);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&value); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t value{};
};

// The user's own, but for HOME where there is another, and for what Wane sets for itself alone (tools/main.cpp).
std::vector<std::string> environment_with(const std::filesystem::path& home) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    if (variable.starts_with("GLIBC_TUNABLES=") || (!home.empty() && variable.starts_with("HOME="))) continue;
    all.emplace_back(variable);
  }
  if (!home.empty()) all.push_back("HOME=" + home.string());
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Reads one piece; false at the end.
bool read_piece(int descriptor, std::string& text) {
  std::array<char, 4096> piece{};
  const ssize_t count = read(descriptor, piece.data(), piece.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  if (text.size() < most_bytes_kept) text.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

// Both to their ends; false where `deadline` comes first.
bool read_both(Pipe& out, Pipe& err, std::optional<Clock::time_point> deadline, ProgramEnd& end) {
  std::array<pollfd, 2> waits{{{out.reading_end(), POLLIN, 0}, {err.reading_end(), POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&end.out, &end.err};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    constexpr int most_wait_ms = 60'000;
    int wait_ms = most_wait_ms;
    if (deadline) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) return false;
      wait_ms = static_cast<int>(std::min<std::int64_t>(left, most_wait_ms));
    }
    if (poll(waits.data(), waits.size(), wait_ms) < 0) {
      if (errno != EINTR) return true;
      continue;
    }
    for (std::size_t n = 0; n < waits.size(); ++n)
      if (waits[n].revents != 0 && !read_piece(waits[n].fd, *texts[n])) waits[n].fd = -1;
  }
  return true;
}

int waited_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramEnd run_outside_program(const std::vector<std::string>& words, const ProgramSurroundings& surroundings,
                               const std::string& package) {
  Pipe out, err;
  SpawnActions actions;
  posix_spawn_file_actions_addchdir_np(&actions.value, surroundings.folder.c_str());
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, out.writing_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, err.writing_end(), STDERR_FILENO);
  const SpawnAttributes attributes;
  std::vector<std::string> arguments = words, variables = environment_with(surroundings.home);
  pid_t process = -1;
  const int problem = posix_spawnp(&process, words.at(0).c_str(), &actions.value, &attributes.value,
                                   pointers_to(arguments).data(), pointers_to(variables).data());
  if (problem == ENOENT)
    throw ResourceError("There is no program " + words[0] + " on this machine: install Debian's package " + package +
                        ", or work on a machine that has it.");
  if (problem != 0)
    throw ResourceError("The program " + words[0] + " cannot be started: " + std::strerror(problem) + ".");
  out.close_writing_end();
  err.close_writing_end();
  ProgramEnd end;
  std::optional<Clock::time_point> deadline;
  if (surroundings.most_time) deadline = Clock::now() + *surroundings.most_time;
  end.took_too_long = !read_both(out, err, deadline, end);
  if (end.took_too_long) kill(process, SIGKILL);
  // Who goes on writing learns that nobody reads.
  out.close_reading_end();
  err.close_reading_end();
  end.exit_code = waited_for(process);
  return end;
}

}  // namespace wane
