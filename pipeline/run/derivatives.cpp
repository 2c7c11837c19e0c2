#include "pipeline/run/derivatives.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/measurement/change_map.h"
#include "pipeline/report/brain_surface.h"
#include "pipeline/report/image_names.h"
#include "pipeline/report/page_images.h"
#include "pipeline/report/tissue_labels.h"
#include "registration/transform_file.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

void write_json(const fs::path& file, const Json& json) {
  write_text_atomically(file, json.dump(2) + "\n");
}

// What the sidecars of one participant have in common.
class Sidecar {
 public:
  explicit Sidecar(Json provenance) : provenance_(std::move(provenance)) {}

  // `stem`: path of the image without .nii.gz; `extra` goes between description and provenance.
  void write(const fs::path& stem, const std::string& description, const std::vector<std::string>& sources,
             const Json& extra = Json::object()) const {
    Json json = {{"Description", description}, {"RawSources", sources}};
    json.update(extra);
    json["Provenance"] = provenance_;
    write_json(fs::path(stem).concat(".json"), json);
  }

 private:
  Json provenance_;
};

fs::path image_file(const fs::path& stem) {
  return fs::path(stem).concat(".nii.gz");
}

// Files that are yet to be written; several at once, because compressing is most of the work.
struct Write {
  int bytes_per_voxel;
  std::function<void()> write;
};
using Writing = std::vector<Write>;

// The longest first, so that no thread is left with one at the end.
void write_all(Writing writing) {
  std::stable_sort(writing.begin(), writing.end(),
                   [](const Write& a, const Write& b) { return a.bytes_per_voxel > b.bytes_per_voxel; });
  parallel_tasks(writing.size(), [&](std::size_t n) { writing[n].write(); });
}

// Unless everything is kept. White matter is at 100, and noise is many times as large.
constexpr float brightness_step = 0.1F;
const std::string brightness_steps_words = ", in steps of 0.1";

std::vector<const Mask*> brains_of(const ProcessedParticipant& processed) {
  std::vector<const Mask*> brains;
  for (const MeasuredVisit& visit : processed.measurement.visits) brains.push_back(&visit.brain_mask);
  return brains;
}

Volume emptied_outside(Volume volume, const Box& part) {
  const auto& size = volume.grid.size;
  const auto inside = [&](int axis, int index) { return index >= part.low[axis] && index <= part.high[axis]; };
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        if (!inside(0, i) || !inside(1, j) || !inside(2, k)) volume.at(i, j, k) = 0;
  return volume;
}

void write_native(const fs::path& stem, const ProcessedParticipant& processed, std::size_t visit,
                  const std::string& source, const Sidecar& sidecar, Writing& writing) {
  const auto maps = std::make_shared<NativeMaps>(native_maps(processed, visit));
  const fs::path brain = fs::path(stem).concat("_desc-brain_mask");
  writing.push_back({1, [=, &sidecar] {
                       write_nifti(image_file(brain), maps->brain);
                       sidecar.write(brain, "Brain with the CSF around it, on the grid of the raw scan", {source},
                                     {{"Type", "Brain"}});
                     }});
  const fs::path tissue = fs::path(stem).concat("_dseg");
  writing.push_back({2, [=, &sidecar] {
                       write_nifti(image_file(tissue), maps->tissue);
                       sidecar.write(tissue, "The tissue that fills most of each voxel, on the grid of the raw scan",
                                     {source}, {{"LabelMap", tissue_label_map()}});
                     }});
}

