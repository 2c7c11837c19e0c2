#include "pipeline/dataset/template_folder.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "imaging/nifti.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr const char* kHead = "head.nii.gz";
constexpr const char* kBrainProbability = "brain_probability.nii.gz";
constexpr const char* kGmPrior = "gm_prior.nii.gz";
constexpr const char* kWmPrior = "wm_prior.nii.gz";
constexpr const char* kCsfPrior = "csf_prior.nii.gz";
constexpr const char* kIntracranialMask = "intracranial_mask.nii.gz";

void require_all_files(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw InputError("The template folder " + folder.string() +
                     " does not exist: name the right one with --template, or build Wane again to make its own.");
  for (const auto& name : template_file_names()) {
    if (fs::exists(folder / name, error)) continue;
    throw InputError("The template folder " + folder.string() + " has no " + name +
                     ": a template needs all of head, brain_probability, gm_prior, wm_prior, csf_prior and "
                     "intracranial_mask (.nii.gz).");
  }
}

void require_head_grid(const Grid& grid, const Grid& head, const fs::path& file) {
  if (grid.matches(head)) return;
  throw InputError("The template file " + file.string() + " (" + grid.describe() + ") is not on the grid of " + kHead +
                   " (" + head.describe() + "): resample it to that grid.");
}

// A prior read back from disk may be off by a rounding step; more than that is a map of something else.
void require_probability(const Volume& map, const fs::path& file) {
  const auto [low, high] = std::minmax_element(map.values.begin(), map.values.end());
  if (*low >= -0.01F && *high <= 1.01F && *high > 0.F) return;
  throw InputError("The template file " + file.string() + " holds values from " + std::to_string(*low) + " to " +
                   std::to_string(*high) + ", and a probability lies between 0 and 1: scale it.");
}

Volume read_probability(const fs::path& file, const Grid& head) {
  Volume map = read_nifti(file).volume;
  require_head_grid(map.grid, head, file);
  require_probability(map, file);
  for (float& value : map.values) value = std::clamp(value, 0.F, 1.F);
  return map;
}

}  // namespace

const std::vector<std::string>& template_file_names() {
  static const std::vector<std::string> names = {kHead,    kBrainProbability, kGmPrior,
                                                 kWmPrior, kCsfPrior,         kIntracranialMask};
  return names;
}

HeadTemplate read_template(const fs::path& folder) {
  require_all_files(folder);
  HeadTemplate result;
  result.head = read_nifti(folder / kHead).volume;
  const Grid& grid = result.head.grid;
  const std::array<std::pair<Volume*, const char*>, 4> maps{{{&result.brain_probability, kBrainProbability},
                                                             {&result.gm_prior, kGmPrior},
                                                             {&result.wm_prior, kWmPrior},
                                                             {&result.csf_prior, kCsfPrior}}};
  parallel_tasks(maps.size() + 1, [&](std::size_t n) {
    if (n < maps.size()) {
      *maps[n].first = read_probability(folder / maps[n].second, grid);
      return;
    }
    result.intracranial_mask = read_nifti_mask(folder / kIntracranialMask);
    require_head_grid(result.intracranial_mask.grid, grid, folder / kIntracranialMask);
  });
  return result;
}

void write_template(const fs::path& folder, const HeadTemplate& head_template) {
  make_folders(folder);
  write_nifti(folder / kHead, head_template.head);
  write_nifti(folder / kBrainProbability, head_template.brain_probability);
  write_nifti(folder / kGmPrior, head_template.gm_prior);
  write_nifti(folder / kWmPrior, head_template.wm_prior);
  write_nifti(folder / kCsfPrior, head_template.csf_prior);
  write_nifti(folder / kIntracranialMask, head_template.intracranial_mask);
}

}  // namespace wane
