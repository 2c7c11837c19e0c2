// Each fault is what it says, and nothing else.
#include "pipeline/simulation/faults.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/error.h"
#include "imaging/morphology.h"
#include "pipeline/simulation/k_space.h"
#include "tests/pipeline/simulation/phantom.h"

namespace wane {
namespace {

// The phantom as a scan: tissue maps by the planter's own, values as they are.
KnownScan known_phantom(const Mat3& direction = Mat3::Identity(), double spacing_mm = 2.5) {
  const test::Phantom made = test::phantom(spacing_mm, direction);
  const SourceHead head = source_head(made.t1, made.brain);
  SimulatedVisit visit;
  visit.scan = head.t1;
  return known_scan(head, visit);
}

const KnownScan& ball() {
  static const KnownScan made = known_phantom();
  return made;
}

// Axes of a sagittal scan: i backwards, j down, k to the left.
Mat3 sagittal() {
  Mat3 axes;
  axes << 0, 0, 1, 1, 0, 0, 0, -1, 0;
  return axes;
}

// Value at a place, NaN outside.
float at_mm(const Volume& scan, const Vec3& lps_mm) {
  const Vec3 index = scan.grid.lps_to_index() * lps_mm;
  const int i = int(std::lround(index[0])), j = int(std::lround(index[1])), k = int(std::lround(index[2]));
  return scan.grid.contains(i, j, k) ? scan.at(i, j, k) : std::nanf("");
}

double largest_difference(const Volume& a, const Volume& b) {
  double most = 0;
  for (std::size_t n = 0; n < a.size(); ++n) most = std::max(most, std::abs(double(a[n]) - b[n]));
  return most;
}

const FaultKind& kind_of(const std::string& name) {
  for (const FaultKind& kind : fault_kinds())
    if (kind.name == name) return kind;
  throw std::logic_error("no fault " + name);
}

TEST(KnownScan, HasTheBrainItsTissuesAndTheirMeans) {
  const KnownScan& head = ball();
  EXPECT_NEAR(volume_ml(head.brain), 4.0 / 3 * 3.14159 * 31 * 31 * 31 / 1000, 3);
  EXPECT_NEAR(head.wm_mean, 130, 3);
  EXPECT_NEAR(head.gm_mean, 90, 3);
  EXPECT_NEAR(head.csf_mean, 30, 8);
}

TEST(BentHead, IsAnotherShapeOfTheSameTissue) {
  const SourceHead head = test::phantom_head(2.5), bent = bent_head(head, 7);
  EXPECT_NEAR(volume_ml(bent.brain), volume_ml(head.brain), 0.3 * volume_ml(head.brain));
  EXPECT_NE(bent_head(head, 8).t1.values, bent.t1.values);
}

TEST(Motion, WithoutMotionTheScanComesBack) {
  EXPECT_EQ(moved_while_scanned(ball().scan, 1, 0, 0, 1).values, ball().scan.values);
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_LT(largest_difference(moved_while_scanned(ball().scan, axis, 1e-9, 1e-9, 1), ball().scan), 0.01) << axis;
}

TEST(Motion, MoreMotionDisturbsMoreAndKeepsTheMean) {
  // The line at frequency 0 is not moved: each line's mean stays, but for the magnitude.
  const Volume little = moved_while_scanned(ball().scan, 1, 0.5, 0.5, 3);
  const Volume much = moved_while_scanned(ball().scan, 1, 5, 5, 3);
  const auto squares = [](const Volume& a) {
    double sum = 0;
    for (std::size_t n = 0; n < a.size(); ++n) sum += std::pow(double(a[n]) - ball().scan[n], 2);
    return sum;
  };
  EXPECT_GT(squares(little), 0);
  EXPECT_GT(squares(much), 10 * squares(little));
  const auto sum = [](const Volume& v) { return std::accumulate(v.values.begin(), v.values.end(), 0.0); };
  EXPECT_NEAR(sum(little) / sum(ball().scan), 1, 0.02);
}

TEST(Ghosting, AddsTheScanHalfAFieldOfViewAway) {
  Volume point(ball().scan.grid);
  point.at(10, 3, 20) = 100;
  const Volume ghost = ghosted(point, 1, 0.25);
  EXPECT_EQ(ghost.at(10, 3, 20), 100);
  EXPECT_EQ(std::accumulate(ghost.values.begin(), ghost.values.end(), 0.0), 125);
  const int half = point.grid.size[1] / 2;
  EXPECT_EQ(ghost.at(10, (3 - half + point.grid.size[1]) % point.grid.size[1], 20), 25);
}

TEST(Spike, AddsStripesOfItsAmplitudeAroundTheValues) {
  const Volume level(ball().scan.grid, 100);
  const Volume striped = with_spike(level, 10, 5);
  const auto [least, most] = std::minmax_element(striped.values.begin(), striped.values.end());
  EXPECT_NEAR(*least, 90, 0.1);
  EXPECT_NEAR(*most, 110, 0.1);
}

TEST(Noise, HasTheSigmaThatWasAskedFor) {
  const Volume level(ball().scan.grid, 1000);
  const Volume noisy = with_rician_noise(level, 10, 1);
  double square = 0;
  for (const float v : noisy.values) square += (v - 1000.0) * (v - 1000.0);
  EXPECT_NEAR(std::sqrt(square / double(level.size())), 10, 0.3);
  EXPECT_EQ(with_rician_noise(level, 0, 1).values, level.values);
  EXPECT_NE(with_rician_noise(level, 10, 2).values, noisy.values);
}

TEST(Coverage, CroppingAndBlankingTakeTheSamePlacesOffInAnyOrientation) {
  for (const Mat3& axes : {Mat3(Mat3::Identity()), sagittal()}) {
    const KnownScan head = known_phantom(axes);
    const Vec3 centre = head.scan.grid.centre_mm();
    const std::pair<HeadSide, Vec3> sides[] = {
        {HeadSide::top, Vec3::UnitZ()}, {HeadSide::bottom, -Vec3::UnitZ()}, {HeadSide::front, -Vec3::UnitY()}};
    for (const auto& [side, towards] : sides) {
      const Volume zero = blanked(head, side, 10), less = cropped(head, side, 10);
      EXPECT_EQ(at_mm(zero, centre + 27 * towards), 0);
      EXPECT_TRUE(std::isnan(at_mm(less, centre + 27 * towards)));
      EXPECT_EQ(at_mm(zero, centre + 15 * towards), at_mm(head.scan, centre + 15 * towards));
      EXPECT_EQ(at_mm(less, centre + 15 * towards), at_mm(head.scan, centre + 15 * towards));
      EXPECT_EQ(at_mm(less, centre - 37 * towards), at_mm(head.scan, centre - 37 * towards));
      std::size_t changed = 0, not_zero = 0;
      for (std::size_t n = 0; n < zero.size(); ++n) {
        changed += zero[n] != head.scan[n];
        not_zero += zero[n] != head.scan[n] && zero[n] != 0;
      }
      EXPECT_GT(changed, 0U);
      EXPECT_EQ(not_zero, 0U);
    }
  }
}

TEST(Coverage, WhatIsFoldedOverComesInAtTheOtherSideAndNothingIsLost) {
  const Volume folded = folded_over(ball(), -6);
  EXPECT_LT(folded.grid.size[1], ball().scan.grid.size[1]);
  const auto sum = [](const Volume& v) { return std::accumulate(v.values.begin(), v.values.end(), 0.0); };
  EXPECT_NEAR(sum(folded), sum(ball().scan), 1e-4 * sum(ball().scan));
  const Vec3 centre = ball().scan.grid.centre_mm();
  EXPECT_EQ(at_mm(folded, centre), at_mm(ball().scan, centre)) << "the middle stays where it is";
}

TEST(ThickSlices, AreMeansOverTheSameSpace) {
  Volume ramp(ball().scan.grid);
  for (int k = 0; k < ramp.grid.size[2]; ++k)
    for (int j = 0; j < ramp.grid.size[1]; ++j)
      for (int i = 0; i < ramp.grid.size[0]; ++i) ramp.at(i, j, k) = float(k);
  const Volume thick = thick_slices(ramp, 7.5);  // three of 2.5 mm
  EXPECT_EQ(thick.grid.size[2], ramp.grid.size[2] / 3);
  EXPECT_EQ(thick.grid.spacing_mm, Vec3(2.5, 2.5, 7.5));
  EXPECT_NEAR(thick.at(5, 5, 2), 7, 1e-3) << "the mean of slices 6, 7 and 8";
  EXPECT_NEAR((thick.grid.index_to_lps() * Vec3(0, 0, 2) - ramp.grid.index_to_lps() * Vec3(0, 0, 7)).norm(), 0, 1e-9);
  EXPECT_EQ(thick_slices(ramp, 2).values, ramp.values);
}

TEST(Geometry, AWrongSpacingChangesTheSpacingAlone) {
  const KnownScan head = known_phantom(sagittal());
  const Volume wrong = with_wrong_spacing(head.scan, 2, 20);  // upwards: the second axis here
  EXPECT_EQ(wrong.values, head.scan.values);
  EXPECT_EQ(wrong.grid.spacing_mm, Vec3(2.5, 3.0, 2.5));
  EXPECT_EQ(wrong.grid.origin_mm, head.scan.grid.origin_mm);
  EXPECT_EQ(wrong.grid.direction, head.scan.grid.direction);
}

TEST(Geometry, AMirroredScanShowsTheRightOnTheLeft) {
  const KnownScan head = known_phantom(sagittal());
  const Volume mirror = mirrored(head.scan);
  const Vec3 centre = head.scan.grid.centre_mm();
  EXPECT_EQ(mirror.values, head.scan.values);
  EXPECT_NEAR((mirror.grid.centre_mm() - centre).norm(), 0, 1e-9);
  EXPECT_LT(mirror.grid.direction.determinant() * head.scan.grid.direction.determinant(), 0);
  for (const Vec3& at : {Vec3(11.3, 3.2, -7.1), Vec3(-20.7, 8, 4)})
    EXPECT_EQ(at_mm(mirror, centre + at), at_mm(head.scan, centre + Vec3(-at[0], at[1], at[2])));
}

TEST(Geometry, ReorderedVoxelsStayAtTheirPlaces) {
  const Volume other = reordered(ball().scan, sagittal());
  EXPECT_EQ(other.grid.size,
            (std::array<int, 3>{ball().scan.grid.size[1], ball().scan.grid.size[2], ball().scan.grid.size[0]}));
  EXPECT_NEAR((other.grid.direction - sagittal()).norm(), 0, 1e-12);
  const Vec3 centre = ball().scan.grid.centre_mm();
  for (const Vec3& at : {Vec3(11.3, 3.2, -7.1), Vec3(-20.7, 8, 4), Vec3(0.7, 38, 0.7)})
    EXPECT_EQ(at_mm(other, centre + at), at_mm(ball().scan, centre + at));
}

TEST(Geometry, SlicesOutOfOrderAreTheSameSlices) {
  const Volume mixed = with_slices_out_of_order(ball(), 0.2);
  auto sorted = ball().scan.values, also = mixed.values;
  std::sort(sorted.begin(), sorted.end());
  std::sort(also.begin(), also.end());
  EXPECT_EQ(also, sorted);
  int moved = 0;
  for (int k = 0; k < mixed.grid.size[2]; ++k) moved += mixed.at(20, 20, k) != ball().scan.at(20, 20, k);
  EXPECT_GT(moved, 3);
  EXPECT_LE(moved, 0.25 * mixed.grid.size[2]);
}

TEST(Geometry, ADistortionMovesWhatIsFarFromTheMiddle) {
  const Volume far = distorted(ball().scan, 100);  // 35 mm out: by 4.3 mm
  const Vec3 centre = ball().scan.grid.centre_mm();
  EXPECT_NEAR(at_mm(far, centre + Vec3(5, 0, 0)), at_mm(ball().scan, centre + Vec3(5, 0, 0)), 8);
  EXPECT_LT(at_mm(ball().scan, centre + Vec3(36, 0, 0)) - at_mm(ball().scan, centre + Vec3(32, 0, 0)), 100);
  EXPECT_GT(at_mm(ball().scan, centre + Vec3(37.5, 0, 0)), 60) << "scalp";
  EXPECT_LT(at_mm(far, centre + Vec3(35, 0, 0)), 60) << "now CSF";
  EXPECT_EQ(distorted(ball().scan, 0).values.size(), ball().scan.size());
  EXPECT_LT(largest_difference(distorted(ball().scan, 0), ball().scan), 4) << "noise below 0 is cut off";
}

TEST(Values, ClippedOnesHeapUpAtTheLimitAndOthersStay) {
  const float limit = brain_quantile(ball().scan, ball().brain, 0.6);
  const Volume clip = clipped(ball().scan, limit);
  std::size_t at_limit = 0, brain = 0;
  for (std::size_t n = 0; n < clip.size(); ++n) {
    EXPECT_EQ(clip[n], std::min(ball().scan[n], limit));
    brain += ball().brain[n];
    at_limit += ball().brain[n] && clip[n] == limit;
  }
  EXPECT_NEAR(double(at_limit) / double(brain), 0.4, 0.01);
}

TEST(Values, WrappedOnesAreNegativeWhereTheyWereTooBright) {
  const Volume wrap = wrapped(ball().scan, 100);
  for (std::size_t n = 0; n < wrap.size(); ++n) {
    const double exact = std::nearbyint(327.67 * ball().scan[n]);
    if (ball().scan[n] < 99.9) {
      EXPECT_NEAR(wrap[n], exact, 1);
    } else if (ball().scan[n] > 100.1) {
      EXPECT_NEAR(wrap[n], exact - 65536, 1);
    }
  }
}

TEST(Values, ZScoresHaveMeanZeroAndDeviationOneInTheBrain) {
  const Volume z = z_scored(ball().scan, ball().brain);
  double sum = 0, square = 0, n = 0;
  for (std::size_t m = 0; m < z.size(); ++m) {
    if (!ball().brain[m]) continue;
    sum += z[m];
    square += z[m] * z[m];
    ++n;
  }
  EXPECT_NEAR(sum / n, 0, 1e-4);
  EXPECT_NEAR(square / n, 1, 1e-3);
}

TEST(Values, ShadingIsAsStrongInTheBrainAsAsked) {
  KnownScan level = ball();
  level.scan = Volume(level.scan.grid, 1);
  const Volume shade = shaded(level, 0.8, 4);
  double most = 0, anywhere = 0;
  for (std::size_t n = 0; n < shade.size(); ++n) {
    const double size = std::abs(std::log(double(shade[n])));
    if (level.brain[n]) most = std::max(most, size);
    anywhere = std::max(anywhere, size);
  }
  EXPECT_NEAR(most, 0.8, 1e-4);
  EXPECT_LE(anywhere, 1.6 + 1e-4);
}

TEST(Values, AirIsNoisyAndTheBrainStays) {
  const Volume noisy = with_noisy_air(ball(), 100, 2);
  const Vec3 centre = ball().scan.grid.centre_mm();
  EXPECT_NEAR(at_mm(noisy, centre), at_mm(ball().scan, centre), 0.01);
  EXPECT_GT(*std::max_element(noisy.values.begin(), noisy.values.begin() + 500), 60) << "a corner of the image";
}

TEST(Contrast, TheOrderOfTheTissuesIsWhatWasAskedFor) {
  const Volume t2 = with_contrast(ball(), {160, 90, 60, 0.5});
  const Vec3 centre = ball().scan.grid.centre_mm();
  EXPECT_NEAR(at_mm(t2, centre), 60, 5);
  EXPECT_NEAR(at_mm(t2, centre + Vec3(24, 0, 0)), 90, 8);
  EXPECT_GT(at_mm(t2, centre + Vec3(31, 0, 0)), 130) << "CSF";
  EXPECT_NEAR(at_mm(t2, centre + Vec3(38, 0, 0)), 0.5 * at_mm(ball().scan, centre + Vec3(38, 0, 0)), 0.1);
}

TEST(Contrast, OfGrayAndWhiteMatterIsCompressedAboutItsMiddle) {
  const Volume flat = with_tissue_contrast(ball(), 0.25);
  const Vec3 centre = ball().scan.grid.centre_mm();
  EXPECT_NEAR(at_mm(flat, centre), 115, 5);
  EXPECT_NEAR(at_mm(flat, centre + Vec3(24, 0, 0)), 105, 5);
  EXPECT_EQ(at_mm(flat, centre + Vec3(38, 0, 0)), at_mm(ball().scan, centre + Vec3(38, 0, 0)));
  EXPECT_LT(largest_difference(with_tissue_contrast(ball(), 1), ball().scan), 7) << "noise below 0 is cut off";
}

TEST(Contrast, InvertedIsDarkWhereItWasBright) {
  const Vec3 centre = ball().scan.grid.centre_mm(), air = centre + Vec3(45, 45, 0);
  const Volume head = inverted(ball(), false), all = inverted(ball(), true);
  for (const Volume* turned : {&head, &all}) EXPECT_LT(at_mm(*turned, centre), at_mm(*turned, centre + Vec3(24, 0, 0)));
  EXPECT_LT(at_mm(head, air), 20);
  EXPECT_GT(at_mm(all, air), 100);
}

TEST(Contrast, AnAgentBrightensTheCoveringAndNoTissueBelow) {
  const Volume bright = enhanced(ball(), 0.5, 300, 3);
  const Volume depth = signed_distance(ball().brain);
  std::size_t covering = 0, brightened = 0;
  for (std::size_t n = 0; n < bright.size(); ++n) {
    EXPECT_GE(bright[n], ball().scan[n]);
    if (depth[n] < -2 && depth[n] > -19) {
      EXPECT_EQ(bright[n], ball().scan[n]);
    }
    if (depth[n] > -1 && depth[n] < 3) {
      ++covering;
      brightened += bright[n] == 300;
    }
  }
  EXPECT_NEAR(double(brightened) / double(covering), 0.5, 0.1);
}

TEST(Brain, IsPeeledOnTheRightAlone) {
  const Mask peeled = peeled_on_the_right(ball().brain, 6);
  const Affine to_lps = ball().brain.grid.index_to_lps();
  const Vec3 centre = ball().brain.grid.centre_mm();
  std::size_t left = 0, right = 0;
  for (int k = 0; k < peeled.grid.size[2]; ++k)
    for (int j = 0; j < peeled.grid.size[1]; ++j)
      for (int i = 0; i < peeled.grid.size[0]; ++i)
        if (ball().brain.at(i, j, k) && !peeled.at(i, j, k))
          ++((to_lps * Vec3(i, j, k) - centre)[0] > 1.5 ? left : right);
  EXPECT_EQ(left, 0U);
  EXPECT_GT(right, 200U);
}

TEST(Brain, IsSmallerByWhatWasAskedFor) {
  const Volume smaller = with_smaller_brain(ball(), 40);
  const Vec3 centre = ball().scan.grid.centre_mm();
  // Radii times 0.843: white matter ends at 16.9 mm, and CSF begins at 23.6.
  EXPECT_NEAR(at_mm(smaller, centre + Vec3(10, 0, 0)), 130, 10);
  EXPECT_NEAR(at_mm(smaller, centre + Vec3(20, 0, 0)), 90, 10);
  EXPECT_NEAR(at_mm(smaller, centre + Vec3(28, 0, 0)), ball().csf_mean, 10);
  EXPECT_EQ(at_mm(smaller, centre + Vec3(38, 0, 0)), at_mm(ball().scan, centre + Vec3(38, 0, 0)));
}

TEST(NotAHead, MapsLieWithinTheBrain) {
  const Volume map = statistical_map(ball(), 3);
  double sum = 0;
  for (std::size_t n = 0; n < map.size(); ++n) {
    if (!ball().brain[n]) {
      EXPECT_EQ(map[n], 0);
    }
    sum += map[n];
  }
  EXPECT_NEAR(sum, 0, 1);
  EXPECT_LT(*std::min_element(map.values.begin(), map.values.end()), -1);
}

FaultScene scene() {
  FaultScene scene;
  scene.first = scene.second = known_phantom(Mat3::Identity(), 3);
  Volume other = scene.second.scan;
  for (float& v : other.values) v *= 1.5F;
  scene.others = {other, other};
  return scene;
}

TEST(FaultTable, EveryFaultIsPlantedInTheSecondVisitAndStoredAsItSays) {
  const FaultScene clean = scene();
  const Volume first = as_written(clean.first, clean.noise_fraction, noise_seed(5, 0));
  const Volume second = as_written(clean.second, clean.noise_fraction, noise_seed(5, 1));
  std::set<std::string> names;
  for (const FaultKind& kind : fault_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name << " is there twice";
    for (const FaultStrength& strength : kind.strengths) {
      const FaultyPair pair = plant_fault(kind, strength, clean, 5);
      const std::string what = kind.name + " " + name_of(strength.degree);
      EXPECT_EQ(pair.first.scan.values == first.values, !strength.both_visits) << what;
      const Grid& grid = pair.second.scan.grid;
      EXPECT_TRUE(pair.second.scan.values != second.values || !grid.matches(second.grid) || pair.second.without_forms)
          << what << " changes nothing";
      EXPECT_GE(*std::min_element(grid.size.begin(), grid.size.end()), 8) << what;
      if (pair.second.storage == Storage::float32) continue;
      const double least = pair.second.storage == Storage::scanner ? 0 : -32768;
      for (const float v : pair.second.scan.values) {
        ASSERT_EQ(v, std::nearbyint(v)) << what;
        ASSERT_GE(v, least) << what;
      }
    }
  }
}

TEST(FaultTable, DegreesGrow) {
  for (const FaultKind& kind : fault_kinds())
    for (std::size_t s = 1; s < kind.strengths.size(); ++s)
      EXPECT_LT(kind.strengths[s - 1].degree, kind.strengths[s].degree) << kind.name;
}

TEST(FaultTable, TheSameDataAreTheFirstVisitsVoxels) {
  const FaultScene clean = scene();
  const FaultKind& kind = kind_of("same_data");
  const FaultyPair twice = plant_fault(kind, kind.strengths.back(), clean, 5);
  EXPECT_EQ(twice.second.scan.values, twice.first.scan.values);
  const FaultyPair turned = plant_fault(kind, kind.strengths.front(), clean, 5);
  EXPECT_NE(turned.second.scan.values, turned.first.scan.values);
  const Vec3 centre = turned.first.scan.grid.centre_mm();
  for (const Vec3& at : {Vec3(11.3, 3.2, -7.1), Vec3(-20.7, 8, 4)})
    EXPECT_EQ(at_mm(turned.second.scan, centre + at), at_mm(turned.first.scan, centre + at));
}

TEST(FaultTable, WhatIsBlankHasNoNoiseAndTheRestIsTheUndisturbedVisit) {
  const FaultScene clean = scene();
  const Volume second = as_written(clean.second, clean.noise_fraction, noise_seed(5, 1));
  for (const char* name : {"zero_vertex", "zero_bottom", "zero_front"}) {
    const FaultKind& kind = kind_of(name);
    const Volume planted = plant_fault(kind, kind.strengths.back(), clean, 5).second.scan;
    std::size_t blank = 0;
    for (std::size_t n = 0; n < planted.size(); ++n) {
      if (planted[n] == second[n]) continue;
      ASSERT_EQ(planted[n], 0) << name;
      ++blank;
    }
    EXPECT_GT(blank, planted.size() / 10) << name;
  }
}

TEST(FaultTable, WithoutAnotherHeadThereIsNoOtherPerson) {
  FaultScene alone = scene();
  alone.others.clear();
  const FaultKind& kind = kind_of("another_person");
  EXPECT_THROW(plant_fault(kind, kind.strengths.front(), alone, 5), InputError);
}

TEST(FaultTable, TheSameBitsForAnyNumberOfThreads) {
  const FaultScene clean = scene();
  const int threads = omp_get_max_threads();
  for (const FaultKind& kind : fault_kinds()) {
    const FaultStrength& strength = kind.strengths.back();
    omp_set_num_threads(1);
    const FaultyPair one = plant_fault(kind, strength, clean, 9);
    omp_set_num_threads(3);
    const FaultyPair three = plant_fault(kind, strength, clean, 9);
    EXPECT_EQ(one.second.scan.values, three.second.scan.values) << kind.name;
  }
  omp_set_num_threads(threads);
}

}  // namespace
}  // namespace wane
