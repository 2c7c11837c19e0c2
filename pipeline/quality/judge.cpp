#include "pipeline/quality/judge.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

namespace wane {
namespace {

std::string number(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string signed_percent(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%+.2f %%", value);
  return text;
}

std::string percent(double share) {
  return number(100 * share, 0) + " %";
}

struct Limit {
  double value = 0;
  Verdict verdict = Verdict::pass;
};

// The verdict of a value that is bad where it is large, and the limit that gave it; `fail` may be absent.
Limit too_large(double value, double warn, std::optional<double> fail = std::nullopt) {
  if (fail && value >= *fail) return {*fail, Verdict::fail};
  return {warn, value >= warn ? Verdict::warn : Verdict::pass};
}

Limit too_small(double value, double warn, std::optional<double> fail = std::nullopt) {
  if (fail && value < *fail) return {*fail, Verdict::fail};
  return {warn, value < warn ? Verdict::warn : Verdict::pass};
}

Limit outside(double value, double least, double most, Verdict verdict) {
  if (value < least) return {least, verdict};
  return {most, value > most ? verdict : Verdict::pass};
}

void add(Quality& quality, const char* name, double value, const Limit& limit, const std::string& sentence) {
  quality.checks.push_back(
      {name, value, limit.value, limit.verdict, limit.verdict == Verdict::pass ? std::string() : sentence});
}

// Scans.

void judge_resolution(Quality& quality, const Vec3& voxel_mm, const QualityLimits& limits) {
  const double longest = voxel_mm.maxCoeff();
  const Limit limit = too_large(longest, limits.voxel_warn_mm, limits.voxel_fail_mm);
  add(quality, "resolution", longest, limit,
      "The scan's voxels are " + number(longest, 1) + " mm long along one axis: " +
          (limit.verdict == Verdict::fail ? "too coarse to measure a change of the brain; use a scan of 3 mm or finer."
                                          : "changes are uncertain; use a scan of 3 mm or finer if there is one."));
}

const char* const not_t1w_advice =
    "it may be T2-weighted, FLAIR, proton density, a tissue map, or inverted. Check that the right series was "
    "converted.";

void judge_contrast(Quality& quality, const ScanFacts& facts, const QualityLimits& limits) {
  // A strong bias field lowers the rank of white matter; the joint check looks again without it.
  constexpr double allowance_for_bias = 0.17;
  const double limit = limits.white_rank_fail - allowance_for_bias;
  add(quality, "t1w_contrast", facts.white_rank, too_small(facts.white_rank, limit, limit),
      "Only " + percent(facts.white_rank) +
          " of the brain is darker than white matter, so the scan is not T1-weighted: " + not_t1w_advice);
}

void judge_similarity(Quality& quality, double similarity, const QualityLimits& limits) {
  const Limit limit = too_small(similarity, limits.template_similarity_warn, limits.template_similarity_fail);
  add(quality, "template_alignment", similarity, limit,
      "The head agrees poorly with the template (" + number(similarity, 2) + "): " +
          (limit.verdict == Verdict::fail
               ? "the brain was not found. Check that the scan shows a whole T1-weighted head."
               : "the brain outline may be wrong. Look at it in the quality picture."));
}

// A poor agreement is enough where no other place comes near it, as in scans of poor contrast.
void judge_lead(Quality& quality, const ScanQualityInput& scan, const QualityLimits& limits) {
  const bool poor = scan.template_similarity < limits.template_similarity_warn;
  add(quality, "template_lead", scan.template_lead,
      poor ? too_small(scan.template_lead, limits.template_lead_fail, limits.template_lead_fail)
           : Limit{limits.template_lead_fail, Verdict::pass},
      "The head agrees poorly with the template, and could lie in another place about as well (" +
          number(scan.template_lead, 2) +
          " worse): the brain was not found for certain. Check that the scan shows a whole T1-weighted head.");
}

void judge_turn(Quality& quality, double turned_degrees, const QualityLimits& limits) {
  add(quality, "head_turned", turned_degrees, too_large(turned_degrees, limits.turned_warn_degrees),
      "The head lies turned by " + number(turned_degrees, 0) +
          " degrees from what the file says: the orientation in its header is probably wrong, and left and right may "
          "be exchanged. Convert the scan from DICOM again.");
}

void judge_ghosting(Quality& quality, const ScanFacts& facts, const QualityLimits& limits) {
  if (!facts.ghost_level) return;
  add(quality, "ghosting", *facts.ghost_level, too_large(*facts.ghost_level, limits.ghost_warn),
      "The air around the head is not dark (it varies by " + percent(*facts.ghost_level) +
          " of white matter's brightness): the head may have moved, or signal is folded over. Look at the scan.");
}

void judge_values(Quality& quality, const ScanValues& values, const QualityLimits& limits) {
  add(quality, "saturation", values.saturated_share,
      too_large(values.saturated_share, limits.saturated_warn, limits.saturated_fail),
      percent(values.saturated_share) +
          " of the brain holds the scan's largest value: bright values were cut off. Export the scan again without "
          "clipping.");
  add(quality, "wrapped_values", values.wrapped_share,
      too_large(values.wrapped_share, limits.wrapped_warn, limits.wrapped_fail),
      number(100 * values.wrapped_share, 2) +
          " % of the brain has values far below the air: values above the largest of the file's type came out "
          "negative. "
          "Convert the scan again.");
  add(quality, "scan_coverage", values.unseen_share, too_large(values.unseen_share, limits.unseen_warn),
      percent(values.unseen_share) +
          " of the inside of the skull is not in the scan: changes are measured in the rest. Check the field of view.");
}

void judge_orientation(Quality& quality, bool known) {
  quality.checks.push_back({"orientation", std::nullopt, std::nullopt, known ? Verdict::pass : Verdict::warn,
                            known
                                ? ""
                                : "The file does not say how the scan lies in space. Wane found the head by trying all "
                                  "ways, but left and right may be exchanged. Convert the scan from DICOM again."});
}

// Pairs.

std::string visits_in_words(const std::vector<std::string>& sessions) {
  std::string text;
  for (std::size_t n = 0; n < sessions.size(); ++n)
    text += (n == 0 ? "" : n + 1 == sessions.size() ? " and " : ", ") + sessions[n];
  return text;
}

// Bright vessels and meninges, as a contrast agent makes them, are no other person.
double identity(const PairAgreement& pair) {
  return std::max(pair.correlation, pair.capped_correlation.value_or(pair.correlation));
}

// Groups of visits that agree with each other, directly or through others.
std::vector<std::size_t> groups_of_agreement(std::size_t visits, const std::vector<PairAgreement>& agreement,
                                             double least) {
  std::vector<std::size_t> group(visits);
  std::iota(group.begin(), group.end(), std::size_t(0));
  for (const PairAgreement& pair : agreement) {
    if (identity(pair) < least) continue;
    const std::size_t keep = std::min(group[pair.from], group[pair.to]);
    const std::size_t lose = std::max(group[pair.from], group[pair.to]);
    std::replace(group.begin(), group.end(), lose, keep);
  }
  return group;
}

// The group with most visits; empty where two groups share that place.
std::optional<std::size_t> largest_group(const std::vector<std::size_t>& group) {
  std::map<std::size_t, std::size_t> sizes;
  for (const std::size_t g : group) ++sizes[g];
  std::size_t most = 0, with_most = 0, largest = 0;
  for (const auto& [g, size] : sizes) {
    if (size > most) {
      most = size;
      with_most = 0;
      largest = g;
    }
    with_most += size == most;
  }
  return with_most == 1 ? std::optional(largest) : std::nullopt;
}

bool is_mirrored(const PairAgreement& pair, const QualityLimits& limits) {
  return pair.mirrored_correlation && *pair.mirrored_correlation - pair.correlation >= limits.mirrored_excess_fail &&
         *pair.mirrored_correlation >= limits.same_person_fail;
}

// Free stretches bring the two together: the same head in another size, along one axis or all.
bool is_stretched(const PairAgreement& pair, const QualityLimits& limits) {
  return pair.stretch && pair.stretch->correlation >= limits.same_person_warn &&
         pair.stretch->axis_percent.cwiseAbs().maxCoeff() >= limits.voxel_size_fail_percent;
}

const char* const axis_names[] = {"first", "second", "third"};

std::string axis_in_words(const Vec3& axis_percent) {
  Eigen::Index worst = 0;
  axis_percent.cwiseAbs().maxCoeff(&worst);
  char text[96];
  std::snprintf(text, sizeof text, "by %+.1f %% along the %s axis of the image", axis_percent[worst],
                axis_names[worst]);
  return text;
}

std::string pair_words(const PersonQualityInput& input, std::size_t from, std::size_t to) {
  return input.visits[from].scan.session + " and " + input.visits[to].scan.session;
}

std::string size_sentence(const PersonQualityInput& input, const PairAgreement& pair) {
  return input.visits[pair.to].scan.session + " shows the head of " + input.visits[pair.from].scan.session +
         " in another size, " + axis_in_words(pair.stretch->axis_percent) +
         ": the voxel size in the header of one of the two is wrong, or they show two people. Convert both from DICOM "
         "again, and check whose they are.";
}

// One pair: whether it shows one head, as it is or mirrored.
std::vector<QualityCheck> identity_checks(const PersonQualityInput& input, const PairAgreement& pair,
                                          const QualityLimits& limits) {
  Quality quality;
  const std::string both = pair_words(input, pair.from, pair.to);
  if (is_mirrored(pair, limits)) {
    add(quality, "left_right", *pair.mirrored_correlation - pair.correlation,
        {limits.mirrored_excess_fail, Verdict::fail},
        both +
            " agree when one of them is mirrored: left and right are exchanged in one of the two. Convert both from "
            "the original images again.");
    return quality.checks;
  }
  if (is_stretched(pair, limits)) {
    add(quality, "voxel_size", pair.stretch->axis_percent.cwiseAbs().maxCoeff(),
        {limits.voxel_size_fail_percent, Verdict::fail}, size_sentence(input, pair));
    return quality.checks;
  }
  const double correlation = identity(pair);
  const std::string usual = number(limits.same_person_warn, 2);
  const Limit limit = too_small(correlation, limits.same_person_warn, limits.same_person_fail);
  add(quality, "same_person", correlation, limit,
      limit.verdict == Verdict::fail
          ? both + " do not show the same person: after alignment they agree by only " + number(correlation, 2) +
                " (scans of one person by " + usual + " and more). Check whose scans they are."
          : both + " agree poorly after alignment (" + number(correlation, 2) + "; scans of one person reach " + usual +
                "): check that they show the same person, and look for motion or "
                "another kind of scan.");
  return quality.checks;
}

void judge_identity(PersonQuality& result, const PersonQualityInput& input, const QualityLimits& limits) {
  if (input.visits.size() < 2) return;
  const auto group = groups_of_agreement(input.visits.size(), input.agreement, limits.same_person_fail);
  const auto largest = largest_group(group);
  std::vector<std::string> kept;
  for (std::size_t v = 0; v < group.size(); ++v)
    if (largest && group[v] == *largest) kept.push_back(input.visits[v].scan.session);
  for (std::size_t v = 0; v < group.size(); ++v) {
    if (largest && group[v] == *largest) continue;
    const PairAgreement* best = nullptr;
    const PairAgreement* stretched = nullptr;
    double mirrored_excess = 0;
    for (const PairAgreement& pair : input.agreement) {
      if (pair.from != v && pair.to != v) continue;
      if (is_mirrored(pair, limits)) mirrored_excess = *pair.mirrored_correlation - pair.correlation;
      if (is_stretched(pair, limits) && !stretched) stretched = &pair;
      // Two strangers that came together agree with each other: what fails is the agreement with the other visits.
      // With many visits not every pair is looked at, and a visit may be linked to its own group alone.
      const auto rank = [&](const PairAgreement& one) {
        return std::pair(group[one.from] != group[one.to], identity(one));
      };
      if (!best || rank(pair) > rank(*best)) best = &pair;
    }
    if (!best) continue;
    const bool mirrored = mirrored_excess > 0;
    std::string sentence = input.visits[v].scan.session;
    if (stretched && !mirrored) {
      result.visits[v].checks.push_back({"voxel_size", stretched->stretch->axis_percent.cwiseAbs().maxCoeff(),
                                         limits.voxel_size_fail_percent, Verdict::fail,
                                         size_sentence(input, *stretched)});
      continue;
    }
    if (input.visits.size() == 2 && !mirrored)
      sentence = pair_words(input, 0, 1) +
                 " do not show the same person. The scans cannot tell which is right: check whose they are.";
    else if (mirrored)
      sentence +=
          " is mirrored against the other visits, or they against it: left and right are exchanged. Convert "
          "the scans from the original images again.";
    else if (largest)
      sentence += " does not show the same person as " + visits_in_words(kept) + ". Check whose scan it is.";
    else
      sentence +=
          " shows another person than the other visits, or they do: the scans cannot tell which is right. "
          "Check whose scans they are.";
    result.visits[v].checks.push_back(
        {mirrored ? "left_right" : "same_person", identity(*best), limits.same_person_fail, Verdict::fail, sentence});
  }
}

void judge_same_data(PersonQuality& result, const PersonQualityInput& input) {
  for (std::size_t a = 0; a < input.visits.size(); ++a)
    for (std::size_t b = a + 1; b < input.visits.size(); ++b) {
      const std::string& print = input.visits[a].scan.fingerprint;
      if (print.empty() || print != input.visits[b].scan.fingerprint) continue;
      const std::string sentence = pair_words(input, a, b) +
                                   " hold the same data: one scan was filed twice. A change between them means "
                                   "nothing; find the missing scan.";
      for (const std::size_t v : {a, b})
        result.visits[v].checks.push_back({"same_data", std::nullopt, std::nullopt, Verdict::fail, sentence});
    }
}

void judge_enhancement(Quality& quality, const PersonQualityInput& input, std::size_t from, std::size_t to,
                       const QualityLimits& limits) {
  for (const Enhancement& found : input.enhancement) {
    if (found.from != from || found.to != to) continue;
    const double excess = found.bright_at_to_ml - found.bright_at_from_ml;
    add(quality, "contrast_agent", excess,
        too_large(std::abs(excess), limits.enhancement_warn_ml, limits.enhancement_fail_ml),
        number(std::abs(excess), 1) + " mL of vessels and meninges are much brighter at " +
            input.visits[excess > 0 ? to : from].scan.session + " than at " +
            input.visits[excess > 0 ? from : to].scan.session +
            ": a contrast agent was probably given at one visit only, which changes measured volumes. Use scans "
            "without "
            "it, or with it at both visits.");
  }
}

// Noise against the contrast of white and gray matter.
double noise_of(const VisitQualityInput& visit) {
  const double contrast = std::abs(1 - visit.joint.gray_to_white);
  return contrast > 0 ? visit.scan.facts.noise / contrast : 0;
}

// Two scans of one head with independent noise of variance n² correlate at s² / (s² + n²), where s² is the variance of
// the head itself in a neighborhood: that of the contrast of white and gray matter, n being given against it. What two
// scans agree less than that, motion, distortion or another contrast has cost. Bright air is noise of its own.
void judge_agreement_beyond_noise(Quality& quality, const PairAgreement& pair, const VisitQualityInput& a,
                                  const VisitQualityInput& b, const QualityLimits& limits) {
  constexpr double dark_air = 0.1;
  if (a.scan.values.surround > dark_air || b.scan.values.surround > dark_air) return;
  const double first = noise_of(a), second = noise_of(b);
  const double unexplained = 1 - identity(pair) - 0.5 * (first * first + second * second);
  add(quality, "agreement", unexplained, too_large(unexplained, limits.unexplained_warn),
      a.scan.session + " and " + b.scan.session +
          " agree less than their noise explains: the head may have moved in one of the two, or scanner or sequence "
          "changed. Look at both scans for ringing and double outlines.");
}

double relative_difference(double a, double b) {
  return a + b > 0 ? 2 * std::abs(a - b) / (a + b) : 0;
}

void judge_likeness(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b,
                    const QualityLimits& limits) {
  const double contrast = relative_difference(a.joint.contrast, b.joint.contrast);
  add(quality, "tissue_contrast", contrast, too_large(contrast, limits.contrast_change_warn),
      "The contrast between gray and white matter differs (" + percent(a.joint.contrast) +
          " of white matter's "
          "brightness at " +
          a.scan.session + ", " + percent(b.joint.contrast) + " at " + b.scan.session +
          "): scanner or sequence changed, which moves the borders between tissues.");
  const double sharpness = relative_difference(a.joint.border_steepness_per_mm, b.joint.border_steepness_per_mm);
  const bool second_blurred = b.joint.border_steepness_per_mm < a.joint.border_steepness_per_mm;
  add(quality, "sharpness", sharpness, too_large(sharpness, limits.sharpness_change_warn, limits.sharpness_change_fail),
      (second_blurred ? b : a).scan.session + " is less sharp than " + (second_blurred ? a : b).scan.session + " (by " +
          percent(sharpness) + "): the head may have moved, or the sequence changed. Look at both scans.");
  const double variation = relative_difference(a.joint.joint_variation, b.joint.joint_variation);
  const bool second_worse = b.joint.joint_variation > a.joint.joint_variation;
  add(quality, "tissue_scatter", variation,
      too_large(variation, limits.variation_change_warn, limits.variation_change_fail),
      "Gray and white matter are less uniform at " + (second_worse ? b : a).scan.session + " than at " +
          (second_worse ? a : b).scan.session + " (by " + percent(variation) +
          "): motion, noise, shading or another sequence. Look at both scans.");
}

// The range over the head's octants of the logarithm of white matter's brightness at one visit against the other.
double change_of_shading(const ScanFacts& a, const ScanFacts& b) {
  std::vector<double> ratios;
  for (std::size_t octant = 0; octant < a.white_by_octant.size(); ++octant)
    if (a.white_by_octant[octant] > 0 && b.white_by_octant[octant] > 0)
      ratios.push_back(std::log(b.white_by_octant[octant] / a.white_by_octant[octant]));
  if (ratios.empty()) return 0;
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  return *most - *least;
}

// How two visits differ in what surrounds and shades the head; neither enters the measurement by itself.
void judge_surroundings(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b,
                        const QualityLimits& limits) {
  const double shading = change_of_shading(a.scan.facts, b.scan.facts);
  add(quality, "shading", shading, too_large(shading, limits.shading_change_warn),
      "One part of the brain became brighter against another by " + percent(std::exp(shading) - 1) + " from " +
          a.scan.session + " to " + b.scan.session +
          ": the receive field was corrected at one visit only, or the coil changed. Use the same reconstruction.");
  if (!a.scan.facts.ghost_level || !b.scan.facts.ghost_level) return;
  const double first = *a.scan.facts.ghost_level, second = *b.scan.facts.ghost_level;
  const double ratio = std::min(first, second) > 0 ? std::max(first, second) / std::min(first, second) : 1;
  add(quality, "air_signal", ratio, too_large(ratio, limits.air_signal_ratio_warn),
      "The air around the head holds " + number(ratio, 1) + " times as much uneven signal at " +
          (second > first ? b : a).scan.session +
          " as at the other visit: the head may have moved, or signal leaks "
          "into the image. Look at both scans.");
}

void judge_voxels(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b) {
  constexpr double notable = 0.05;  // of a side; less is rounding in headers
  Vec3 first = a.scan.facts.voxel_mm, second = b.scan.facts.voxel_mm;
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  const double difference = (2 * (second - first).array() / (second + first).array().max(1e-6)).abs().maxCoeff();
  add(quality, "voxel_size_changed", difference, too_large(difference, notable),
      "The voxel sizes of " + a.scan.session + " and " + b.scan.session +
          " differ: the protocol changed. The finer scan is blurred to the coarser one, and changes are less certain.");
}

// What the skull shows: along each axis, the second visit against the first.
void judge_drift(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b,
                 const QualityLimits& limits) {
  if (!a.drift || !b.drift) return;
  const Vec3 found = b.drift->axis_percent - a.drift->axis_percent;
  const double most = found.cwiseAbs().maxCoeff();
  add(quality, "voxel_size", most, too_large(most, limits.voxel_size_warn_percent, limits.voxel_size_fail_percent),
      b.scan.session + " shows the skull of " + a.scan.session + " in another size, " + axis_in_words(found) +
          ": the voxel size in the header of one of the two is wrong, or the scanner's gradients changed.");
}

// One visit's values stand on another level than the other's, or both were moved below 0, which no scanner does.
void judge_background(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b) {
  const double of_a = a.scan.values.subtracted, of_b = b.scan.values.subtracted;
  const auto check = [&](Verdict verdict, const std::string& sentence) {
    quality.checks.push_back({"background", std::nullopt, std::nullopt, verdict, sentence});
  };
  if ((of_a != 0) != (of_b != 0)) {
    const bool second = of_b != 0;
    return check(Verdict::warn,
                 "The air of " + (second ? b : a).scan.session +
                     " was not at 0 and that of the other visit was: Wane subtracted " +
                     number(second ? of_b : of_a, 1) +
                     " from its values. The two were exported differently; export them alike if you can.");
  }
  if (of_a * of_b < 0)
    return check(Verdict::warn,
                 "The values of " + a.scan.session + " and " + b.scan.session +
                     " stand on different levels: the air was below 0 at one visit and above it at the "
                     "other. Wane moved both to 0. The two were exported differently; export them alike if "
                     "you can.");
  if (of_a < 0 && of_b < 0)
    return check(Verdict::warn,
                 "The values of " + a.scan.session + " and " + b.scan.session +
                     " lie below 0 in the air, as z-scores do: another program has probably changed both scans. "
                     "Wane moved the air back to 0; give the scans as the scanner exported them if you "
                     "can.");
  check(Verdict::pass, "");
}

void judge_unmeasured(Quality& quality, const VisitQualityInput& a, const VisitQualityInput& b,
                      const QualityLimits& limits) {
  const bool second = b.constant_head_ml >= a.constant_head_ml;
  const double most = std::max(a.constant_head_ml, b.constant_head_ml);
  add(quality, "constant_region", most, too_large(most, limits.constant_warn_ml),
      number(most, 0) + " mL of the head hold one constant value at " + (second ? b : a).scan.session +
          ": this part was not measured, and the change is that of the rest. Check the scan's field of view, and "
          "whether defacing cut into the brain.");
  judge_background(quality, a, b);
  const double air = std::abs(b.scan.values.surround - a.scan.values.surround);
  add(quality, "air_differs", air, too_large(air, limits.air_change_warn),
      "The air around the head is bright at " + (b.scan.values.surround > a.scan.values.surround ? b : a).scan.session +
          " and not at the other visit: the two are different kinds of image (MP2RAGE without a mask, for example).");
  if (a.scan.brain_extracted != b.scan.brain_extracted)
    quality.checks.push_back({"brain_extracted_at_one_visit", std::nullopt, std::nullopt, Verdict::warn,
                              (a.scan.brain_extracted ? a : b).scan.session +
                                  " came without skull and the other visit with it: the change is less certain. Give "
                                  "both with the skull if you can."});
}

void judge_registration(Quality& quality, const PersonQualityInput& input, const Change& change,
                        const QualityLimits& limits) {
  const VisitQualityInput& a = input.visits[change.from];
  const VisitQualityInput& b = input.visits[change.to];
  const double folded = std::max(a.folded_share, b.folded_share);
  add(quality, "folding", folded, too_large(folded, limits.folded_warn, limits.folded_fail),
      "The deformation between the visits folds in " + number(100 * folded, 2) +
          " % of the brain: the registration went wrong. Look at both scans.");
  add(quality, "convergence", input.last_step_mm, too_large(input.last_step_mm, limits.last_step_warn_mm),
      "The registration between the visits had not settled when it ended (its last step was " +
          number(input.last_step_mm, 2) + " mm): they differ by more than a brain changes. Look at both scans.");
  add(quality, "coverage", input.share_compared, too_small(input.share_compared, limits.compared_warn),
      "Only " + percent(input.share_compared) +
          " of the brain is seen at all visits: the change is that of this part. Check what the scans cover.");
}

// Of the difference of the two measurements: a wrong voxel size moves both alike, and is no reason for them to part.
double error_of_difference(const Change& change, double TissueValues::*tissue) {
  const double shared = change.errors ? change.errors->calibration_percent : 0;
  const double deformation = change.standard_error.*tissue, shift = change.boundary_shift->standard_error.*tissue;
  return std::sqrt(std::max(0.0, deformation * deformation + shift * shift - 2 * shared * shared));
}

// Of the brain and of gray matter, whichever parts more.
void judge_measurements(Quality& quality, const Change& change, const QualityLimits& limits) {
  if (!change.boundary_shift) return;
  double worst = 0;
  std::string sentence;
  const auto look = [&](const char* tissue, double TissueValues::*value) {
    const double first = change.percent.*value, second = change.boundary_shift->percent.*value;
    const double error = error_of_difference(change, value);
    const double parted = error > 0 ? std::abs(first - second) / error : 0;
    if (!(parted > worst)) return;
    worst = parted;
    sentence = std::string("The two measurements of ") + tissue + " disagree (" + signed_percent(first) +
               " by the deformation, " + signed_percent(second) +
               " by the boundary shift): one of them is wrong. Look at both scans before using this change.";
  };
  look("the brain", &TissueValues::brain);
  look("gray matter", &TissueValues::gray_matter);
  add(quality, "measurements_agree", worst, too_large(worst, limits.disagreement_warn, limits.disagreement_fail),
      sentence);
}

// The person.

void judge_brain(PersonQuality& result, const PersonQualityInput& input, const QualityLimits& limits) {
  Quality& quality = result.person;
  const BrainFacts& brain = input.brain;
  const bool extracted = std::any_of(input.visits.begin(), input.visits.end(),
                                     [](const VisitQualityInput& visit) { return visit.scan.brain_extracted; });
  add(quality, "intracranial_volume", brain.intracranial_ml,
      outside(brain.intracranial_ml, limits.intracranial_least_ml, limits.intracranial_most_ml, Verdict::warn),
      "The inside of the skull measures " + number(brain.intracranial_ml, 0) +
          " mL, which is unusual: look at the brain outline in the quality picture, and check the voxel sizes.");
  const double filled = brain.intracranial_ml > 0 ? brain.mask_ml / brain.intracranial_ml : 0;
  add(quality, "brain_in_skull", filled,
      outside(filled, limits.mask_to_intracranial_least, limits.mask_to_intracranial_most,
              extracted ? Verdict::warn : Verdict::fail),
      "The brain mask holds " + percent(filled) +
          " of the inside of the skull: it misses brain or includes tissue that is not brain. Look at the quality "
          "picture.");
  const double sides = std::abs(std::log(std::max(brain.left_to_right, 1e-3)));
  add(quality, "left_against_right", sides, too_large(sides, limits.left_to_right_warn, limits.left_to_right_fail),
      "One half of the brain mask is " + percent(sides) +
          " larger than the other: part of the brain is missing, or the mask leaks. Look at the quality picture.");
  add(quality, "mask_brightness", brain.bright_share,
      too_large(brain.bright_share, limits.mask_bright_warn, limits.mask_bright_fail),
      percent(brain.bright_share) +
          " of the brain mask is much brighter than any brain: it includes fat, eyes or vessels. Look at the quality "
          "picture.");
}

void judge_volumes(Quality& quality, const VisitQualityInput& visit, const QualityLimits& limits) {
  const TissueVolumes& volumes = visit.volumes_ml;
  add(quality, "brain_volume", volumes.brain,
      outside(volumes.brain, limits.brain_least_ml, limits.brain_most_ml, Verdict::fail),
      "The brain measures " + number(volumes.brain, 0) +
          " mL, which no whole brain does: look at the quality picture, and check the voxel sizes.");
  const double ratio = volumes.white_matter > 0 ? volumes.gray_matter / volumes.white_matter : 0;
  add(quality, "gray_to_white_volume", ratio,
      outside(ratio, limits.gray_to_white_volume_least, limits.gray_to_white_volume_most, Verdict::warn),
      "There is " + number(ratio, 1) +
          " times as much gray as white matter, which is unusual: the contrast may not be T1-weighted. Look at the "
          "quality picture.");
}

void judge_noise(Quality& quality, const VisitQualityInput& visit, const QualityLimits& limits) {
  const double noise = noise_of(visit);
  add(quality, "noise", noise, too_large(noise, limits.noise_warn, limits.noise_fail),
      "Noise is " + percent(noise) +
          " of the contrast between white and gray matter: the tissues can hardly be told apart.");
}

void judge_joint_contrast(Quality& quality, const VisitQualityInput& visit, const QualityLimits& limits) {
  add(quality, "t1w_tissues", visit.joint.white_rank,
      too_small(visit.joint.white_rank, limits.white_rank_warn, limits.white_rank_fail),
      "Only " + percent(visit.joint.white_rank) +
          " of the brain is darker than white matter, so the scan is not T1-weighted: " + not_t1w_advice);
  add(quality, "csf_contrast", visit.joint.csf_rank,
      too_large(visit.joint.csf_rank, limits.csf_rank_warn, limits.csf_rank_fail),
      percent(visit.joint.csf_rank) +
          " of the brain is darker than the fluid in the ventricles, which is the darkest part of a T1-weighted "
          "scan: " +
          not_t1w_advice);
}

}  // namespace

Quality judge_scan(const ScanQualityInput& scan, const QualityLimits& limits) {
  Quality quality;
  if (!scan.unusable.empty()) {
    quality.checks.push_back({usable_check, std::nullopt, std::nullopt, Verdict::fail, scan.unusable});
    return quality;
  }
  judge_similarity(quality, scan.template_similarity, limits);
  judge_lead(quality, scan, limits);
  judge_turn(quality, scan.turned_degrees, limits);
  judge_contrast(quality, scan.facts, limits);
  judge_ghosting(quality, scan.facts, limits);
  judge_resolution(quality, scan.facts.voxel_mm, limits);
  judge_values(quality, scan.values, limits);
  judge_orientation(quality, scan.orientation_known);
  return quality;
}

std::vector<Quality> judge_agreement(const PersonQualityInput& input, const QualityLimits& limits) {
  std::vector<Quality> result;
  for (const PairAgreement& pair : input.agreement) result.push_back({identity_checks(input, pair, limits)});
  return result;
}

std::vector<Quality> judge_measurement(const PersonQualityInput& input, const QualityLimits& limits) {
  std::vector<Quality> result;
  for (const Change& change : input.changes) {
    Quality quality;
    judge_registration(quality, input, change, limits);
    judge_measurements(quality, change, limits);
    result.push_back(std::move(quality));
  }
  return result;
}

PersonQuality judge_person(const PersonQualityInput& input, const QualityLimits& limits) {
  PersonQuality result;
  for (const VisitQualityInput& visit : input.visits) {
    Quality quality = judge_scan(visit.scan, limits);
    judge_noise(quality, visit, limits);
    judge_joint_contrast(quality, visit, limits);
    judge_volumes(quality, visit, limits);
    result.visits.push_back(std::move(quality));
  }
  judge_identity(result, input, limits);
  judge_same_data(result, input);
  judge_brain(result, input, limits);
  for (const Change& change : input.changes) {
    Quality quality;
    const VisitQualityInput& a = input.visits[change.from];
    const VisitQualityInput& b = input.visits[change.to];
    for (const PairAgreement& pair : input.agreement) {
      if (pair.from != change.from || pair.to != change.to) continue;
      for (QualityCheck& check : identity_checks(input, pair, limits)) quality.checks.push_back(std::move(check));
      judge_agreement_beyond_noise(quality, pair, a, b, limits);
    }
    judge_enhancement(quality, input, change.from, change.to, limits);
    judge_likeness(quality, a, b, limits);
    judge_surroundings(quality, a, b, limits);
    judge_voxels(quality, a, b);
    if (std::none_of(quality.checks.begin(), quality.checks.end(),
                     [](const QualityCheck& check) { return check.name == "voxel_size"; }))
      judge_drift(quality, a, b, limits);
    judge_unmeasured(quality, a, b, limits);
    judge_registration(quality, input, change, limits);
    judge_measurements(quality, change, limits);
    result.changes.push_back(std::move(quality));
  }
  return result;
}

void judge_dates(Quality& quality, const TissueValues& change, std::optional<double> days, double span_days,
                 const QualityLimits& limits) {
  std::erase_if(quality.checks, [](const QualityCheck& check) {
    return check.name == "interval" || check.name == "plausible_change" || check.name == "order_known";
  });
  const double size = std::abs(change.brain);
  const double years = days ? std::abs(*days) / 365.25 : 0;
  const double warn = limits.change_warn_percent + limits.rate_warn_percent_per_year * years;
  const double fail = limits.change_fail_percent + limits.rate_fail_percent_per_year * years;
  add(quality, "plausible_change", change.brain, std::isfinite(size) ? too_large(size, warn, fail) : Limit{},
      "The brain would have changed by " + signed_percent(change.brain) +
          (size >= fail ? ", which no brain does in this time: the scans cannot be compared. Look at both."
                        : ", which is unusual: look at both scans before using this change."));
  const auto order = [&](const char* sentence) {
    quality.checks.push_back({"order_known", days, std::nullopt, Verdict::warn, sentence});
  };
  if (!days)
    order(
        "The visits have no dates: which came first is not known, so the sign of the change is not known either. Give "
        "the days in sub-*_sessions.tsv.");
  else if (*days == 0)
    order(
        "The two visits have the same date: which came first is not known, so the sign of the change is not known "
        "either. Check the dates.");
  else if (*days < 0)
    order(
        "By its date the second of the two visits came first: the change is that against time. Check the dates, or "
        "give every visit one, so that Wane can order them.");
  if (!days) return;
  add(quality, "interval", std::abs(*days),
      {limits.interval_warn_days, span_days < limits.interval_warn_days ? Verdict::warn : Verdict::pass},
      "The visits span " + number(span_days, 0) +
          " days: over less than half a year a rate per year is mostly measurement error. Use the change.");
}

}  // namespace wane