void write_midpoint(const fs::path& stem, const std::string& reference, const ProcessedParticipant& processed,
                    std::size_t visit, const std::string& source, const Sidecar& sidecar, DerivativesKept kept,
                    Writing& writing) {
  const MeasuredVisit& measured = processed.measurement.visits[visit];
  const Json space = {{"SpatialReference", reference}};
  const auto write = [&](int bytes_per_voxel, const std::string& ending, const std::string& description,
                         const auto& image_writer, const Json& more = Json::object()) {
    const fs::path name = fs::path(stem).concat("_space-midpoint_" + ending);
    Json about = space;
    about.update(more);
    writing.push_back({bytes_per_voxel, [=, &sidecar] {
                         image_writer(image_file(name));
                         sidecar.write(name, description, {source}, about);
                       }});
  };
  const Volume& corrected = processed.extracted.corrected[visit];
  const std::string preprocessed = "Resampled once into the midpoint space, bias corrected, white matter at 100";
  if (kept == DerivativesKept::full)
    write(4, "desc-preproc_T1w", preprocessed, [&corrected](const fs::path& file) { write_nifti(file, corrected); });
  else if (kept == DerivativesKept::standard)
    write(2, "desc-preproc_T1w", preprocessed + brightness_steps_words,
          [&corrected](const fs::path& file) { write_nifti_in_steps(file, corrected, brightness_step); });
  else
    write(2, "desc-preproc_T1w", preprocessed + brightness_steps_words + "; 0 far from the brain",
          [&corrected, part = part_shown(brains_of(processed))](const fs::path& file) {
            write_nifti_in_steps(file, emptied_outside(corrected, part), brightness_step);
          });
  write(1, "desc-brain_mask", "Brain with the CSF around it",
        [&measured](const fs::path& file) { write_nifti(file, measured.brain_mask); });
  if (kept != DerivativesKept::full) {
    write(1, "dseg", "The tissue that fills most of each voxel",
          [&measured](const fs::path& file) {
            write_nifti(file, fullest_tissue(measured.tissues.csf, measured.tissues.gm, measured.tissues.wm));
          },
          {{"LabelMap", tissue_label_map()}});
    return;
  }
  write(1, "label-GM_probseg", "Fraction of gray matter in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.gm); });
  write(1, "label-WM_probseg", "Fraction of white matter in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.wm); });
  write(1, "label-CSF_probseg", "Fraction of CSF in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.csf); });
}

// Steps of a hundredth of a percent are well below what can be measured.
constexpr float change_step_percent = 0.01F;
const std::string negative_is_loss = "200 (to - from) / (to + from), so that negative is loss and positive is gain";

fs::path stem_of(fs::path image) {
  return image.replace_extension().replace_extension();  // .nii.gz
}

// What the writers of a participant's change have in common.
struct ChangeWriting {
  const fs::path& out;
  const std::string& participant_id;
  const std::vector<VisitFiles>& visits;
  const std::vector<std::string>& sources;  // of each visit
  const std::string& reference;
  const ProcessedParticipant& processed;
  const Sidecar& sidecar;
};

void write_measured_mask(const ChangeWriting& all, const fs::path& file) {
  write_nifti(file, placed_on(all.processed.measurement.measured, all.processed.extracted.brain_mask.grid));
  all.sidecar.write(
      stem_of(file),
      "Where changes are read: 3 mm or more inside of the brain mask, where all visits show the brain and "
      "none is cut",
      all.sources, {{"Type", "ROI"}, {"SpatialReference", all.reference}});
}

Json about_change(const ChangeWriting& all, const Change& change) {
  const std::string mask = measured_mask_file(all.out, all.participant_id).filename().string();
  return {{"Units", "percent"},
          {"SignConvention", "negative = loss"},
          {"From", all.visits[change.from].session},
          {"To", all.visits[change.to].session},
          {"MeasuredMask", "bids::" + all.participant_id + "/" + mask},
          {"OutsideOfMeasuredMask", "0: not measured there"},
          {"CalibrationDriftRemoved", all.processed.measurement.drift_removed},
          {"SpatialReference", all.reference}};
}

// `change_percent` on the grid of the ratios.
void write_change_map(const ChangeWriting& all, const Change& change, Volume change_percent, const fs::path& file,
                      const std::string& description, const Json& more = Json::object()) {
  const Mask& measured = all.processed.measurement.measured;
  parallel_voxels(measured.size(), [&](std::size_t n) {
    if (!measured[n]) change_percent[n] = 0;
  });
  write_nifti_in_steps(file, placed_on(change_percent, all.processed.extracted.brain_mask.grid), change_step_percent);
  Json about = about_change(all, change);
  about.update(more);
  all.sidecar.write(stem_of(file), description, {all.sources[change.from], all.sources[change.to]}, about);
}

void write_unsmoothed_change(const ChangeWriting& all, const Change& change) {
  const auto& visits = all.processed.measurement.visits;
  write_change_map(all, change, voxel_change_percent(visits[change.from].volume_ratio, visits[change.to].volume_ratio),
                   unsmoothed_change_map_file(all.out, all.participant_id, all.visits[change.from].session,
                                              all.visits[change.to].session),
                   "Percent change of volume at each voxel by itself, " + negative_is_loss +
                       ", from the Jacobian determinant of the deformation between the two visits. Single voxels are "
                       "mostly noise: average over regions");
}

// The map, and its values for the surface.
VertexValues write_local_change(const ChangeWriting& all, const Change& change, const BrainSurface& surface) {
  const Measurement& measurement = all.processed.measurement;
  const std::string &from = all.visits[change.from].session, &to = all.visits[change.to].session;
  const Volume local = local_change_percent(measurement.visits[change.from].volume_ratio,
                                            measurement.visits[change.to].volume_ratio, measurement.measured_tissue);
  write_change_map(all, change, local, change_map_file(all.out, all.participant_id, from, to),
                   "Percent change of the volume of gray and white matter around each point, " + negative_is_loss +
                       ": both visits' volumes, from the Jacobian determinant of the deformation, are added up in a "
                       "Gaussian neighborhood and compared. The mean of this map over the brain's tissue is about the "
                       "change of the brain in the report",
                   {{"NeighborhoodSigmaMm", neighborhood_mm}});
  return {change_values_name(from, to), values_at_vertices(surface, local)};
}

void write_surface_and_changes(const ChangeWriting& all) {
  const TissueMaps& joint = all.processed.joint_tissues;
  Volume parenchyma = joint.gm;
  parallel_voxels(parenchyma.size(), [&](std::size_t n) { parenchyma[n] += joint.wm[n]; });
  SurfaceFile surface{brain_surface(parenchyma), {}};
  for (const Change& change : all.processed.measurement.changes)
    surface.values.push_back(write_local_change(all, change, surface.surface));
  const fs::path file = surface_file(all.out, all.participant_id);
  write_surface(file, surface);
  all.sidecar.write(
      fs::path(file).replace_extension(),
      "Surface of the brain of the person's average, where gray and white matter fill half of a voxel, ventricles "
      "filled, with the percent change of the volume of gray and white matter around each point, " +
          negative_is_loss +
          ". Points are RAS mm, as in the NIfTI files of the midpoint space. Changes are not read in the outermost 3 "
          "mm "
          "of the brain mask: what stands at a point is of the measured tissue beneath it (a Gaussian neighborhood); 0 "
          "where there is none near",
      all.sources,
      {{"Units", "percent"},
       {"SignConvention", "negative = loss"},
       {"CoordinateSystem", "RAS"},
       {"NeighborhoodSigmaMm", neighborhood_mm},
       {"SpatialReference", all.reference}});
}

// `all` must outlive the writing.
void write_changes(const ChangeWriting& all, DerivativesKept kept, Writing& writing) {
  // It takes by far the longest, and is therefore the first.
  constexpr int before_all_others = 100;
  writing.push_back({before_all_others, [&all] { write_surface_and_changes(all); }});
  const auto& changes = all.processed.measurement.changes;
  for (const Change& change : changes)
    if (kept == DerivativesKept::full)
      writing.push_back({4, [&all, &change] { write_unsmoothed_change(all, change); }});
  if (changes.empty()) return;
  writing.push_back({1, [&all] { write_measured_mask(all, measured_mask_file(all.out, all.participant_id)); }});
}

void write_mean(const fs::path& stem, const Volume& mean, const std::vector<std::string>& sources,
                const Sidecar& sidecar, DerivativesKept kept, Writing& writing) {
  const bool full = kept == DerivativesKept::full;
  writing.push_back({4, [=, &sidecar, &mean] {
                       if (full)
                         write_nifti(image_file(stem), mean);
                       else
                         write_nifti_in_steps(image_file(stem), mean, brightness_step);
                       sidecar.write(stem,
                                     "The person's unbiased average of all visits" +
                                         (full ? std::string() : brightness_steps_words),
                                     sources);
                     }});
}

// What BIDS has no names for, for validators.
constexpr const char* not_of_bids =
    "*.html\nmethods.md\n/*.tsv\n/*.json\n!/dataset_description.json\ndose-groups/\nlogs/\nfigures/\n*_atrophy.json\n"
    "*_map.*\n*_surface.*\n*_xfm.*\nlabels/\n";

constexpr const char* readme =
    "Brain atrophy from repeated T1-weighted MRI, measured by Wane. Negative numbers are losses.\n\n"
    "Open trial.html first. Tables of the trial (*.tsv) have a data dictionary of the same name (*.json). Images of "
    "each participant\n"
    "lie in sub-*/, named as BIDS names derivatives; labels/ has the names and colors of tissues for viewers. "
    "methods.md says how they were made, logs/run.jsonl when and by whom.\n";

// By its name: what write_derivatives writes, and the quality picture.
bool is_derivative(const std::string& name, const std::string& participant_id) {
  if (!name.starts_with(participant_id + "_")) return false;
  for (const char* part : {"_space-midpoint_", "_from-T1w_to-midpoint_mode-image_xfm."})
    if (name.find(part) != std::string::npos) return true;
  for (const char* ending :
       {"_desc-brain_mask.nii.gz", "_desc-brain_mask.json", "_dseg.nii.gz", "_dseg.json", "_quality.png"})
    if (name.ends_with(ending)) return true;
  return false;
}

}  // namespace

void write_derivatives(const fs::path& out, const std::string& participant_id, const std::vector<VisitFiles>& visits,
                       const ProcessedParticipant& processed, const Json& provenance, DerivativesKept kept) {
  const Sidecar sidecar(provenance);
  std::vector<std::string> sources;
  for (const VisitFiles& visit : visits) sources.push_back(visit.scan.generic_string());

  const fs::path folder = out / participant_id;
  const std::string mean_name = participant_id + "_space-midpoint_T1w";
  make_folders_inside(out, kept == DerivativesKept::minimal ? folder : folder / "anat");
  Writing writing;
  if (kept != DerivativesKept::minimal)
    write_mean(folder / "anat" / mean_name, processed.measurement.mean, sources, sidecar, kept, writing);
  const fs::path grid_file = kept != DerivativesKept::minimal
                                 ? image_file(folder / "anat" / mean_name)
                                 : midpoint_file(out, participant_id, visits.front().session, "desc-brain_mask.nii.gz");
  const std::string reference = "bids::" + grid_file.lexically_relative(out).generic_string();

  const ChangeWriting changes{out, participant_id, visits, sources, reference, processed, sidecar};
  write_changes(changes, kept, writing);

  for (std::size_t n = 0; n < visits.size(); ++n) {
    const std::string& session = visits[n].session;
    const fs::path anat = session.empty() ? folder / "anat" : folder / session / "anat";
    make_folders_inside(out, anat);
    const fs::path stem = anat / (session.empty() ? participant_id : participant_id + "_" + session);
    write_midpoint(stem, reference, processed, n, sources[n], sidecar, kept, writing);
    if (kept == DerivativesKept::minimal) continue;
    write_native(stem, processed, n, sources[n], sidecar, writing);
    const fs::path transform = fs::path(stem).concat("_from-T1w_to-midpoint_mode-image_xfm");
    write_itk_affine(fs::path(transform).concat(".txt"), processed.aligned.visits[n].midpoint_to_scan);
    sidecar.write(transform,
                  "Rigid transform that moves the raw scan into the midpoint space; as always in ITK's files, it maps "
                  "points of the midpoint space to points of the scan (LPS mm)",
                  {sources[n]}, {{"SpatialReference", reference}});
  }
  write_all(std::move(writing));
}

void remove_derivatives(const fs::path& out, const std::string& participant_id) {
  const fs::path folder = out / participant_id;
  std::vector<fs::path> files, folders;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored))
      folders.push_back(it->path());
    else if (is_derivative(it->path().filename().string(), participant_id))
      files.push_back(it->path());
  }
  for (const fs::path& file : files) fs::remove(file, error);
  for (auto below = folders.rbegin(); below != folders.rend(); ++below) rmdir(below->c_str());  // only empty ones
  rmdir(folder.c_str());
}

