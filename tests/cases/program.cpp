#include "tests/cases/program.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "tests/broken/scratch_folder.h"

namespace wane::cases {

namespace fs = std::filesystem;

namespace {

const fs::path program = fs::path(WANE_BINARY_DIR) / "bin" / "wane";
const fs::path shared = fs::path(WANE_BINARY_DIR) / "tests" / "shared";

ProgramResult run(const std::string& command) {
  const broken::ScratchFolder scratch;
  const int status =
      std::system((command + " >" + quoted(scratch / "out") + " 2>" + quoted(scratch / "err") + " </dev/null").c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, text_of(scratch / "out"), text_of(scratch / "err")};
}

// What shared data were made by: another build makes them anew.
std::string state_of_program() {
  std::string state;
  for (const fs::path& file : {program, fs::path(WANE_BINARY_DIR) / "share/wane/template/head.nii.gz"})
    state += std::to_string(fs::file_size(file)) + " " +
             std::to_string(fs::last_write_time(file).time_since_epoch().count()) + "\n";
  return state;
}

// Held against other processes as long as it lives.
class FileLock {
 public:
  explicit FileLock(const fs::path& file) : descriptor_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ >= 0 && flock(descriptor_, LOCK_EX) == 0) return;
    if (descriptor_ >= 0) close(descriptor_);
    throw std::runtime_error("cannot lock " + file.string());
  }
  ~FileLock() { close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

// Makes shared/NAME with `make` unless another test has done so; others wait meanwhile.
fs::path made_once(const std::string& name, const std::function<void(const fs::path& folder)>& make) {
  fs::create_directories(shared);
  const FileLock lock(shared / (name + ".lock"));
  const fs::path folder = shared / name;
  const fs::path stamp = shared / (name + ".stamp");
  const std::string state = state_of_program();
  if (!fs::exists(stamp) || text_of(stamp) != state) {
    fs::remove(stamp);
    fs::remove_all(folder);
    fs::create_directories(folder);
    make(folder);
    std::ofstream(stamp) << state;
  }
  return folder;
}

void keep(const ProgramResult& result, const fs::path& folder) {
  std::ofstream(folder / "exit_code") << result.exit_code;
  std::ofstream(folder / "stdout") << result.out;
  std::ofstream(folder / "stderr") << result.err;
}

ProgramResult kept_in(const fs::path& folder) {
  return {std::stoi(text_of(folder / "exit_code")), text_of(folder / "stdout"), text_of(folder / "stderr")};
}

}  // namespace

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

ProgramResult shell(const std::string& command) {
  return run(command);
}

bool is_continuous_integration() {
  const char* const ci = std::getenv("CI");
  return ci && std::string(ci) == "true";
}

ProgramResult wane(const std::vector<std::string>& arguments) {
  std::string command = quoted(program);
  for (const auto& argument : arguments) command += " " + quoted(argument);
  return run(command);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

nlohmann::json json_of(const fs::path& file) {
  if (!fs::exists(file)) throw std::runtime_error("there is no " + file.string());
  return nlohmann::json::parse(text_of(file));
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_regular_file() && !name.starts_with("logs/")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path sample_trial() {
  return made_once("trial", [](const fs::path& folder) {
    const ProgramResult made =
        run("WANE=" + quoted(program) + " " + quoted(fs::path(WANE_SOURCE_DIR) / "sample_scans" / "make") + " --out " +
            quoted(folder));
    if (made.exit_code != 0) throw std::runtime_error("sample_scans/make failed: " + made.err);
  });
}

SharedRun sample_trial_run() {
  const fs::path dataset = sample_trial();
  const fs::path folder = made_once("trial-run", [&](const fs::path& made) {
    keep(wane({"run", dataset, made / "out"}), made);
  });
  return {dataset, folder / "out", kept_in(folder)};
}

SharedRun sloppy_run() {
  const fs::path folder = made_once("sloppy-run", [](const fs::path& made) {
    copy_participants(made / "dataset", {"sub-01"});
    keep(wane({"run", made / "dataset", made / "out", "--sloppy", "--threads", "1"}), made);
  });
  return {folder / "dataset", folder / "out", kept_in(folder)};
}

void copy_participants(const fs::path& to, const std::vector<std::string>& participants) {
  const fs::path trial = sample_trial();
  fs::create_directories(to);
  for (const char* name : {"dataset_description.json", "participants.json"}) fs::copy_file(trial / name, to / name);
  std::istringstream table(text_of(trial / "participants.tsv"));
  std::ofstream kept(to / "participants.tsv");
  for (std::string row; std::getline(table, row);) {
    const std::string id = row.substr(0, row.find('\t'));
    const bool wanted = std::find(participants.begin(), participants.end(), id) != participants.end();
    if (wanted || id == "participant_id") kept << row << '\n';
    if (wanted) fs::copy(trial / id, to / id, fs::copy_options::recursive);
  }
}

fs::path scan_of(const fs::path& dataset, const std::string& participant, const std::string& session) {
  return dataset / participant / session / "anat" / (participant + "_" + session + "_T1w.nii.gz");
}

}  // namespace wane::cases
