#include "pipeline/validation/fault_ladder.h"

#include <algorithm>

#include "base/error.h"

namespace wane {
namespace {

constexpr const char* kGood = "good";
constexpr double kDaysPerYear = 365.0;
// As strong as all confounds together in the ladder of known changes.
constexpr double kStrongRotationDegrees = 8.0;
constexpr double kStrongShiftMm = 10.0;
constexpr double kStrongBias = 0.4;
constexpr double kStrongNoise = 0.04;
constexpr double kStrongGain = 1.5;

// `changes`: of (gray, white) matter at each visit after the first.
FaultVariant variant(const std::string& name, const std::string& words,
                     const std::vector<std::pair<double, double>>& changes, double voxel_mm, std::uint64_t seed) {
  FaultVariant made{name, words, std::vector<VisitRequest>(changes.size() + 1), {}};
  for (std::size_t v = 0; v < made.visits.size(); ++v) {
    made.visits[v].days = kDaysPerYear * static_cast<double>(v);
    made.visits[v].voxel_mm = Vec3::Constant(voxel_mm);
    if (v == 0) continue;
    made.visits[v].gm_change_percent = changes[v - 1].first;
    made.visits[v].wm_change_percent = changes[v - 1].second;
  }
  made.options.seed = seed;
  made.options.planting_spacing_mm = std::clamp(voxel_mm, 1.0, 2.0);
  return made;
}

std::string head_number(std::size_t head) {
  const std::string number = std::to_string(head + 1);
  return std::string(number.size() < 2 ? 1 : 0, '0') + number;
}

std::string without_underscores(std::string name) {
  std::erase(name, '_');
  return name;
}

// All people of a head in their fixed order, numbered by it.
class PeopleBuilder {
 public:
  PeopleBuilder(const FaultLadderOptions& options, std::size_t head) : head_(head) {
    first_seed_ = (options.seed * 1000 + head + 1) * 1000;
  }
  void add(const std::string& fault, const std::string& words, const std::string& label_end, std::size_t variant_number,
           std::optional<FaultKind> kind = {}, std::optional<FaultStrength> strength = {}) {
    people_.push_back({"sub-" + head_number(head_) + label_end, fault, words, head_, variant_number, std::move(kind),
                       strength, first_seed_ + people_.size()});
  }
  std::vector<FaultPerson> finished() && { return std::move(people_); }

 private:
  std::size_t head_;
  std::uint64_t first_seed_ = 0;
  std::vector<FaultPerson> people_;
};

std::vector<FaultPerson> all_people(const FaultLadderOptions& options, std::size_t head) {
  PeopleBuilder people(options, head);
  const std::vector<FaultVariant> variants = fault_variants(options, head);
  for (std::size_t v = 0; v < variants.size(); ++v) people.add(kGood, variants[v].words, kGood + variants[v].name, v);
  for (const FaultKind& kind : harmless_kinds())
    people.add(kGood, kind.words, kGood + kind.name, 0, kind, kind.strengths.front());
  for (const FaultKind& kind : fault_kinds())
    for (const FaultStrength& strength : kind.strengths)
      people.add(kind.name, kind.words, without_underscores(kind.name) + name_of(strength.degree), 0, kind, strength);
  return std::move(people).finished();
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void require_known(const std::vector<std::string>& asked, const std::vector<std::string>& known, const char* what,
                   const char* flag) {
  for (const std::string& name : asked)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(std::string("There is no ") + what + " \"" + name + "\" (" + flag + "); there are " +
                       listed(known) + ".");
}

bool among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void FaultLadderOptions::validate() const {
  if (!(voxel_mm >= 0.5 && voxel_mm <= 4))
    throw UsageError("The voxels of the visits must be between 0.5 and 4 mm (--voxel).");
  if (seed > 1'000'000'000) throw UsageError("The seed must be at most 1000000000 (--seed).");
  std::vector<std::string> faults = {kGood}, of_degree;
  for (const FaultKind& kind : fault_kinds()) faults.push_back(kind.name);
  for (const Degree degree : all_degrees) of_degree.emplace_back(name_of(degree));
  require_known(only, faults, "fault", "--only");
  require_known(degrees, of_degree, "degree", "--degrees");
}

std::vector<FaultVariant> fault_variants(const FaultLadderOptions& options, std::size_t head) {
  const std::uint64_t seed = (options.seed * 1000 + head + 1) * 1000;
  const double voxel_mm = options.voxel_mm;
  std::vector<FaultVariant> variants = {
      variant("loss", "1 % lost", {{-1.0, -1.0}}, voxel_mm, seed),
      variant("zero", "nothing lost", {{0, 0}}, voxel_mm, seed + 1),
      variant("visits", "three visits", {{-0.7, -0.4}, {-1.6, -0.9}}, voxel_mm, seed + 2),
      variant("strong", "strong pose, shading, noise and gain", {{-1.0, -0.4}}, voxel_mm, seed + 3)};
  PlantOptions& strong = variants.back().options;
  strong.rotation_degrees = kStrongRotationDegrees;
  strong.shift_mm = kStrongShiftMm;
  strong.bias_amplitude = kStrongBias;
  strong.noise_fraction = kStrongNoise;
  strong.gain_range = kStrongGain;
  return variants;
}

std::vector<FaultPerson> fault_people(const FaultLadderOptions& options, std::size_t head) {
  options.validate();
  std::vector<FaultPerson> people = all_people(options, head);
  std::erase_if(people, [&](const FaultPerson& person) {
    if (!among(options.only, person.fault)) return true;
    return !person.good() && !among(options.degrees, name_of(person.strength->degree));
  });
  return people;
}

}  // namespace wane
