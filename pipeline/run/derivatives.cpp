#include "pipeline/run/derivatives.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "imaging/atomic_file.h"
#include "imaging/error.h"
#include "imaging/nifti.h"
#include "imaging/output_folder.h"
#include "imaging/parallel.h"
#include "imaging/resample.h"
#include "pipeline/measurement/change_map.h"
#include "pipeline/report/brain_surface.h"
#include "pipeline/report/image_names.h"
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
                                     {source}, {{"LabelMap", {{"1", "CSF"}, {"2", "GM"}, {"3", "WM"}}}});
                     }});
}

void write_midpoint(const fs::path& stem, const std::string& reference, const ProcessedParticipant& processed,
                    std::size_t visit, const std::string& source, const Sidecar& sidecar, Writing& writing) {
  const MeasuredVisit& measured = processed.measurement.visits[visit];
  const Json space = {{"SpatialReference", reference}};
  const auto write = [&](int bytes_per_voxel, const std::string& ending, const std::string& description,
                         const auto& image_writer) {
    const fs::path name = fs::path(stem).concat("_space-midpoint_" + ending);
    writing.push_back({bytes_per_voxel, [=, &sidecar] {
                         image_writer(image_file(name));
                         sidecar.write(name, description, {source}, space);
                       }});
  };
  write(4, "desc-preproc_T1w", "Resampled once into the midpoint space, bias corrected, white matter at 100",
        [&corrected = processed.extracted.corrected[visit]](const fs::path& file) { write_nifti(file, corrected); });
  write(1, "desc-brain_mask", "Brain with the CSF around it",
        [&measured](const fs::path& file) { write_nifti(file, measured.brain); });
  write(1, "label-GM_probseg", "Fraction of gray matter in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.gm); });
  write(1, "label-WM_probseg", "Fraction of white matter in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.wm); });
  write(1, "label-CSF_probseg", "Fraction of CSF in each voxel",
        [&measured](const fs::path& file) { write_nifti_fraction(file, measured.tissues.csf); });
}

// Steps of a hundredth of a percent are well below what can be measured.
constexpr float change_step_percent = 0.01F;
constexpr const char* negative_is_loss =
    "Percent change of local volume, 200 (to - from) / (to + from): negative = loss (the tissue holds less volume at "
    "the "
    "later visit), positive = gain. ";

fs::path without_gz_ending(fs::path image) {
  return image.replace_extension().replace_extension();  // .nii.gz
}

std::vector<std::string> both(const std::vector<std::string>& sources, const Change& change) {
  return {sources[change.from], sources[change.to]};
}

void write_changes(const fs::path& out, const std::string& participant_id, const std::vector<VisitFiles>& visits,
                   const std::string& reference, const ProcessedParticipant& processed,
                   const std::vector<std::string>& sources, const Sidecar& sidecar, Writing& writing) {
  const Measurement& measurement = processed.measurement;
  if (measurement.changes.empty()) return;
  const Grid& midpoint = processed.extracted.brain.grid;
  const fs::path measured = measured_mask_file(out, participant_id);
  const std::string measured_name = "bids::" + participant_id + "/" + measured.filename().string();
  writing.push_back({1, [=, &measurement, &midpoint, &sidecar] {
                       write_nifti(measured, placed_on(measurement.measured, midpoint));
                       sidecar.write(without_gz_ending(measured),
                                     "Where changes are read: 3 mm or more inside of the brain mask, where all visits "
                                     "show the brain and none is cut",
                                     sources, {{"Type", "ROI"}, {"SpatialReference", reference}});
                     }});
  for (const Change& change : measurement.changes) {
    const fs::path file = change_map_file(out, participant_id, visits[change.from].session, visits[change.to].session);
    const Json about = {{"Units", "percent"},
                        {"SignConvention", "negative = loss"},
                        {"From", visits[change.from].session},
                        {"To", visits[change.to].session},
                        {"OutsideMeasured", "0 where changes are not read; MeasuredMask says where they are"},
                        {"MeasuredMask", measured_name},
                        {"CalibrationDriftRemoved", measurement.drift_removed},
                        {"SpatialReference", reference}};
    writing.push_back({2, [=, &measurement, &midpoint, &change, &sidecar] {
                         write_nifti_in_steps(file,
                                              change_map_percent(measurement.visits[change.from].volume_ratio,
                                                                 measurement.visits[change.to].volume_ratio, midpoint),
                                              change_step_percent);
                         sidecar.write(without_gz_ending(file),
                                       negative_is_loss +
                                           std::string("At each point of the person's average, from the Jacobian "
                                                       "determinant of the deformation between the two visits. The "
                                                       "change that the report gives for a tissue is the mean of this "
                                                       "map over the tissue's fraction, sharpened against the blur of "
                                                       "the registration"),
                                       both(sources, change), about);
                       }});
  }
}

Volume gray_and_white(const TissueMaps& joint) {
  Volume sum = joint.gm;
  parallel_voxels(sum.size(), [&](std::size_t n) { sum[n] += joint.wm[n]; });
  return sum;
}

// On the grid of the ratios, which is smaller: the maps of change with the tissue that they are of as weight.
std::vector<VertexValues> changes_beneath(const BrainSurface& surface, const Volume& parenchyma,
                                          const std::vector<VisitFiles>& visits, const Measurement& measurement) {
  std::vector<VertexValues> values;
  if (measurement.changes.empty()) return values;
  const Grid& grid = measurement.measured.grid;
  Volume weight = resample(parenchyma, grid);
  parallel_voxels(weight.size(), [&](std::size_t n) { weight[n] *= measurement.measured[n]; });
  for (const Change& change : measurement.changes)
    values.push_back({change_values_name(visits[change.from].session, visits[change.to].session),
                      values_beneath(surface,
                                     change_map_percent(measurement.visits[change.from].volume_ratio,
                                                        measurement.visits[change.to].volume_ratio, grid),
                                     weight)});
  return values;
}

void write_brain_surface(const fs::path& out, const std::string& participant_id, const std::vector<VisitFiles>& visits,
                         const std::string& reference, const ProcessedParticipant& processed,
                         const std::vector<std::string>& sources, const Sidecar& sidecar, Writing& writing) {
  // By far the longest, therefore the first.
  constexpr int before_all_others = 100;
  const fs::path file = surface_file(out, participant_id);
  writing.push_back(
      {before_all_others, [=, &visits, &processed, &sidecar] {
         const Volume parenchyma = gray_and_white(processed.joint_tissues);
         const BrainSurface surface = brain_surface(parenchyma);
         write_surface(file, {surface, changes_beneath(surface, parenchyma, visits, processed.measurement)});
         sidecar.write(
             fs::path(file).replace_extension(),
             "Surface of the brain (gray and white matter fill half a voxel or more) of the person's average, "
             "ventricles filled. Points are RAS mm, as in the NIfTI files of the midpoint space. " +
                 std::string(negative_is_loss) +
                 "At each point it is the mean of the map of change in the gray and white matter that is "
                 "measured near it (a Gaussian of 2.5 mm), because changes are not read in the outermost 3 mm "
                 "of the brain mask; 0 where nothing is measured near",
             sources, {{"Units", "percent"}, {"CoordinateSystem", "RAS"}, {"SpatialReference", reference}});
       }});
}

// By its name: what write_derivatives writes// By its name: what write_derivatives writes, and the quality picture.
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

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw ResourceError("The folder " + folder.string() + " cannot be made: " + error.message() +
                        "; choose another output folder or free it.");
}

void write_derivatives(const fs::path& out, const std::string& participant_id, const std::vector<VisitFiles>& visits,
                       const ProcessedParticipant& processed, const Json& provenance) {
  const Sidecar sidecar(provenance);
  std::vector<std::string> sources;
  for (const VisitFiles& visit : visits) sources.push_back(visit.scan.generic_string());

  const fs::path folder = out / participant_id;
  const std::string average_name = participant_id + "_space-midpoint_T1w";
  make_folders_inside(out, folder / "anat");
  Writing writing;
  writing.push_back({4, [=, &sidecar, &average = processed.measurement.average] {
                       write_nifti(image_file(folder / "anat" / average_name), average);
                       sidecar.write(folder / "anat" / average_name, "The person's unbiased average of all visits",
                                     sources);
                     }});
  const std::string reference = "bids::" + participant_id + "/anat/" + average_name + ".nii.gz";

  write_changes(out, participant_id, visits, reference, processed, sources, sidecar, writing);
  write_brain_surface(out, participant_id, visits, reference, processed, sources, sidecar, writing);

  for (std::size_t n = 0; n < visits.size(); ++n) {
    const std::string& session = visits[n].session;
    const fs::path anat = session.empty() ? folder / "anat" : folder / session / "anat";
    make_folders_inside(out, anat);
    const fs::path stem = anat / (session.empty() ? participant_id : participant_id + "_" + session);
    write_native(stem, processed, n, sources[n], sidecar, writing);
    write_midpoint(stem, reference, processed, n, sources[n], sidecar, writing);
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

void write_derivatives_description(const fs::path& out, const std::string& program_version) {
  write_json(out / "dataset_description.json",
             {{"Name", "Wane: brain atrophy from repeated T1-weighted MRI"},
              {"BIDSVersion", "1.8.0"},
              {"DatasetType", "derivative"},
              {"GeneratedBy", Json::array({{{"Name", "Wane"}, {"Version", program_version}}})}});
}

}  // namespace wane
