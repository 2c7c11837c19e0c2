#include "tools/error_fit.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha256.h"
#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/run/run_log.h"
#include "pipeline/validation/accuracy.h"
#include "pipeline/validation/error_fit.h"
#include "pipeline/validation/markdown_table.h"
#include "pipeline/validation/truth_comparison.h"
#include "tools/version.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct PlantedChanges {
  std::vector<FitChange> changes;
  std::map<std::string, std::string> heads;  // SHA-256 -> file name
  ordered_json ladders = ordered_json::array();
};

// As it was before it was made an estimate: divided by what the shift recovers.
TissueValues shift_before_correction(const TissueValues& percent, const ErrorModel& model) {
  return {percent.brain * model.shift_recovers.brain, percent.gray_matter * model.shift_recovers.gray_matter,
          percent.white_matter * model.shift_recovers.white_matter};
}

void require_usable(const ComparedParticipant& participant, const fs::path& ladder, const std::string& model_sha256) {
  if (participant.head.sha256.empty())
    throw InputError("The truth of " + participant.participant_id + " in " + ladder.string() +
                     " does not say which head its change was planted in: make the ladder with wane validate.");
  if (participant.error_model_sha256 == model_sha256) return;
  throw InputError("The report of " + participant.participant_id + " in " + ladder.string() +
                   (participant.error_model_sha256.empty() ? " was made by an older build of Wane"
                                                           : " was made with another error model than this command's") +
                   ": run wane validate --work " + ladder.string() +
                   " again, or name the error model that it was made with by --error-model.");
}

bool is_whole(const ComparedChange& change) {
  return std::all_of(tissues.begin(), tissues.end(),
                     [&](const Tissue& tissue) {
                       return std::isfinite(change.planted.*tissue.value) &&
                              std::isfinite(change.measured.*tissue.value) &&
                              std::isfinite(change.errors->residual_percent.*tissue.value);
                     }) &&
         std::isfinite(change.errors->calibration_percent) && change.errors->voxel_mm3 > 0;
}

// How a ladder was made, as its own report tells: with this, its command can be given again.
ordered_json ladder_json(const fs::path& ladder) {
  const ordered_json report = json_in_file(ladder / "validation.json");
  if (!report.is_object() || !report.contains("options") || !report["options"].contains("ladder"))
    throw InputError("There is no report of a ladder in " + ladder.string() + ": run wane validate --work " +
                     ladder.string() + " again to finish it.");
  ordered_json heads = ordered_json::array();
  for (const auto& head : report["heads"]) heads.push_back(fs::path(text_member(head, "head")).filename().string());
  return {{"folder", ladder.lexically_normal().filename().string()},
          {"options", report["options"]["ladder"]},
          {"heads", heads},
          {"measured_with", text_member(report, "version")}};
}

void add_ladder(PlantedChanges& planted, const fs::path& ladder, const ErrorModel& model,
                const std::string& model_sha256) {
  const TruthComparison comparison = compare_with_truth(ladder / "out", ladder / "dataset/truth");
  if (!comparison.missing.empty())
    throw InputError("The ladder in " + ladder.string() + " is not finished (" + comparison.missing.front() +
                     "): run wane validate --work " + ladder.string() + " again to continue it.");
  planted.ladders.push_back(ladder_json(ladder));
  for (const ComparedParticipant& participant : comparison.participants) {
    require_usable(participant, ladder, model_sha256);
    planted.heads[participant.head.sha256] = participant.head.path;
    for (const ComparedChange& change : participant.changes) {
      if (!change.errors || !is_whole(change))
        throw InputError("The report of " + participant.participant_id + " in " + ladder.string() +
                         " lacks a percent or an error of a change: run wane validate --work " + ladder.string() +
                         " again.");
      FitChange fit{participant.head.sha256, change.planted, change.measured, *change.errors, std::nullopt};
      if (change.boundary_shift_percent)
        fit.shift_percent = shift_before_correction(*change.boundary_shift_percent, model);
      planted.changes.push_back(std::move(fit));
    }
  }
}

// One row of each voxel volume, and one of all.
std::string held_out_table(const std::vector<FitChange>& changes, const std::vector<TissueValues>& errors,
                           const Tissue& tissue) {
  std::map<double, std::vector<PlantedAndMeasured>> by_voxel;
  std::vector<PlantedAndMeasured> all;
  for (std::size_t n = 0; n < changes.size(); ++n) {
    const PlantedAndMeasured value{changes[n].planted.*tissue.value, changes[n].measured.*tissue.value,
                                   errors[n].*tissue.value};
    by_voxel[std::round(changes[n].errors.voxel_mm3 * 10) / 10].push_back(value);
    all.push_back(value);
  }
  std::vector<std::vector<std::string>> rows = {
      {std::string(tissue.words) + ", coarsest voxel", "n", "MAE", "mean standard error", "95 % interval holds"}};
  const auto add = [&](const std::string& name, const std::vector<PlantedAndMeasured>& values) {
    const Accuracy figures = accuracy(values);
    double sum = 0;
    for (const PlantedAndMeasured& value : values) sum += value.standard_error.value_or(0);
    rows.push_back({name, std::to_string(figures.n), fixed(figures.mean_absolute_error, "%.3f"),
                    fixed(sum / static_cast<double>(figures.n), "%.3f"),
                    fixed(figures.coverage_95_percent.value_or(0), "%.1f %%")});
  };
  for (const auto& [voxel_mm3, values] : by_voxel) add(fixed(voxel_mm3, "%.1f mm3"), values);
  add("all", all);
  return markdown_table(rows);
}

ordered_json fit_json(const PlantedChanges& planted) {
  ordered_json heads = ordered_json::array();
  for (const auto& [sha256, file] : planted.heads) heads.push_back({{"file", file}, {"sha256", sha256}});
  return {{"command", given_command_line()},
          {"version", program_version()},
          {"date", utc_now().substr(0, 10)},
          {"changes", planted.changes.size()},
          {"heads", heads},
          {"ladders", planted.ladders}};
}

}  // namespace

int run_error_fit(const ErrorFitCommand& command) {
  const ErrorModel before = read_error_model(command.line.error_model());
  const std::string model_sha256 = sha256_of_file(command.line.error_model());
  PlantedChanges planted;
  for (const fs::path& ladder : command.ladders) add_ladder(planted, ladder, before, model_sha256);
  const ErrorModel model = fit_error_model(planted.changes, before);
  std::cout << "Measured minus planted change, percent, of " << planted.changes.size() << " changes in "
            << planted.heads.size()
            << " heads. The standard errors of each head are by a model that was fitted to the other heads.\n\n";
  if (planted.heads.size() > 3) {
    const std::vector<TissueValues> errors = held_out_standard_errors(planted.changes, before);
    for (const Tissue& tissue : tissues) std::cout << held_out_table(planted.changes, errors, tissue) << '\n';
  }
  write_text_atomically(command.model, error_model_json_text(model, fit_json(planted)));
  std::cout << "The model fitted to all heads: " << command.model.string()
            << "\nUse it with --error-model, or put it in place of pipeline/measurement/error_model.json.\n";
  return 0;
}

}  // namespace wane
