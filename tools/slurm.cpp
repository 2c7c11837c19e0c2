// wane slurm, jobs: who is still to be measured, as a job array of Slurm and its group job, or as a list of commands.
#include "pipeline/campaign/slurm.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel.h"
#include "pipeline/campaign/campaign_folder.h"
#include "pipeline/campaign/plan.h"
#include "pipeline/campaign/scripts.h"
#include "pipeline/dataset/shell_words.h"
#include "pipeline/report/json_values.h"
#include "pipeline/run/memory.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/report_trial.h"
#include "pipeline/run/trial.h"
#include "tools/commands.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// Slurm's own default of MaxArraySize, 1001, less the index 0.
constexpr std::size_t usual_array_tasks = 1000;
constexpr double seconds_an_hour = 3600;

struct CampaignCommand {
  explicit CampaignCommand(CLI::App& app)
      : line(app, {"dataset", "conform", "align", "extract", "segment", "measure", "quality", "output", "group"}) {}
  CommandLine line;
  fs::path bids, out;
  std::vector<std::string> labels;
  ScanSelection scans;
  fs::path blind_key;
  bool no_pages = false;
  bool everybody = false;
  JobRequest request;
  std::string memory;
  std::size_t most_tasks = 0;  // 0: as many as Slurm takes
  bool submit = false;
  bool json = false;
};

std::shared_ptr<CampaignCommand> add_campaign(CLI::App& app) {
  auto command = std::make_shared<CampaignCommand>(app);
  app.add_option("BIDS", command->bids, "Folder of the raw scans")->required()->type_name("DIR");
  app.add_option("OUT", command->out, "Folder for reports and images, on a file system that all nodes share")
      ->required()
      ->type_name("DIR");
  app.add_option("--participant-label,--participant_label", command->labels, "Only these participants: 01 02")
      ->type_name("LABEL");
  add_scan_options(app, command->scans);
  app.add_flag("--everybody", command->everybody,
               "Plan also those whose reports look up to date; the tasks compare the scans themselves and measure only "
               "what has changed");
  app.add_option("--cpus", command->request.cpus, "Processors of a task; one is quickest for all together")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--mem", command->memory,
                 "Memory of a task, as Slurm writes it: 4G (default: as estimated from the scans)")
      ->type_name("SIZE");
  app.add_option("--blind", command->blind_key, "Key file: the group job hides doses and dose groups, see wane run")
      ->type_name("FILE");
  app.add_flag("--no-pages", command->no_pages, "The group job leaves out the pages");
  return command;
}

RunOptions options_of(const CampaignCommand& command) {
  return with_scans(command.line.options(), command.scans);
}

TrialRequest request_of(const CampaignCommand& command, const Dataset& dataset) {
  TrialRequest request;
  request.out = command.out;
  request.options = options_of(command);
  request.template_folder = command.line.template_folder();
  request.error_model = command.line.error_model();
  request.threads = command.line.threads();
  request.program_version = program_version();
  request.decisions = read_quality_decisions(dataset, request.options.group.decisions);
  return request;
}

ParticipantWork work_of(const DatasetParticipant& participant, const RunOptions& options) {
  std::vector<Grid> scans;
  for (const DatasetVisit& visit : participant.visits) scans.push_back(declared_grid(visit.t1w));
  return {participant.participant_id, estimated_bytes(scans, options), estimated_cpu_seconds(scans, options)};
}

// What the user asked for, where he did.
JobRequest asked_by(const CampaignCommand& command) {
  JobRequest asked = command.request;
  if (!command.memory.empty()) asked.memory_bytes = slurm_memory_bytes(command.memory, "--mem");
  return asked;
}

struct PlannedCampaign {
  Dataset dataset;
  std::vector<std::size_t> due;  // places in the dataset
  std::vector<ParticipantWork> work;
  CampaignPlan plan;

  std::size_t up_to_date() const { return dataset.participants.size() - due.size(); }
};

