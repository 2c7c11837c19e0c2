#include "tests/faults/tiny_trial.h"

#include <algorithm>
#include <fstream>

#include "imaging/nifti.h"
#include "imaging/resample.h"
#include "pipeline/dataset/template_folder.h"

namespace wane::faults {

namespace fs = std::filesystem;

namespace {

// Heads of 6 mm voxels that claim to be of 3 mm: half as large as people's, for what takes time by the millimetre.
constexpr double voxel_mm = 6, shrunk = 0.5;

template <class T>
Image<T> half_size(Image<T> image) {
  image.grid.spacing_mm *= shrunk;
  image.grid.origin_mm *= shrunk;
  return image;
}

Volume tiny(const Volume& volume) {
  return half_size(downsampled(volume, voxel_mm));
}

Mask tiny(const Mask& mask) {
  Volume volume(mask.grid);
  for (std::size_t n = 0; n < volume.size(); ++n) volume[n] = mask[n];
  const Volume small = tiny(volume);
  Mask result(small.grid);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = small[n] >= 0.5F ? 1 : 0;
  return result;
}

void write_tiny_template(const fs::path& folder) {
  const HeadTemplate full = read_template(fs::path(WANE_BINARY_DIR) / "share/wane/template");
  write_template(folder, {tiny(full.head), tiny(full.brain_probability), tiny(full.gm_prior), tiny(full.wm_prior),
                          tiny(full.csf_prior), tiny(full.intracranial_mask)});
}

// The head stretched by a percentage about its middle, along each axis otherwise, and as bright as the person's.
Volume scan(const Volume& head, double stretch_percent, double brightness) {
  const Vec3 centre = head.grid.centre_mm();
  Affine to_head = Affine::Identity();
  to_head.translate(centre);
  to_head.scale(Vec3(1, 1 + 0.5 * stretch_percent / 100, 1 + stretch_percent / 100));
  to_head.translate(-centre);
  Volume made = resample(head, head.grid, to_head, Interpolation::cubic);
  for (float& value : made.values) value = std::max(0.F, value * static_cast<float>(brightness));
  return made;
}

std::string id_of(int person) {
  return (person < 10 ? "sub-0" : "sub-") + std::to_string(person);
}

// Heads of nine shapes, and steps between them that are too small to matter: no two scans hold the same data, which the
// group's checks would find.
struct Shape {
  double stretch_percent, brightness;
};
Shape shape_of(int person) {
  const int shape = (person - 1) % 9, turn = (person - 1) / 9;
  return {shape - 1 + 0.002 * turn, 1 + 0.05 * (shape + 1)};
}

}  // namespace

TinyTrial make_tiny_trial(const fs::path& folder, int people) {
  const TinyTrial trial{folder / "dataset", folder / "template"};
  write_tiny_template(trial.template_folder);
  const Volume head = tiny(read_nifti(sample_head()).volume);
  fs::create_directories(trial.dataset);
  std::ofstream table(trial.dataset / "participants.tsv");
  table << "participant_id\tdose_group\tdose\n";
  for (int person = 1; person <= people; ++person) {
    table << id_of(person) << (person % 2 == 1 ? "\tA\t1\n" : "\tB\t2\n");
    for (int visit = 1; visit <= 2; ++visit) {
      const fs::path file = scan_of(trial, id_of(person), "ses-0" + std::to_string(visit));
      fs::create_directories(file.parent_path());
      const Shape shape = shape_of(person);
      write_nifti(file, scan(head, shape.stretch_percent + (visit == 2 ? 0.3 : 0), shape.brightness));
    }
    std::ofstream(trial.dataset / id_of(person) / (id_of(person) + "_sessions.tsv"))
        << "session_id\tdays_since_baseline\nses-01\t0\nses-02\t365\n";
  }
  return trial;
}

fs::path sample_head() {
  return WANE_COLIN27;
}

std::vector<std::string> arguments_for(const std::string& command, const TinyTrial& trial, const fs::path& out) {
  // Half-size heads are no heads to the quality checks, which are not what is tried here.
  std::vector<std::string> arguments = {command, trial.dataset, out, "--threads", "1", "--quality", "report"};
  if (command == "group" || command == "unblind") return arguments;
  const std::vector<std::string> quick = {"--sloppy",
                                          "--template",
                                          trial.template_folder,
                                          "--conform-search-angle-degrees",
                                          "5",
                                          "--conform-working-spacing-mm",
                                          "8",
                                          "--align-spacing-mm",
                                          "4",
                                          "--align-margin-mm",
                                          "10",
                                          "--extract-warp-spacing-mm",
                                          "4",
                                          "--measure-iterations",
                                          "1",
                                          "--measure-calibration",
                                          "false"};
  arguments.insert(arguments.end(), quick.begin(), quick.end());
  return arguments;
}

fs::path scan_of(const TinyTrial& trial, const std::string& participant, const std::string& session) {
  return trial.dataset / participant / session / "anat" / (participant + "_" + session + "_T1w.nii.gz");
}

}  // namespace wane::faults
