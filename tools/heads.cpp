#include "tools/heads.h"

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/error_context.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/json_values.h"
#include "pipeline/run/process.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

ordered_json file_json(const fs::path& file) {
  return {{"file", file.filename().string()}, {"sha256", sha256_of_file(file)}};
}

// What a brain that Wane extracts depends on, beside the head and the version.
ordered_json extraction_json(const CommandLine& line) {
  const ordered_json all = options_json(line.options());
  ordered_json json;
  for (const char* stage : {"conform", "align", "extract"}) json[stage] = all.at(stage);
  json["template"] = ordered_json::array();
  const fs::path folder = line.template_folder();
  for (const auto& name : template_file_names()) json["template"].push_back(sha256_of_file(folder / name));
  return {{"extracted_with", json}};
}

}  // namespace

HeadFiles sample_head() {
  for (const fs::path folder : {WANE_SAMPLE_HEAD_FOLDER, "/usr/share/mricron/templates"})
    if (fs::exists(folder / "ch2.nii.gz") && fs::exists(folder / "ch2bet.nii.gz"))
      return {folder / "ch2.nii.gz", folder / "ch2bet.nii.gz"};
  throw InputError(std::string("The sample head (ch2.nii.gz, ch2bet.nii.gz) is not in ") + WANE_SAMPLE_HEAD_FOLDER +
                   ": install Debian's package mricron-data, or name heads of your own with --head.");
}

SourceHead read_head(const HeadFiles& files, const CommandLine& line, const fs::path& extracted) {
  const Volume head = read_nifti(files.head).volume;
  if (!files.brain.empty())
    return naming_in_errors(files.head.string(), [&] { return source_head(head, read_nifti_mask(files.brain)); });
  const HeadTemplate head_template = read_template(line.template_folder());
  const Mask brain = naming_in_errors(files.head.string(), [&] {
    return extracted_brain({files.head.string(), head, "the head"}, head_template, line.options());
  });
  make_folders(extracted.parent_path());
  write_nifti(extracted, brain);
  return naming_in_errors(files.head.string(), [&] { return source_head(head, brain); });
}

std::string source_json(const HeadFiles& files, const CommandLine& line) {
  const ordered_json brain = files.brain.empty() ? extraction_json(line) : file_json(files.brain);
  return json_line({{"version", program_version()}, {"head", file_json(files.head)}, {"brain", brain}});
}

std::string head_name(std::size_t head) {
  return (head < 9 ? "0" : "") + std::to_string(head + 1);
}

std::vector<ValidationHead> validation_heads(const std::vector<HeadFiles>& heads, bool bent) {
  std::vector<ValidationHead> result;
  for (std::size_t h = 0; h < heads.size(); ++h)
    result.push_back({head_name(h), heads[h].head.generic_string(), heads[h].brain.generic_string(), bent});
  return result;
}

Provenance heads_provenance(const CommandLine& line, const std::vector<HeadFiles>& heads, const std::string& name,
                            const ordered_json& planted, const std::vector<InputFile>& results) {
  ordered_json options = options_json(line.options());
  options.erase("dataset");
  options.erase("output");
  options.erase("group");
  options[name] = planted;
  Provenance provenance{program_version(), json_line(options), {}, is_sloppy(line.options())};
  for (const HeadFiles& files : heads)
    for (const fs::path& file : {files.head, files.brain})
      if (!file.empty()) provenance.inputs.push_back({file.generic_string(), sha256_of_file(file)});
  provenance.inputs.insert(provenance.inputs.end(), results.begin(), results.end());
  return provenance;
}

OutputLock begin_validation(const fs::path& work, const std::string& dataset_name, ProgressDisplay& display) {
  write_dataset_description(work / "dataset", dataset_name);
  OutputLock lock = lock_validation(work);
  if (!lock.holds())
    display.warn("The file system of " + work.string() +
                 " has no locks: take care that no other Wane validates in it.");
  const LeftBehind which = lock.holds() ? LeftBehind::all : LeftBehind::abandoned;
  for (const fs::path& folder : {work, work / "heads", work / "dataset", work / "dataset" / "truth"})
    remove_temporary_files(folder, which);
  return lock;
}

}  // namespace wane
