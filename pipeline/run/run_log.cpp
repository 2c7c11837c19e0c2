#include "pipeline/run/run_log.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "imaging/error.h"
#include "pipeline/run/derivatives.h"

namespace wane {

namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return std::to_string(geteuid());  // a container without that user
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

[[noreturn]] void refuse(const std::filesystem::path& file) {
  throw ResourceError("The log " + file.string() + " cannot be written: " + std::strerror(errno) +
                      "; free space or choose another output folder.");
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& out) : file_(out / "logs" / "run.jsonl") {
  make_folders(file_.parent_path());
}

void RunLog::add(const std::string& event, const nlohmann::ordered_json& details) const {
  nlohmann::ordered_json line = {
      {"time", utc_now()}, {"user", user_name()}, {"host", host_name()}, {"process", getpid()}, {"event", event}};
  line.update(details);
  // Names of files need not be UTF-8; a log must not fail over that.
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const int file = open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) refuse(file_);
  const ssize_t written = write(file, text.data(), text.size());
  const bool complete = written == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !complete) refuse(file_);
}

}  // namespace wane
