#include "pipeline/campaign/campaign_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/natural_order.h"
#include "base/output_folder.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"
#include "pipeline/run/log_before_blinding.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* record_name = "campaign.json";
constexpr std::size_t digits_of_number = 4;
constexpr std::size_t most_campaigns = 1'000'000;

std::string name_of(std::size_t number) {
  const std::string digits = std::to_string(number);
  return campaign_folder_start + std::string(digits_of_number - std::min(digits.size(), digits_of_number), '0') +
         digits;
}

std::size_t count_in(const Json& json, const char* member) {
  return json.contains(member) && json[member].is_number_unsigned() ? json[member].get<std::size_t>() : 0;
}

std::optional<CampaignRecord> record_in(const fs::path& campaign) {
  const Json json = json_in_file(campaign / record_name);
  if (!json.is_object()) return std::nullopt;
  CampaignRecord record;
  record.dataset = text_member(json, "dataset");
  record.participants = count_in(json, "participants");
  record.up_to_date = count_in(json, "up_to_date");
  record.tasks = count_in(json, "tasks");
  if (json.contains("cpu_seconds") && json["cpu_seconds"].is_number())
    record.cpu_seconds = json["cpu_seconds"].get<double>();
  if (json.contains("asked") && json["asked"].is_array())
    for (const Json& id : json["asked"])
      if (id.is_string()) record.asked.push_back(id.get<std::string>());
  record.array_job = text_member(json, "array_job");
  record.group_job = text_member(json, "group_job");
  return record;
}

// The latest first.
std::vector<fs::path> campaign_folders(const fs::path& out) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(out / "logs", error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with(campaign_folder_start)) folders.push_back(it->path());
  std::sort(folders.begin(), folders.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(b.filename().string(), a.filename().string());
  });
  return folders;
}

template <class Wanted>
std::optional<LatestCampaign> latest_of(const fs::path& out, Wanted wanted) {
  for (const fs::path& folder : campaign_folders(out))
    if (const auto record = record_in(folder); record && wanted(*record)) return LatestCampaign{folder, *record};
  return std::nullopt;
}

}  // namespace

fs::path make_campaign_folder(const fs::path& out) {
  make_folders_inside(out, out / "logs");
  std::error_code error;
  for (std::size_t number = 1; number < most_campaigns; ++number) {
    const fs::path folder = out / "logs" / name_of(number);
    if (fs::create_directory(folder, error)) return folder;
    if (error && error != std::errc::file_exists) break;
  }
  throw ResourceError("No folder for the campaign can be made in " + (out / "logs").string() + ": " + error.message() +
                      "; check its permissions and the disk.");
}

void write_campaign_record(const fs::path& campaign, const CampaignRecord& record) {
  write_text_atomically(campaign / record_name, json_text({{"dataset", record.dataset},
                                                           {"participants", record.participants},
                                                           {"up_to_date", record.up_to_date},
                                                           {"tasks", record.tasks},
                                                           {"cpu_seconds", record.cpu_seconds},
                                                           {"asked", record.asked},
                                                           {"array_job", record.array_job},
                                                           {"group_job", record.group_job}}));
}

std::optional<LatestCampaign> latest_campaign(const fs::path& out) {
  return latest_of(out, [](const CampaignRecord&) { return true; });
}

std::optional<LatestCampaign> latest_submitted_campaign(const fs::path& out) {
  return latest_of(out, [](const CampaignRecord& record) { return !record.array_job.empty(); });
}

}  // namespace wane