PlannedCampaign planned(const CampaignCommand& command, std::size_t most_tasks) {
  PlannedCampaign campaign;
  campaign.dataset = read_dataset(command.bids, options_of(command).dataset, command.labels);
  const TrialRequest request = request_of(command, campaign.dataset);
  const auto& participants = campaign.dataset.participants;
  campaign.due = participants_due(campaign.dataset, request);
  if (command.everybody) {
    campaign.due.clear();
    for (std::size_t n = 0; n < participants.size(); ++n) campaign.due.push_back(n);
  }
  campaign.work.resize(campaign.due.size());
  constexpr std::size_t block = 16;  // participants whose headers a thread reads at once
  parallel_for(
      campaign.due.size(),
      [&](std::size_t n) { campaign.work[n] = work_of(participants[campaign.due[n]], request.options); }, block);
  CampaignLimits limits{most_tasks, command.request.cpus, std::nullopt};
  if (const std::uint64_t asked = asked_by(command).memory_bytes; asked > 0) limits.memory_bytes = asked;
  campaign.plan = plan_campaign(campaign.work, limits);
  return campaign;
}

void warn(const std::string& sentence) {
  std::cerr << "wane: warning: " << one_line(sentence) << '\n';
}

void warn_of(const PlannedCampaign& campaign) {
  for (const std::string& warning : campaign.dataset.warnings) warn(warning);
  for (const LeftOut& absent : campaign.dataset.left_out) warn(absent.participant_id + ": " + absent.reason);
  if (campaign.plan.too_large.empty()) return;
  const ParticipantWork& first = campaign.work[campaign.plan.too_large.front()];
  warn(std::to_string(campaign.plan.too_large.size()) +
       (campaign.plan.too_large.size() == 1 ? " participant needs" : " participants need") +
       " more memory than --mem allows and will fail (" + first.participant_id + " needs about " +
       std::to_string(first.memory_bytes / 1'000'000) + " MB): allow more.");
}

// Everything that the tasks read lies in `folder`, so that they all do the same, whatever becomes of the user's own
// configuration meanwhile.
WaneCall call_of(const CampaignCommand& command, const fs::path& folder) {
  write_text_atomically(folder / "options.json", json_text(options_json(options_of(command))));
  std::error_code error;
  WaneCall call;
  call.program = fs::read_symlink("/proc/self/exe", error);
  call.bids = fs::absolute(command.bids);
  call.out = fs::absolute(command.out);
  call.folder = fs::current_path();
  call.shared_options = {"--config", fs::absolute(folder / "options.json").string()};
  call.participant_options = {"--template", fs::absolute(command.line.template_folder()).string(), "--error-model",
                              fs::absolute(command.line.error_model()).string()};
  if (!command.blind_key.empty()) call.group_options = {"--blind", fs::absolute(command.blind_key).string()};
  if (command.no_pages) call.group_options.emplace_back("--no-pages");
  return call;
}

CampaignRecord record_of(const CampaignCommand& command, const PlannedCampaign& campaign) {
  CampaignRecord record;
  record.dataset = fs::absolute(command.bids).string();
  record.participants = campaign.due.size();
  record.up_to_date = campaign.up_to_date();
  record.tasks = campaign.plan.tasks.size();
  record.cpu_seconds = campaign.plan.cpu_seconds;
  if (!command.labels.empty())
    for (const DatasetParticipant& participant : campaign.dataset.participants)
      record.asked.push_back(participant.participant_id);
  return record;
}

std::string hours(double seconds) {
  const double tenths = std::max(1.0, std::ceil(10 * seconds / seconds_an_hour));
  return std::to_string(static_cast<long>(tenths) / 10) + "." + std::to_string(static_cast<long>(tenths) % 10);
}

