#include "pipeline/validation/ladder.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/error.h"

namespace wane {
namespace {

constexpr double kDaysPerYear = 365.0;
constexpr double kThickSliceMm = 3.0;
constexpr double kDriftPercent = 0.5;  // of length: 1.5 % of volume, three years of atrophy
constexpr double kStrongRotationDegrees = 8.0;
constexpr double kStrongShiftMm = 10.0;
constexpr double kStrongBias = 0.4;
constexpr double kStrongNoise = 0.04;
constexpr double kStrongGain = 1.5;

struct Loss {
  const char* name;  // as in a label: no point
  double percent;
};
constexpr std::array<Loss, 5> kLosses = {{{"0p2", 0.2}, {"0p5", 0.5}, {"1p0", 1.0}, {"1p5", 1.5}, {"3p0", 3.0}}};

using Edit = std::function<void(Rung&)>;

void without_confounds(Rung& rung) {
  rung.options.rotation_degrees = rung.options.shift_mm = 0;
  rung.options.bias_amplitude = rung.options.noise_fraction = 0;
  rung.options.gain_range = 1;
}

void strong_pose(Rung& rung) {
  rung.options.rotation_degrees = kStrongRotationDegrees;
  rung.options.shift_mm = kStrongShiftMm;
}

void strong_bias(Rung& rung) {
  rung.options.bias_amplitude = kStrongBias;
}

void strong_noise(Rung& rung) {
  rung.options.noise_fraction = kStrongNoise;
}

void strong_gain(Rung& rung) {
  rung.options.gain_range = kStrongGain;
}

void thick_slices_last(Rung& rung) {
  Vec3& voxel_mm = rung.visits.back().voxel_mm;
  voxel_mm[2] = std::max(kThickSliceMm, voxel_mm[2]);
}

void larger_voxels_last(Rung& rung) {
  rung.visits.back().voxel_mm *= 1.25;
}

Edit drift_at_last(double percent) {
  return [percent](Rung& rung) { rung.visits.back().calibration_drift_percent = percent; };
}

// Builds the full ladder; places are fixed, so that a rung's seed does not depend on which others are there.
class LadderBuilder {
 public:
  LadderBuilder(const LadderOptions& options, std::size_t head) : options_(options), head_(head) {}

  Vec3 voxel() const {
    return {options_.voxel_mm, options_.voxel_mm, options_.slice_mm > 0 ? options_.slice_mm : options_.voxel_mm};
  }

  // `changes`: of (gray, white) matter at each visit after the first.
  Rung& add(const std::string& name, const std::string& kind, const std::vector<std::pair<double, double>>& changes) {
    Rung rung;
    rung.name = name;
    rung.kind = kind;
    rung.visits.resize(changes.size() + 1);
    for (std::size_t v = 0; v < rung.visits.size(); ++v) {
      rung.visits[v].days = kDaysPerYear * static_cast<double>(v);
      rung.visits[v].voxel_mm = voxel();
      if (v == 0) continue;
      rung.visits[v].gm_change_percent = changes[v - 1].first;
      rung.visits[v].wm_change_percent = changes[v - 1].second;
    }
    rung.options.seed = (options_.seed * 1000 + head_) * 1000 + rungs_.size();
    if (options_.bend) rung.options.person = rung.options.seed;
    rung.options.planting_spacing_mm = std::clamp(options_.voxel_mm, 1.0, 2.0);
    rungs_.push_back(rung);
    return rungs_.back();
  }

  // One percent lost in scans without confounds but those of `edits`.
  void add_confound(const std::string& name, const std::string& kind, const std::vector<Edit>& edits) {
    Rung& rung = add(name, kind, {{-1.0, -1.0}});
    without_confounds(rung);
    for (const Edit& edit : edits) edit(rung);
  }

  void add_all_together(const std::string& name, double gm, double wm, double drift_percent) {
    Rung& rung = add(name, "all confounds together", {{gm, wm}});
    for (const Edit& edit : {Edit(strong_pose), Edit(strong_bias), Edit(strong_noise), Edit(strong_gain),
                             Edit(thick_slices_last), drift_at_last(drift_percent)})
      edit(rung);
  }

  void add_exchanged(const std::string& name, const std::string& partner) {
    Rung rung = *std::find_if(rungs_.begin(), rungs_.end(), [&](const Rung& other) { return other.name == partner; });
    rung.name = name;
    rung.kind = "exchanged visits";
    rung.exchanged_of = partner;
    rungs_.push_back(rung);
  }