namespace {

// What the raw dataset says of itself; where it says nothing, the name of its folder. Never where it lies: that is the
// business of those who have it.
Json source_dataset(const fs::path& dataset) {
  const Json raw = json_in_file(dataset / "dataset_description.json");
  Json source = Json::object();
  if (const std::string name = text_member(raw, "Name"); !name.empty()) source["Name"] = name;
  if (const std::string doi = text_member(raw, "DatasetDOI"); !doi.empty()) source["DOI"] = doi;
  if (source.empty()) source["Name"] = fs::absolute(dataset).lexically_normal().filename().string();
  return source;
}

void write_unless_there(const fs::path& file, const std::string& text) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) write_text_atomically(file, text);
}

}  // namespace

void write_derivatives_description(const fs::path& out, const std::string& program_version, const fs::path& dataset) {
  Json description = {{"Name", "Wane: brain atrophy from repeated T1-weighted MRI"},
                      {"BIDSVersion", "1.8.0"},
                      {"DatasetType", "derivative"},
                      {"GeneratedBy", Json::array({{{"Name", "Wane"}, {"Version", program_version}}})}};
  if (!dataset.empty()) description["SourceDatasets"] = Json::array({source_dataset(dataset)});
  write_json(out / "dataset_description.json", description);
  if (dataset.empty()) return;
  write_unless_there(out / ".bidsignore", not_of_bids);
  write_unless_there(out / "README", readme);
  make_folders_inside(out, out / "labels");
  for (const LabelFile& file : tissue_label_files()) write_unless_there(out / file.name, file.text);
}

}  // namespace wane
