#include "pipeline/run/earlier_stages.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha256.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/json_values.h"
#include "pipeline/run/work_folder.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* origin_name = "made_by.json";

Json origin_json(const std::string& stage, const StageOrigin& origin, const RunOptions& options,
                 const std::string& scan_sha256) {
  return {{"version", origin.version},
          {"options", options_json(options).at(stage)},
          {"template_sha256", origin.template_sha256},
          {"scan_sha256", scan_sha256}};
}

bool is_made_so(const fs::path& stage_folder, const std::string& stage, const StageOrigin& origin,
                const RunOptions& options, const std::string& scan_sha256) {
  return json_in_file(stage_folder / origin_name) == origin_json(stage, origin, options, scan_sha256);
}

}  // namespace

std::vector<std::string> template_hashes(const fs::path& template_folder) {
  std::vector<std::string> hashes;
  for (const auto& name : template_file_names()) hashes.push_back(sha256_of_file(template_folder / name));
  return hashes;
}

void save_with_origin(const fs::path& stage_folder, const std::string& stage, const StageOrigin& origin,
                      const RunOptions& options, const std::string& scan_sha256, const std::function<void()>& save) {
  // First, so that a kill in between leaves results of which nobody knows what they were made by.
  std::error_code error;
  fs::remove(stage_folder / origin_name, error);
  save();
  write_text_atomically(stage_folder / origin_name, json_text(origin_json(stage, origin, options, scan_sha256)));
}

std::optional<EarlierStages> take_up_stages(const fs::path& work, const std::vector<VisitToTakeUp>& visits,
                                            const StageOrigin& origin, const RunOptions& options) {
  std::vector<std::string> sessions;
  for (const VisitToTakeUp& visit : visits) {
    sessions.push_back(visit.session);
    if (visit.session.empty() ||
        !is_made_so(work / "conform" / visit.session, "conform", origin, options, visit.scan_sha256))
      return std::nullopt;
  }
  for (const char* stage : {"align", "extract", "segment"})
    if (!is_made_so(work / stage, stage, origin, options, "")) return std::nullopt;
  try {
    if (aligned_visits(work) != sessions) return std::nullopt;
    EarlierStages stages;
    for (const std::string& session : sessions) stages.conformed.push_back(load_conformed(work, session));
    stages.aligned = load_aligned(work);
    stages.extracted = load_extracted(work);
    stages.tissues = load_segmented(work);
    return stages;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace wane