  std::vector<Rung> finished() && { return std::move(rungs_); }

 private:
  LadderOptions options_;
  std::size_t head_;
  std::vector<Rung> rungs_;
};

std::vector<Rung> full_ladder(const LadderOptions& options, std::size_t head) {
  LadderBuilder rungs(options, head);
  rungs.add("zero1", "zero change", {{0, 0}});
  rungs.add("zero2", "zero change", {{0, 0}});
  for (const Loss& loss : kLosses)
    rungs.add(std::string("loss") + loss.name, "loss of brain", {{-loss.percent, -loss.percent}});
  for (const Loss& loss : kLosses)
    rungs.add(std::string("gray") + loss.name, "loss of gray matter only", {{-loss.percent, 0}});
  rungs.add("white1p0", "loss of white matter only", {{0, -1.0}});
  rungs.add("growth0p5", "growth of brain", {{0.5, 0.5}});
  rungs.add("growth1p5", "growth of brain", {{1.5, 1.5}});

  rungs.add_confound("clean", "clean scans", {});
  rungs.add_confound("pose", "pose alone", {strong_pose});
  rungs.add_confound("bias", "bias field alone", {strong_bias});
  rungs.add_confound("noise", "noise alone", {strong_noise});
  rungs.add_confound("gain", "gain alone", {strong_gain});
  rungs.add_confound("voxels", "voxel size alone", {larger_voxels_last});
  rungs.add_confound("slices", "voxel size alone", {thick_slices_last});
  rungs.add_confound("driftup", "calibration drift alone", {drift_at_last(kDriftPercent)});
  rungs.add_confound("driftdown", "calibration drift alone", {drift_at_last(-kDriftPercent)});

  rungs.add_all_together("all1", -1.0, -0.4, kDriftPercent);
  rungs.add_all_together("all2", -2.0, -1.0, -kDriftPercent);
  rungs.add_all_together("all3", 0, 0, kDriftPercent);
  rungs.add("visits3", "three visits", {{-0.7, -0.4}, {-1.6, -0.9}});
  rungs.add_exchanged("exchanged1", "loss1p0");
  rungs.add_exchanged("exchanged2", "all1");
  return std::move(rungs).finished();
}

bool is_quick(const Rung& rung) {
  constexpr std::array kQuick = {"zero1", "loss1p0", "gray1p0", "all1", "visits3", "exchanged1"};
  return std::find(kQuick.begin(), kQuick.end(), rung.name) != kQuick.end();
}

void keep_only(std::vector<Rung>& rungs, const std::vector<std::string>& names) {
  std::set<std::string> kept;
  for (const std::string& name : names) {
    const auto rung = std::find_if(rungs.begin(), rungs.end(), [&](const Rung& other) { return other.name == name; });
    if (rung == rungs.end()) {
      std::string all;
      for (const Rung& other : rungs) all += (all.empty() ? "" : ", ") + other.name;
      throw UsageError("The ladder has no rung \"" + name + "\" (--rungs); it has " + all + ".");
    }
    kept.insert(name);
    kept.insert(rung->exchanged_of);
  }
  std::erase_if(rungs, [&](const Rung& rung) { return kept.count(rung.name) == 0; });
}

}  // namespace

void LadderOptions::validate() const {
  if (!(voxel_mm >= 0.5 && voxel_mm <= 4))
    throw UsageError("The voxels of the ladder must be between 0.5 and 4 mm (--voxel).");
  if (slice_mm != 0 && !(slice_mm >= voxel_mm && slice_mm <= 6))
    throw UsageError(
        "The slices of the ladder must be at least as thick as a voxel is wide and at most 6 mm (--slices).");
  if (seed > 1'000'000'000) throw UsageError("The ladder's seed must be at most 1000000000 (--seed).");
}

std::vector<Rung> ladder(const LadderOptions& options, std::size_t head) {
  options.validate();
  std::vector<Rung> rungs = full_ladder(options, head);
  if (options.quick) std::erase_if(rungs, [](const Rung& rung) { return !is_quick(rung); });
  if (!options.only.empty()) keep_only(rungs, options.only);
  return rungs;
}

std::string participant_label(std::size_t head, const Rung& rung) {
  const std::string number = std::to_string(head);
  return "sub-" + std::string(number.size() < 2 ? 1 : 0, '0') + number + rung.name;
}

}  // namespace wane
