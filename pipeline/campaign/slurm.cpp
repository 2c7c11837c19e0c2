#include "pipeline/campaign/slurm.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "base/error.h"
#include "base/outside_program.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr const char* package = "slurm-client";

// "12;cluster" of --parsable.
std::string job_of(const std::string& printed) {
  const std::string job = printed.substr(0, printed.find_first_of(";\n"));
  const bool digits =
      !job.empty() && std::all_of(job.begin(), job.end(), [](unsigned char c) { return std::isdigit(c); });
  return digits ? job : "";
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::string submitted(const std::vector<std::string>& words, const fs::path& folder) {
  const ProgramEnd end = run_outside_program(words, {folder}, package);
  const std::string job = job_of(end.out);
  if (end.exit_code == 0 && !job.empty()) return job;
  throw ResourceError("Slurm did not take the job: " + (end.err.empty() ? "it gave no reason" : last_line(end.err)) +
                      "; change the options of wane slurm, or ask who runs the cluster.");
}

}  // namespace

std::optional<std::size_t> most_array_tasks(const std::string& scontrol_config) {
  std::istringstream lines(scontrol_config);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, equals;
    std::size_t size = 0;
    // Indices end below MaxArraySize, and ours begin with 1.
    if (words >> key >> equals >> size && key == "MaxArraySize" && equals == "=" && size > 1) return size - 1;
  }
  return std::nullopt;
}

std::optional<std::size_t> most_array_tasks() {
  try {
    return most_array_tasks(run_outside_program({"scontrol", "show", "config"}, {}, package).out);
  } catch (const ResourceError&) {
    return std::nullopt;
  }
}

bool is_in_queue(const std::string& job) {
  const ProgramEnd end = run_outside_program({"squeue", "--noheader", "--jobs=" + job, "--format=%i"}, {}, package);
  if (end.exit_code == 0) return end.out.find_first_not_of(" \n") != std::string::npos;
  if (end.err.find("Invalid job id") != std::string::npos) return false;  // Slurm has forgotten it
  throw ResourceError("Slurm does not answer whether job " + job + " is still there: " + last_line(end.err) +
                      "; try again later.");
}

SubmittedJobs submit(const fs::path& folder, const std::string& array_script, const std::string& group_script) {
  SubmittedJobs jobs;
  jobs.array = submitted({"sbatch", "--parsable", array_script}, folder);
  try {
    jobs.group = submitted({"sbatch", "--parsable", "--dependency=afterany:" + jobs.array, group_script}, folder);
  } catch (const ResourceError&) {
    run_outside_program({"scancel", jobs.array}, {folder}, package);
    throw;
  }
  return jobs;
}

}  // namespace wane
