#include "pipeline/run/work_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/natural_order.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/json_input.h"
#include "registration/transform_file.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// For a stage that is about to be written. Its JSON goes first: without it, what a killed stage leaves is no result.
void make_folder(const fs::path& work, const fs::path& folder, const char* stage) {
  make_folders_inside(work, folder);
  remove_temporary_files(folder, LeftBehind::abandoned);
  std::error_code error;
  fs::remove(folder / (std::string(stage) + ".json"), error);
  if (error)
    throw ResourceError("The earlier results in " + folder.string() + " cannot be removed: " + error.message() +
                        "; check its permissions and the disk.");
}

void write_json(const fs::path& file, const Json& json) {
  // Names of scans need not be UTF-8.
  write_text_atomically(file, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json read_json(const fs::path& file, const char* made_by) {
  std::error_code error;
  if (!fs::exists(file, error))
    throw InputError("There is no " + file.string() + ": run `wane " + std::string(made_by) + "` first.");
  Json json = parse_ordered_json(read_text_file(file, most_json_bytes));
  if (json.is_discarded())
    throw InputError(file.string() + " is not what `wane " + made_by + "` writes: run it again.");
  return json;
}

// Reads what a stage's own JSON holds; a file edited by hand is named.
template <class F>
auto from_json(const fs::path& file, const char* made_by, F&& read) {
  const Json json = read_json(file, made_by);
  try {
    return read(json);
  } catch (const Json::exception& error) {
    throw InputError(file.string() + " is not what `wane " + made_by + "` writes (" + error.what() +
                     "): run it again.");
  }
}

Json to_json(const Vec3& v) {
  return Json::array({v[0], v[1], v[2]});
}

Vec3 vec3_from(const Json& json) {
  return {json.at(0).get<double>(), json.at(1).get<double>(), json.at(2).get<double>()};
}

Json to_json(const Grid& grid) {
  Json directions = Json::array();
  for (int axis = 0; axis < 3; ++axis) directions.push_back(to_json(Vec3(grid.direction.col(axis))));
  return {{"size_voxels", grid.size},
          {"spacing_mm", to_json(grid.spacing_mm)},
          {"origin_lps_mm", to_json(grid.origin_mm)},
          {"axes_lps", directions}};
}

Grid grid_from(const Json& json) {
  Grid grid;
  grid.size = json.at("size_voxels").get<std::array<int, 3>>();
  grid.spacing_mm = vec3_from(json.at("spacing_mm"));
  grid.origin_mm = vec3_from(json.at("origin_lps_mm"));
  for (int axis = 0; axis < 3; ++axis) grid.direction.col(axis) = vec3_from(json.at("axes_lps").at(axis));
  return grid;
}

Json to_json(const Affine& affine) {
  Json rows = Json::array();
  for (int row = 0; row < 4; ++row) {
    const Eigen::RowVector4d r = affine.matrix().row(row);
    rows.push_back({r[0], r[1], r[2], r[3]});
  }
  return rows;
}

Affine affine_from(const Json& json) {
  Affine affine = Affine::Identity();
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column) affine.matrix()(row, column) = json.at(row).at(column).get<double>();
  return affine;
}

// NIfTI keeps geometry in single precision; the stage's JSON keeps all digits.
template <class T>
Image<T> on_exact_grid(Image<T> image, const Grid& exact, const fs::path& file) {
  if (!image.grid.matches(exact, 0.01))
    throw InputError(file.string() + " is not on the grid that its stage wrote: run that stage again.");
  image.grid = exact;
  return image;
}

Volume read_volume(const fs::path& file, const Grid& exact) {
  return on_exact_grid(read_nifti(file).volume, exact, file);
}

Mask read_mask(const fs::path& file, const Grid& exact) {
  return on_exact_grid(read_nifti_mask(file), exact, file);
}

Grid midpoint_grid(const fs::path& work) {
  return from_json(work / "align" / "align.json", "align",
                   [](const Json& json) { return grid_from(json.at("midpoint_grid")); });
}

// A stage's own JSON, which says that the stage is complete, and which the next stage was made from.
fs::path stage_json(const fs::path& work, const std::string& stage) {
  return work / stage / (stage + ".json");
}

fs::path conform_json(const fs::path& work, const std::string& visit) {
  return work / "conform" / visit / "conform.json";
}

std::vector<fs::path> conform_jsons(const fs::path& work, const std::vector<std::string>& visits) {
  std::vector<fs::path> files;
  for (const std::string& visit : visits) files.push_back(conform_json(work, visit));
  return files;
}

Json hashes_of(const std::vector<fs::path>& files) {
  Json hashes = Json::array();
  for (const fs::path& file : files) hashes.push_back(sha256_of_file(file));
  return hashes;
}

// Throws InputError where a stage that `json` was made from has been run again since, with another result.
void require_made_from(const std::vector<fs::path>& files, const Json& json, const fs::path& work, const char* stage) {
  if (json.at("made_from") == hashes_of(files)) return;
  throw InputError(stage_json(work, stage).string() +
                   " was made from other files than there are now: an earlier stage was run again. Run `wane " +
                   std::string(stage) + "` again, and the stages after it.");
}

Json to_json(const ScanValues& values) {
  const auto& [subtracted, negative_share, wrapped_share, saturated_share, unseen_share, surround] = values;
  return {{"subtracted", subtracted},           {"negative_share", negative_share}, {"wrapped_share", wrapped_share},
          {"saturated_share", saturated_share}, {"unseen_share", unseen_share},     {"surround", surround}};
}

ScanValues scan_values_from(const Json& json) {
  ScanValues values;
  values.subtracted = json.at("subtracted");
  values.negative_share = json.at("negative_share");
  values.wrapped_share = json.at("wrapped_share");
  values.saturated_share = json.at("saturated_share");
  values.unseen_share = json.at("unseen_share");
  values.surround = json.at("surround");
  return values;
}

Json to_json(const TissueVolumes& volumes) {
  return {{"brain", volumes.brain},
          {"gray_matter", volumes.gray_matter},
          {"white_matter", volumes.white_matter},
          {"csf", volumes.csf},
          {"intracranial", volumes.intracranial}};
}

Json to_json(const TissueValues& values) {
  return {{"brain", values.brain}, {"gray_matter", values.gray_matter}, {"white_matter", values.white_matter}};
}

Json to_json(const std::optional<VisitDrift>& drift) {
  if (!drift) return nullptr;
  const auto& [length_percent, length_error_percent, axis_percent, axis_error_percent] = *drift;
  return {{"length_percent", length_percent},
          {"length_error_percent", length_error_percent},
          {"axis_percent", to_json(axis_percent)},
          {"axis_error_percent", to_json(axis_error_percent)}};
}

Json to_json(const std::optional<ChangeEstimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"percent", to_json(estimate->percent)}, {"standard_error", to_json(estimate->standard_error)}};
}

