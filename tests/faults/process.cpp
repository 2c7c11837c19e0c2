#include "tests/faults/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/sha256.h"

namespace wane::faults {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void redirect(int descriptor, const fs::path& file, int flags) {
  const int opened = open(file.c_str(), flags, 0644);
  dup2(opened, descriptor);
  close(opened);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const Environment& faults,
                 const std::vector<int>& ignored_signals) {
  const std::string program = std::string(WANE_BINARY_DIR) + "/bin/wane";
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  id_ = fork();
  if (id_ < 0) throw std::runtime_error("no process can be started");
  if (id_ > 0) return;
  for (const int signal : ignored_signals) ::signal(signal, SIG_IGN);
  redirect(0, "/dev/null", O_RDONLY);
  redirect(1, scratch_ / "out", O_WRONLY | O_CREAT | O_TRUNC);
  redirect(2, scratch_ / "err", O_WRONLY | O_CREAT | O_TRUNC);
  if (!faults.empty()) {
    setenv("LD_PRELOAD", WANE_FAULT_SHIM, 1);
    setenv("WANE_FAULT_NOTES", (scratch_ / "notes").c_str(), 1);
    for (const auto& [name, value] : faults) setenv(name.c_str(), value.c_str(), 1);
  }
  execv(program.c_str(), words.data());
  _exit(127);
}

Process::~Process() {
  if (ended_) return;
  kill(id_, SIGKILL);
  waitpid(id_, &status_, 0);
}

std::string Process::err() const {
  return text_of(scratch_ / "err");
}

void Process::send(int signal) const {
  if (!ended_) kill(id_, signal);  // else the number may be another process's
}

bool Process::ends_within(std::chrono::milliseconds time) {
  const auto limit = std::chrono::steady_clock::now() + time;
  for (;;) {
    if (!ended_) ended_ = waitpid(id_, &status_, WNOHANG) == id_;
    if (ended_ || std::chrono::steady_clock::now() >= limit) return ended_;
    std::this_thread::sleep_for(2ms);
  }
}

Ended Process::wait() {
  while (!ended_) ended_ = waitpid(id_, &status_, 0) == id_;
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  return {code, text_of(scratch_ / "out"), text_of(scratch_ / "err"), text_of(scratch_ / "notes")};
}

bool Process::takes_signals() {
  const std::string name = "SigBlk:\t";
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < limit && !ends_within(2ms)) {
    const std::string status = text_of("/proc/" + std::to_string(id_) + "/status");
    const auto place = status.find(name);
    if (place == std::string::npos) continue;
    const auto blocked = std::stoull(status.substr(place + name.size(), 16), nullptr, 16);
    if ((blocked >> (SIGTERM - 1)) & 1U) return true;
  }
  return false;
}

bool Process::says(const std::string& text) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < limit) {
    const bool ended = ends_within(2ms);
    if (err().find(text) != std::string::npos) return true;
    if (ended) return false;
  }
  return false;
}

Ended run(const std::vector<std::string>& arguments, const Environment& faults) {
  return Process(arguments, faults).wait();
}

Environment write_fault(const fs::path& folder, long at, const std::string& as, bool and_after) {
  Environment faults{
      {"WANE_FAULT_BELOW", folder.string()}, {"WANE_FAULT_AT", std::to_string(at)}, {"WANE_FAULT_AS", as}};
  if (and_after) faults["WANE_FAULT_AND_AFTER"] = "1";
  return faults;
}

long counted_in(const std::string& notes) {
  const std::string word = "counted ";
  const auto place = notes.rfind(word);
  return place == std::string::npos ? -1 : std::stol(notes.substr(place + word.size()));
}

std::string reproducible_text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (file.filename() != "trial_atrophy.json") return text;
  const std::string member = "\"head_sha256\": \"";
  if (const auto at = text.find(member); at != std::string::npos) text.erase(at + member.size(), 64);
  return text;
}

std::map<std::string, std::string> hashes_below(const fs::path& folder) {
  std::map<std::string, std::string> hashes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (!entry.is_regular_file() || name.starts_with("logs/")) continue;
    hashes[name] = sha256_of_text(reproducible_text_of(entry.path()));
  }
  return hashes;
}

std::vector<std::string> temporary_files_below(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename().string().starts_with(".tmp-"))
      names.push_back(entry.path().lexically_relative(folder).string());
  return names;
}

std::string difference(const std::map<std::string, std::string>& expected,
                       const std::map<std::string, std::string>& found) {
  for (const auto& [name, hash] : expected) {
    if (!found.contains(name)) return name + " is not there";
    if (found.at(name) != hash) return name + " is another";
  }
  for (const auto& [name, hash] : found)
    if (!expected.contains(name)) return name + " is there too";
  return "";
}

}  // namespace wane::faults
