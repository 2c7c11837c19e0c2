// A campaign through a real Slurm that is disturbed on the way: people of two tiny visits each are submitted, a process
// is killed and array tasks are cancelled, the same command is given again until everybody is measured. Then what
// lies in OUT is held against the log. By hand:
//   tests/slurm/with-slurm build/bin/wane_slurm_campaign PEOPLE [FOLDER]      12 people: some minutes
// FOLDER is kept, for a look; without it, all is removed. Prints each check; exit code 1 where one does not hold.
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/outside_program.h"
#include "pipeline/run/output_folder.h"
#include "tests/broken/scratch_folder.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_trial.h"

namespace wane::faults {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr int people_per_task = 2;
constexpr int most_submissions = 6;
constexpr auto most_time_for_a_person = 120s;  // two tasks at once, on a machine with other work

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> by_slurm(const std::vector<std::string>& words) {
  const ProgramEnd end = run_outside_program(words, {}, "slurm-wlm");
  if (end.exit_code != 0) throw std::runtime_error(words.front() + " ended with an error: " + end.err);
  return lines_of(end.out);
}

// CPU seconds of all processes of wane that work on a folder, whoever started them: looked at while they run, because
// this Slurm keeps no accounts. What a process does after the last look is missed: a twentieth of a second.
class CpuTime {
 public:
  explicit CpuTime(std::string folder) : folder_(std::move(folder)) {}

  void look() {
    DIR* processes = opendir("/proc");
    while (const dirent* entry = readdir(processes))
      if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) look_at(entry->d_name);
    closedir(processes);
  }

  double seconds() const {
    double all = 0;
    for (const auto& [process, seconds] : seconds_of_) all += seconds;
    return all;
  }

 private:
  void look_at(const std::string& process) {
    const fs::path about = fs::path("/proc") / process;
    std::error_code gone;
    if (fs::read_symlink(about / "exe", gone).filename() != "wane") return;
    if (text_of(about / "cmdline").find(folder_) == std::string::npos) return;
    // After the name in parentheses: state is the first, user and system time are the 12th and 13th, start the 20th.
    const std::string stat = text_of(about / "stat");
    std::istringstream words(stat.substr(std::min(stat.rfind(')') + 2, stat.size())));
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() < 20) return;
    const double ticks = std::stod(fields[11]) + std::stod(fields[12]);
    seconds_of_[process + " " + fields[19]] = ticks / double(sysconf(_SC_CLK_TCK));
  }

  std::string folder_;
  std::map<std::string, double> seconds_of_;  // by process and when it started
};

class Campaign {
 public:
  Campaign(const fs::path& folder, int people)
      : people_(people), trial_(make_tiny_trial(folder, people)), out_(folder / "out"), cpu_(out_.string()) {}

  // Until everybody is measured or nothing helps. The first time, disturbed.
  void submit_until_done() {
    const auto began = Clock::now();
    std::size_t measured = 0;
    int submissions = 0;
    while (int(measured) < people_ && submissions < most_submissions) {
      submit();
      ++submissions;
      if (submissions == 1) disturb();
      if (!wait_until([&] { return queue_is_empty(); }, people_ * most_time_for_a_person))
        throw std::runtime_error("the campaign does not come to its end");
      measured = reports().size();
      std::cout << "Submission " << submissions << ": " << measured << " of " << people_ << " are measured"
                << std::endl;
      if (submissions == 1) require(int(measured) < people_, "somebody was lost by it, and is to be measured later");
    }
    const std::chrono::duration<double> took = Clock::now() - began;
    std::cout << submissions << " submissions took " << std::lround(took.count()) << " s on the clock and "
              << std::lround(cpu_.seconds()) << " CPU s" << std::endl;
  }

  void check() {
    const auto found = reports();
    require(int(found.size()) == people_, "everybody has a report");
    check_log(found);
    require(temporary_files_below(out_).empty(), "no temporary file is left");
    const Ended verified = run({"log", "verify", out_});
    require(verified.exit_code == 0, "the chain of the log is whole");
    check_group_report();
    check_again_alone();
  }

  bool all_hold() const { return all_hold_; }

 private:
  void require(bool holds, const std::string& what) {
    std::cout << (holds ? "holds: " : "DOES NOT HOLD: ") << what << std::endl;
    all_hold_ = all_hold_ && holds;
  }

  template <class F>
  bool wait_until(F&& is_so, std::chrono::seconds time) {
    for (const auto limit = Clock::now() + time; Clock::now() < limit; std::this_thread::sleep_for(50ms)) {
      cpu_.look();
      if (is_so()) return true;
    }
    return false;
  }

  std::set<std::string> reports() const {
    std::set<std::string> ids;
    for (const auto& entry : fs::directory_iterator(out_)) {
      const std::string id = entry.path().filename().string();
      if (id.starts_with("sub-") && fs::exists(entry.path() / (id + "_atrophy.json"))) ids.insert(id);
    }
    return ids;
  }

  // Tasks and jobs that wait or run: "12_3".
  static std::vector<std::string> queue(const std::vector<std::string>& which = {}) {
    std::vector<std::string> words{"squeue", "--noheader", "--array", "--format=%i"};
    words.insert(words.end(), which.begin(), which.end());
    std::vector<std::string> names = by_slurm(words);
    for (std::string& name : names) name.erase(name.find_last_not_of(' ') + 1);
    return names;
  }

  // Asked once a second, because each question is work for Slurm.
  bool queue_is_empty() { return ++looks_ % 20 == 0 && queue().empty(); }

