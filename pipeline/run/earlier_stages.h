// What `wane conform`, `align`, `extract` and `segment` left in a work folder (pipeline/run/work_folder.h), taken up by
// `wane participant --stages`: a workflow runs the stages one by one, and the last job measures and writes the report.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/run/options.h"
#include "pipeline/run/process.h"

namespace wane {

// What the results of a stage follow from, besides those of the stages before it. The same text: the same results.
struct StageOrigin {
  std::string version;                       // of the program
  std::vector<std::string> template_sha256;  // of the template's files, in their order
};
std::vector<std::string> template_hashes(const std::filesystem::path& template_folder);

// Written beside a stage's results, after them: `save` writes these. `stage`: "align"; `scan_sha256`: of the scan that
// was conformed, else empty. Throws ResourceError.
void save_with_origin(const std::filesystem::path& stage_folder, const std::string& stage, const StageOrigin& origin,
                      const RunOptions& options, const std::string& scan_sha256, const std::function<void()>& save);

// A visit as the participant has it.
struct VisitToTakeUp {
  std::string session;  // the name that `wane conform --visit` was given
  std::string scan_sha256;
};

// The stages' results of these visits, in this order; empty where a stage is missing, is not whole, or was made from
// other scans, with other options, another template or by another version.
std::optional<EarlierStages> take_up_stages(const std::filesystem::path& work, const std::vector<VisitToTakeUp>& visits,
                                            const StageOrigin& origin, const RunOptions& options);

}  // namespace wane