Json to_json(const std::optional<ChangeErrors>& errors) {
  if (!errors) return nullptr;
  return {{"noise", to_json(errors->noise_percent)},
          {"scale_share", to_json(errors->scale_share)},
          {"residual", to_json(errors->residual_percent)},
          {"calibration", errors->calibration_percent},
          {"voxel_mm3", errors->voxel_mm3},
          {"visits_blurred", errors->visits_blurred}};
}

std::string volume_name(const std::string& name) {
  return name + ".nii.gz";
}

}  // namespace

// The save functions take their values apart by structured bindings: a field that is added to a stage's result does not
// compile here until it is written and read as well.

void save_conformed(const fs::path& work, const std::string& visit, const ConformedVisit& conformed) {
  const auto& [scan, template_to_scan, brain_extracted, template_similarity, template_lead, values, constant, warnings,
               name] = conformed;
  const fs::path folder = work / "conform" / visit;
  make_folder(work, folder, "conform");
  write_nifti(folder / "scan.nii.gz", scan);
  if (!constant.empty()) write_nifti(folder / "constant.nii.gz", constant);
  write_json(folder / "conform.json", {{"visit", visit},
                                       {"scan", name},
                                       {"scan_grid", to_json(scan.grid)},
                                       {"template_to_scan_lps_mm", to_json(template_to_scan)},
                                       {"brain_extracted", brain_extracted},
                                       {"template_similarity", template_similarity},
                                       {"template_lead", template_lead},
                                       {"values", to_json(values)},
                                       {"has_constant", !constant.empty()},
                                       {"warnings", warnings}});
}