std::string count_of(std::size_t count, const std::string& one, const std::string& several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

std::string megabytes(std::uint64_t bytes) {
  return std::to_string((bytes + 999'999) / 1'000'000) + " MB";
}

// What the user should know before anything is started.
std::string summary_of(const PlannedCampaign& campaign, const JobRequest& request) {
  const std::size_t kept = campaign.up_to_date();
  std::string text = count_of(campaign.due.size(), "participant is", "participants are") + " to be measured";
  if (kept > 0) text += ", " + std::to_string(kept) + " are up to date";
  if (campaign.due.empty()) return text + ".\n";
  return text + ": " + count_of(campaign.plan.tasks.size(), "task", "tasks") + " of " +
         count_of(static_cast<std::size_t>(request.cpus), "processor", "processors") + " and " +
         megabytes(campaign.plan.memory_bytes) + " each, about " + hours(campaign.plan.cpu_seconds) +
         " processor hours in all.\n";
}

void require_not_in_queue(const fs::path& out) {
  const auto earlier = latest_submitted_campaign(out);
  if (!earlier) return;
  for (const std::string& job : {earlier->record.array_job, earlier->record.group_job})
    if (!job.empty() && is_in_queue(job))
      throw UsageError("Job " + job + " of " + earlier->folder.filename().string() + " still waits or runs for " +
                       out.string() + ": wait for its end (squeue, wane status), or end it with scancel " + job + ".");
}

// After planning, which looks at the reports as they are; before anything can start, so that no task writes a dose. The
// whole dataset is blinded, whoever was asked for.
void blind_as_asked(const CampaignCommand& command) {
  if (command.blind_key.empty()) return;
  make_output_folder(command.out, program_version());
  const OutputLock reports = lock_reports(command.out);
  require_links_of_trial_inside(command.out);
  TrialEvents events;
  events.warn = warn;
  TrialRequest request;
  request.out = command.out;
  request.options = options_of(command);
  request.blind_key = command.blind_key;
  blinded_with_results(read_dataset(command.bids, request.options.dataset), request, events);
}

void slurm(const CampaignCommand& given) {
  given.line.start();
  require_own_folder(given.bids, given.out);
  require_plain(given.request);
  require_output_folder(given.out);
  if (given.submit) require_not_in_queue(given.out);
  TrialRequest reports;
  reports.out = given.out;
  reports.blind_key = given.blind_key;
  require_blinding_as_before(reports);
  const JobRequest asked = asked_by(given);
  const std::size_t most = most_array_tasks().value_or(usual_array_tasks);
  const std::size_t most_tasks = given.most_tasks == 0 ? most : std::min(given.most_tasks, most);
  const PlannedCampaign campaign = planned(given, most_tasks);
  warn_of(campaign);
  JobRequest request = given.request;
  request.memory_bytes = campaign.plan.memory_bytes;
  if (request.time.empty())
    request.time = slurm_time(campaign.plan.seconds);
  else if (static_cast<double>(slurm_time_seconds(request.time, "--time")) < campaign.plan.longest_seconds)
    std::cerr
        << "wane: warning: the longest task takes about " << hours(campaign.plan.longest_seconds)
        << " hours, which is more than --time: tasks that Slurm ends go on when the same command is given again.\n";
  std::cout << summary_of(campaign, request);
  if (campaign.due.empty()) {
    std::vector<std::string> words = {"wane", "group", given.bids.string(), given.out.string()};
    if (!given.blind_key.empty()) words.insert(words.end(), {"--blind", given.blind_key.string()});
    std::cout << "The reports: " << shell_command(words) << '\n';
    return;
  }

  make_output_folder(given.out, program_version());
  blind_as_asked(given);
  const fs::path folder = make_campaign_folder(given.out);
  const WaneCall call = call_of(given, folder);
  const fs::path table = folder / "tasks.tsv";
  write_text_atomically(table, task_table(campaign.plan, campaign.work));
  write_text_atomically(folder / "participants.sh",
                        array_script(call, request, campaign.plan.tasks.size(), fs::absolute(table)));
  write_text_atomically(folder / "group.sh", group_script(call, asked));
  CampaignRecord record = record_of(given, campaign);
  write_campaign_record(folder, record);
  if (!given.submit) {
    std::cout << "The job array and its group job are in " << folder.string()
              << ". To submit them, give the same command with --submit.\n";
    return;
  }
  const SubmittedJobs jobs = submit(folder, "participants.sh", "group.sh");
  record.array_job = jobs.array;
  record.group_job = jobs.group;
  write_campaign_record(folder, record);
  std::cout << "Submitted as job array " << jobs.array << ", and job " << jobs.group << " for the reports after it ("
            << folder.string() << ").\nHow far it is: " << shell_command({"wane", "status", given.out.string()})
            << "\nWhen it has ended, the same command submits only what failed or is missing.\n";
}

// For workflow managers.
Json plan_json(const PlannedCampaign& campaign, const WaneCall& call) {
  Json participants = Json::array();
  for (std::size_t n = 0; n < campaign.due.size(); ++n) {
    const DatasetParticipant& participant = campaign.dataset.participants[campaign.due[n]];
    Json visits = Json::array();
    for (const DatasetVisit& visit : participant.visits)
      visits.push_back({{"session", visit.session}, {"scan", fs::absolute(visit.t1w).string()}});
    participants.push_back({{"participant_id", participant.participant_id},
                            {"visits", visits},
                            {"memory_mb", campaign.work[n].memory_bytes / 1'000'000},
                            {"cpu_seconds", campaign.work[n].cpu_seconds}});
  }
  return {{"program", call.program.string()},
          {"dataset", call.bids.string()},
          {"out", call.out.string()},
          {"options", call.shared_options},
          {"participant_options", call.participant_options},
          {"group_options", call.group_options},
          {"up_to_date", campaign.up_to_date()},
          {"participants", participants}};
}

void jobs(const CampaignCommand& command) {
  command.line.start();
  require_own_folder(command.bids, command.out);
  require_output_folder(command.out);
  const PlannedCampaign campaign = planned(command, std::max<std::size_t>(1, command.most_tasks));
  warn_of(campaign);
  std::cerr << summary_of(campaign, command.request);
  make_output_folder(command.out, program_version());
  blind_as_asked(command);
  const fs::path folder = make_campaign_folder(command.out);
  const WaneCall call = call_of(command, folder);
  write_campaign_record(folder, record_of(command, campaign));
  if (command.json) {
    std::cout << json_text(plan_json(campaign, call));
    return;
  }
  std::cout << command_list(call, campaign.plan, campaign.work, command.request.cpus);
  std::cerr << "When all have ended: " << group_command(call);
}

}  // namespace

void add_slurm_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "slurm", "Write, and with --submit submit, a Slurm job array that measures, and a job for the reports after it");
  const auto command = add_campaign(*app);
  app->add_flag("--submit", command->submit, "Submit both with sbatch");
  app->add_option("--partition", command->request.partition, "Slurm's partition (default: the cluster's)");
  app->add_option("--account", command->request.account, "Slurm's account");
  app->add_option("--qos", command->request.qos, "Slurm's quality of service");
  app->add_option("--time", command->request.time,
                  "Time limit of a task, as Slurm writes it: 1:30:00 (default: three times what is estimated)");
  app->add_option("--sbatch", command->request.more,
                  "A further option of sbatch, once for each: --sbatch=--constraint=haswell")
      ->take_all();
  app->add_option("--most-tasks", command->most_tasks,
                  "Most tasks of the array (default: Slurm's MaxArraySize); with fewer tasks than participants, each "
                  "measures several")
      ->check(CLI::Range(std::size_t(1), std::size_t(10'000'000)));
  app->footer(
      "Example: wane slurm trial/ results/ --partition short --submit\n"
      "Only those are submitted who failed or are missing: after failures, time limits or new scans, give the same "
      "command again.");
  app->callback([command] { slurm(*command); });
}

void add_jobs_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "jobs",
      "Print one command for each participant who is still to be measured, for GNU parallel and other schedulers");
  const auto command = add_campaign(*app);
  command->most_tasks = 10'000'000;
  app->add_flag("--json", command->json, "Print participants, visits, memory and time as JSON, for workflow managers");
  app->footer(
      "Example: wane jobs trial/ results/ | parallel --jobs 8; wane group trial/ results/\n"
      "Only those are listed who failed or are missing.");
  app->callback([command] { jobs(*command); });
}

}  // namespace wane
