#include "pipeline/import/outside_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace wane {
namespace {

constexpr std::size_t most_output_bytes = 1 << 20;

std::vector<std::string> environment_with_home(const std::string& home) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each)
    if (!std::string_view(*each).starts_with("HOME=") && !std::string_view(*each).starts_with("GLIBC_TUNABLES="))
      all.emplace_back(*each);
  all.push_back("HOME=" + home);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Wane takes signals in a thread of its own; the other program takes them as usual.
void use_usual_signals(posix_spawnattr_t& attributes) {
  sigset_t none, taken;
  sigemptyset(&none);
  sigemptyset(&taken);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&taken, each);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &taken);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

// Reads until the end or `deadline`; false where that came first.
bool read_output(int descriptor, std::chrono::steady_clock::time_point deadline, std::string& output) {
  std::array<char, 4096> piece{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wait{descriptor, POLLIN, 0};
    const int ready = poll(&wait, 1, int(std::min<long>(left.count(), 60'000)));
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    if (output.size() < most_output_bytes) output.append(piece.data(), std::size_t(count));
  }
}

}  // namespace

ConverterEnd run_converter(const std::vector<std::string>& command, const std::filesystem::path& folder,
                           std::chrono::seconds most_time, const std::string& missing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw ResourceError(std::string("Cannot make a pipe: ") + std::strerror(errno) + ".");
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  use_usual_signals(attributes);
  auto words = command;
  auto variables = environment_with_home(folder.string());
  pid_t id = -1;
  const int problem = posix_spawnp(&id, command.front().c_str(), &actions, &attributes, pointers_to(words).data(),
                                   pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (problem != 0) {
    close(ends[0]);
    throw ResourceError("Cannot start " + command.front() + " (" + std::strerror(problem) + "): " + missing);
  }
  ConverterEnd end;
  end.took_too_long = !read_output(ends[0], std::chrono::steady_clock::now() + most_time, end.output);
  close(ends[0]);
  if (end.took_too_long) kill(id, SIGKILL);
  int status = 0;
  while (waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace wane