ConformedVisit load_conformed(const fs::path& work, const std::string& visit) {
  if (const auto problem = file_label_problem(visit); !problem.empty())
    throw UsageError("The visit's name '" + visit + "' " + problem + " and names no folder of " + work.string() +
                     ": give the name that `wane conform --visit` was given.");
  const fs::path folder = work / "conform" / visit;
  return from_json(folder / "conform.json", "conform", [&](const Json& json) {
    ConformedVisit conformed;
    conformed.scan = read_volume(folder / "scan.nii.gz", grid_from(json.at("scan_grid")));
    conformed.template_to_scan = affine_from(json.at("template_to_scan_lps_mm"));
    conformed.brain_extracted = json.at("brain_extracted");
    conformed.template_similarity = json.at("template_similarity");
    conformed.template_lead = json.at("template_lead");
    conformed.values = scan_values_from(json.at("values"));
    if (json.at("has_constant").get<bool>())
      conformed.constant = read_mask(folder / "constant.nii.gz", conformed.scan.grid);
    conformed.warnings = json.at("warnings").get<std::vector<std::string>>();
    conformed.name = json.at("scan");
    return conformed;
  });
}

std::vector<std::string> conformed_visits(const fs::path& work) {
  std::vector<std::string> visits;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(work / "conform", error))
    if (fs::exists(entry.path() / "conform.json")) visits.push_back(entry.path().filename().string());
  if (visits.empty())
    throw InputError("There is no conformed visit in " + work.string() +
                     ": run `wane conform` once for each visit first.");
  std::sort(visits.begin(), visits.end(), natural_less);
  return visits;
}

void save_aligned(const fs::path& work, const std::vector<std::string>& names, const AlignedVisits& aligned) {
  const auto& [midpoint, visits, template_to_midpoint, agreement, warnings] = aligned;
  const fs::path folder = work / "align";
  make_folder(work, folder, "align");
  Json rigid = Json::array(), constant = Json::array();
  for (std::size_t n = 0; n < names.size(); ++n) {
    const auto& [preprocessed, seen, midpoint_to_scan, constant_head_ml] = visits[n];
    write_nifti(folder / (names[n] + "_T1w.nii.gz"), preprocessed);
    write_nifti(folder / (names[n] + "_seen.nii.gz"), seen);
    write_itk_affine(folder / (names[n] + "_from-T1w_to-midpoint_mode-image_xfm.txt"), midpoint_to_scan);
    rigid.push_back(to_json(midpoint_to_scan));
    constant.push_back(constant_head_ml);
  }
  Json pairs = Json::array();
  for (const auto& [from, to, correlation, mirrored_correlation, stretch, capped_correlation] : agreement)
    pairs.push_back({{"from", from},
                     {"to", to},
                     {"correlation", correlation},
                     {"mirrored_correlation", mirrored_correlation ? Json(*mirrored_correlation) : Json(nullptr)},
                     {"stretch", stretch ? Json{{"correlation", stretch->correlation},
                                                {"axis_percent", to_json(stretch->axis_percent)}}
                                         : Json(nullptr)},
                     {"capped_correlation", capped_correlation ? Json(*capped_correlation) : Json(nullptr)}});
  write_json(folder / "align.json", {{"visits", names},
                                     {"made_from", hashes_of(conform_jsons(work, names))},
                                     {"midpoint_grid", to_json(midpoint)},
                                     {"midpoint_to_scan_lps_mm", rigid},
                                     {"constant_head_ml", constant},
                                     {"template_to_midpoint_lps_mm", to_json(template_to_midpoint)},
                                     {"agreement", pairs},
                                     {"warnings", warnings}});
}

std::vector<std::string> aligned_visits(const fs::path& work) {
  const fs::path file = work / "align" / "align.json";
  const auto names =
      from_json(file, "align", [](const Json& json) { return json.at("visits").get<std::vector<std::string>>(); });
  for (const auto& name : names)  // they become parts of names of files that are written
    if (const auto problem = file_label_problem(name); !problem.empty())
      throw InputError(file.string() + " names a visit '" + name + "', which " + problem + ": run `wane align` again.");
  return names;
}