  void submit() {
    std::vector<std::string> words = arguments_for("slurm", trial_, out_);
    const int tasks = (people_ + people_per_task - 1) / people_per_task;
    words.insert(words.end(), {"--most-tasks", std::to_string(tasks), "--submit"});
    const std::size_t measured = fs::exists(out_) ? reports().size() : 0;
    const Ended end = run(words);
    std::cout << end.out << end.err << std::flush;
    if (end.exit_code != 0) throw std::runtime_error("wane slurm ended with " + std::to_string(end.exit_code));
    const int missing = people_ - int(measured);
    const std::string planned =
        "\n" + std::to_string(missing) + (missing == 1 ? " participant is" : " participants are") + " to be measured";
    require(("\n" + end.out).find(planned) != std::string::npos, "as many are submitted as are missing");
  }

  // A process is killed that has just begun, then the running tasks and a waiting one are cancelled.
  void disturb() {
    std::set<std::string> seen;
    const auto one_is_killed = [&] {
      for (const auto& [id, lock] : participant_locks(out_)) {
        if (!lock.held || !seen.insert(id).second || int(reports().size()) < people_ / 6) continue;
        killed_ = id;
        return kill(pid_t(lock.holder.process), SIGKILL) == 0;
      }
      return false;
    };
    wait_until([&] { return one_is_killed() || queue_is_empty(); }, people_ * most_time_for_a_person);
    require(!killed_.empty(), "a process was killed in the middle: " + killed_);
    std::vector<std::string> tasks = queue({"--states=RUNNING"});
    const std::vector<std::string> waiting = queue({"--states=PENDING"});
    // The last of the array; the group job has no number of a task.
    const auto last = std::find_if(waiting.rbegin(), waiting.rend(),
                                   [](const std::string& name) { return name.find('_') != std::string::npos; });
    if (last != waiting.rend()) tasks.push_back(*last);
    for (const std::string& task : tasks) by_slurm({"scancel", task});
    require(tasks.size() > 1, std::to_string(tasks.size()) + " tasks were cancelled");
  }

  // By the log, each was measured once.
  void check_log(const std::set<std::string>& found) {
    std::map<std::string, int> times;
    int interrupted = 0;
    for (const std::string& line : lines_of(text_of(out_ / "logs" / "run.jsonl"))) {
      const Json entry = Json::parse(line, nullptr, false);
      if (!entry.is_object()) continue;
      if (entry.value("state", "") == "measured") ++times[entry["participant_id"].get<std::string>()];
      interrupted += entry.value("event", "") == "interrupted" ? 1 : 0;
    }
    const bool once = std::all_of(times.begin(), times.end(), [](const auto& each) { return each.second == 1; });
    require(int(times.size()) == people_ && once, "everybody was measured exactly once by the log");
    const bool same =
        std::all_of(times.begin(), times.end(), [&](const auto& each) { return found.contains(each.first); });
    require(same, "nobody who was measured is without a report");
    std::cout << "Runs that say in the log that they were interrupted: " << interrupted << std::endl;
  }

  void check_group_report() {
    const Json trial = Json::parse(text_of(out_ / "trial_atrophy.json"), nullptr, false);
    require(trial.is_object() && trial.value("left_out", Json()).is_array() && trial["left_out"].empty(),
            "the group's report leaves nobody out");
    require(trial.is_object() && int(trial.value("participants", Json::array()).size()) == people_,
            "the group's report has everybody");
    const auto before = hashes_below(out_);
    const Ended again = run(arguments_for("group", trial_, out_));
    require(again.exit_code == 0, "wane group runs again");
    const std::string other = difference(before, hashes_below(out_));
    require(other.empty(), "wane group run again gives the same bytes" + (other.empty() ? "" : ": " + other));
  }

  // The first, the last and the one whose process was killed, measured again elsewhere.
  void check_again_alone() {
    const auto found = reports();
    if (found.empty()) return;
    const fs::path elsewhere = out_.parent_path() / "again";
    const std::set<std::string> ids{*found.begin(), *found.rbegin(), killed_};
    std::vector<std::string> words = arguments_for("participant", trial_, elsewhere);
    words.emplace_back("--participant-label");
    words.insert(words.end(), ids.begin(), ids.end());
    run(words);
    for (const std::string& id : ids) {
      const bool there = fs::exists(elsewhere / id) && fs::exists(out_ / id);
      require(there && difference(hashes_below(elsewhere / id), hashes_below(out_ / id)).empty(),
              id + " measured elsewhere has the same bytes");
    }
  }

  int people_, looks_ = 0;
  TinyTrial trial_;
  fs::path out_;
  CpuTime cpu_;
  std::string killed_;
  bool all_hold_ = true;
};

int campaign(const fs::path& folder, int people) {
  const auto began = Clock::now();
  Campaign made(folder, people);
  std::cout << "The dataset of " << people << " people took "
            << std::lround(std::chrono::duration<double>(Clock::now() - began).count()) << " s" << std::endl;
  made.submit_until_done();
  made.check();
  return made.all_hold() ? 0 : 1;
}

}  // namespace
}  // namespace wane::faults

int main(int argc, char** argv) {
  const int people = argc > 1 ? std::atoi(argv[1]) : 0;
  if (people < 12 || argc > 3 || std::getenv("SLURM_CONF") == nullptr) {
    std::cerr << "Usage: tests/slurm/with-slurm build/bin/wane_slurm_campaign PEOPLE [FOLDER]    12 people at least"
              << std::endl;
    return 2;
  }
  try {
    if (argc > 2) return wane::faults::campaign(std::filesystem::absolute(argv[2]), people);
    const wane::broken::ScratchFolder scratch;
    return wane::faults::campaign(scratch.path(), people);
  } catch (const std::exception& error) {
    std::cerr << "The campaign failed: " << error.what() << std::endl;
    return 1;
  }
}
