// What a campaign leaves in OUT/logs/campaign-0001/, campaign-0002/, ...: the options it was planned with, the tables
// and scripts of its jobs, and what they print. A new plan gets a folder of its own: tasks that still run keep theirs.
//   campaign.json    what was planned, and the jobs it became
//   options.json     every option with its value: a configuration for --config
//   tasks.tsv        one line a task: its participants
//   participants.sh  the job array    group.sh  the job after it    task-1.log, ..., group.log  what they print
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wane {

struct CampaignRecord {
  std::string dataset;           // its folder
  std::size_t participants = 0;  // that were planned
  std::size_t up_to_date = 0;    // that were not, because nothing is to be done
  std::size_t tasks = 0;
  double cpu_seconds = 0;               // estimated, of all
  std::string array_job, group_job;     // of Slurm; empty: not submitted
  std::vector<std::string> asked = {};  // the participants that --participant-label named; empty: everybody
};

// The next number that is free, also where several plan at once. After make_output_folder. Throws ResourceError.
std::filesystem::path make_campaign_folder(const std::filesystem::path& out);

void write_campaign_record(const std::filesystem::path& campaign, const CampaignRecord& record);

struct LatestCampaign {
  std::filesystem::path folder;
  CampaignRecord record;
};
// Empty where there is none that can be read.
std::optional<LatestCampaign> latest_campaign(const std::filesystem::path& out);
// ... that was submitted to Slurm.
std::optional<LatestCampaign> latest_submitted_campaign(const std::filesystem::path& out);

}  // namespace wane