AlignedVisits load_aligned(const fs::path& work) {
  const fs::path folder = work / "align";
  const auto names = aligned_visits(work);
  return from_json(folder / "align.json", "align", [&](const Json& json) {
    require_made_from(conform_jsons(work, names), json, work, "align");
    AlignedVisits aligned;
    aligned.midpoint = grid_from(json.at("midpoint_grid"));
    aligned.template_to_midpoint = affine_from(json.at("template_to_midpoint_lps_mm"));
    aligned.warnings = json.at("warnings").get<std::vector<std::string>>();
    for (const Json& pair : json.at("agreement")) {
      const Json& mirrored = pair.at("mirrored_correlation");
      const Json& stretch = pair.at("stretch");
      const Json& capped = pair.at("capped_correlation");
      aligned.agreement.push_back(
          {pair.at("from").get<std::size_t>(), pair.at("to").get<std::size_t>(), pair.at("correlation").get<double>(),
           mirrored.is_null() ? std::nullopt : std::optional(mirrored.get<double>()),
           stretch.is_null() ? std::nullopt
                             : std::optional(PairStretch{stretch.at("correlation").get<double>(),
                                                         vec3_from(stretch.at("axis_percent"))}),
           capped.is_null() ? std::nullopt : std::optional(capped.get<double>())});
    }
    for (std::size_t n = 0; n < names.size(); ++n)
      aligned.visits.push_back({read_volume(folder / (names[n] + "_T1w.nii.gz"), aligned.midpoint),
                                read_mask(folder / (names[n] + "_seen.nii.gz"), aligned.midpoint),
                                affine_from(json.at("midpoint_to_scan_lps_mm").at(n)),
                                json.at("constant_head_ml").at(n).get<double>()});
    return aligned;
  });
}

void save_extracted(const fs::path& work, const ExtractedBrain& extracted) {
  const auto& [corrected, mean, comparable, brain_mask, intracranial, skull_shown, coarsest_voxel_mm3, blurs_mm,
               scan_axes, unseen_brain_ml, gm_prior, wm_prior, csf_prior] = extracted;
  const fs::path folder = work / "extract";
  make_folder(work, folder, "extract");
  const auto visits = aligned_visits(work);
  for (std::size_t n = 0; n < visits.size(); ++n) write_nifti(folder / (visits[n] + "_corrected.nii.gz"), corrected[n]);
  write_nifti(folder / volume_name("average"), mean);
  write_nifti(folder / volume_name("brain"), brain_mask);
  write_nifti(folder / volume_name("intracranial"), intracranial);
  write_nifti(folder / volume_name("comparable"), comparable);
  write_nifti(folder / volume_name("gm_prior"), gm_prior);
  write_nifti(folder / volume_name("wm_prior"), wm_prior);
  write_nifti(folder / volume_name("csf_prior"), csf_prior);
  Json blurs = Json::array();
  for (const Vec3& blur_mm : blurs_mm) blurs.push_back(to_json(blur_mm));
  Json axes = Json::array();
  for (const Mat3& of_scan : scan_axes)
    axes.push_back(
        Json::array({to_json(Vec3(of_scan.col(0))), to_json(Vec3(of_scan.col(1))), to_json(Vec3(of_scan.col(2)))}));
  write_json(folder / "extract.json", {{"visits", visits},
                                       {"made_from", hashes_of({stage_json(work, "align")})},
                                       {"skull_shown", skull_shown},
                                       {"coarsest_voxel_mm3", coarsest_voxel_mm3},
                                       {"blurs_mm", blurs},
                                       {"scan_axes", axes},
                                       {"unseen_brain_ml", unseen_brain_ml}});
}

ExtractedBrain load_extracted(const fs::path& work) {
  const fs::path folder = work / "extract";
  const Grid grid = midpoint_grid(work);
  return from_json(folder / "extract.json", "extract", [&](const Json& json) {
    require_made_from({stage_json(work, "align")}, json, work, "extract");
    ExtractedBrain extracted;
    extracted.skull_shown = json.at("skull_shown").get<bool>();
    extracted.coarsest_voxel_mm3 = json.at("coarsest_voxel_mm3").get<double>();
    for (const Json& blur_mm : json.at("blurs_mm")) extracted.blurs_mm.push_back(vec3_from(blur_mm));
    for (const Json& of_scan : json.at("scan_axes")) {
      Mat3 columns;
      for (int axis = 0; axis < 3; ++axis) columns.col(axis) = vec3_from(of_scan.at(axis));
      extracted.scan_axes.push_back(columns);
    }
    extracted.unseen_brain_ml = json.at("unseen_brain_ml").get<std::vector<double>>();
    const std::size_t visits = json.at("visits").size();
    if (json.at("visits") != Json(aligned_visits(work)) || extracted.scan_axes.size() != visits ||
        extracted.blurs_mm.size() != visits || extracted.unseen_brain_ml.size() != visits)
      throw InputError((folder / "extract.json").string() +
                       " is not of the visits that `wane align` took: run `wane extract` again.");
    for (const auto& visit : json.at("visits"))
      extracted.corrected.push_back(read_volume(folder / (visit.get<std::string>() + "_corrected.nii.gz"), grid));
    extracted.mean = read_volume(folder / volume_name("average"), grid);
    extracted.brain_mask = read_mask(folder / volume_name("brain"), grid);
    extracted.intracranial = read_mask(folder / volume_name("intracranial"), grid);
    extracted.comparable = read_volume(folder / volume_name("comparable"), grid);
    extracted.gm_prior = read_volume(folder / volume_name("gm_prior"), grid);
    extracted.wm_prior = read_volume(folder / volume_name("wm_prior"), grid);
    extracted.csf_prior = read_volume(folder / volume_name("csf_prior"), grid);
    return extracted;
  });
}

void save_segmented(const fs::path& work, const TissueMaps& tissues) {
  const fs::path folder = work / "segment";
  make_folder(work, folder, "segment");
  const auto& [gm, wm, csf] = tissues;
  write_nifti(folder / volume_name("gm"), gm);
  write_nifti(folder / volume_name("wm"), wm);
  write_nifti(folder / volume_name("csf"), csf);
  write_json(folder / "segment.json",
             {{"maps", {"gm", "wm", "csf"}}, {"made_from", hashes_of({stage_json(work, "extract")})}});
}

TissueMaps load_segmented(const fs::path& work) {
  const fs::path folder = work / "segment";
  const Grid grid = midpoint_grid(work);
  from_json(folder / "segment.json", "segment", [&](const Json& json) {
    require_made_from({stage_json(work, "extract")}, json, work, "segment");
    return true;
  });
  return {read_volume(folder / volume_name("gm"), grid), read_volume(folder / volume_name("wm"), grid),
          read_volume(folder / volume_name("csf"), grid)};
}

std::string save_measured(const fs::path& work, const Measurement& measurement) {
  const fs::path folder = work / "measure";
  make_folder(work, folder, "measure");
  const auto names = aligned_visits(work);
  Json visits = Json::array();
  for (std::size_t n = 0; n < names.size(); ++n) {
    const MeasuredVisit& visit = measurement.visits[n];
    write_nifti(folder / volume_name(names[n] + "_gm"), visit.tissues.gm);
    write_nifti(folder / volume_name(names[n] + "_wm"), visit.tissues.wm);
    write_nifti(folder / volume_name(names[n] + "_csf"), visit.tissues.csf);
    write_nifti(folder / volume_name(names[n] + "_brain"), visit.brain_mask);
    const auto& drift = visit.calibration_drift_percent;
    visits.push_back({{"visit", names[n]},
                      {"volumes_ml", to_json(visit.volumes_ml)},
                      {"calibration_drift_percent", drift ? Json(*drift) : Json(nullptr)},
                      {"voxel_size_drift", to_json(visit.voxel_size_drift)}});
  }
  write_nifti(folder / volume_name("average"), measurement.mean);

  Json changes = Json::array();
  for (const Change& change : measurement.changes)
    changes.push_back({{"from", names[change.from]},
                       {"to", names[change.to]},
                       {"percent", to_json(change.percent)},
                       {"standard_error", to_json(change.standard_error)},
                       {"errors", to_json(change.errors)},
                       {"boundary_shift", to_json(change.boundary_shift)}});
  const Json json = {{"sign_convention", "negative = loss"},
                     {"share_of_brain_compared", measurement.share_compared},
                     {"drift_removed", measurement.drift_removed},
                     {"drift_along_axes", measurement.drift_along_axes},
                     {"visits", visits},
                     {"changes", changes},
                     {"warnings", measurement.warnings}};
  write_json(folder / "measure.json", json);
  return json.dump(2);
}

}  // namespace wane
