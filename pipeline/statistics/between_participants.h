// How much the true rates of participants differ: the standard deviation that the size of the next trial rests on.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace wane {

struct MeasuredRate {
  double score = 0;             // dose on the scale of the test
  double percent_per_year = 0;  // measured rate
  double standard_error = 0;    // of measurement, percent per year; 0: nothing is known of it
};

// Standard deviation between participants around the trend over the scores, percent per year.
struct BetweenParticipantsSd {
  double estimate = 0;
  // 95 %. Empty where the rates scatter less than their standard errors allow: no standard deviation, 0 included, fits
  // the scatter then, and the standard errors are probably too large.
  std::optional<double> interval_95_low, interval_95_high;
  std::size_t degrees_of_freedom = 0;  // participants - 2
};

// The rates are taken as normal around a straight line over the scores, with variance between^2 + standard_error_i^2.
// Q(between^2), the sum of squares around the line weighted by the inverse of these variances, then has a chi-square
// distribution with n - 2 degrees of freedom at the true value, for any n and for standard errors that differ; it falls
// as between^2 grows.
//
// interval: all values at which Q lies between the 2.5 % and 97.5 % quantiles, cut off at 0 (Q-profile; Viechtbauer
// 2007, Stat Med 26:37). Without standard errors it is the ordinary chi-square interval of a variance. It takes the
// standard errors as known and right; where they are too large, estimate and interval are too small.
// estimate: the value at which Q is its expectation n - 2, else 0 (Paule and Mandel 1982, J Res Natl Bur Stand 87:377).
//
// Difference of two mean variances would give the same estimate with equal standard errors, but no interval that holds
// at small n. Simulations in tests/pipeline/statistics/between_participants_test.cpp: 12 participants, coverage 95 %.
//
// Empty where there are fewer than three participants, or all scores are the same.
std::optional<BetweenParticipantsSd> between_participants_sd(const std::vector<MeasuredRate>& rates);

// Published standard deviation between patients, where a trial cannot tell its own: 0.498 % of the brain per year, of
// 70 patients with secondary progressive multiple sclerosis on placebo over 25 months (0.521 in the 70 on simvastatin;
// MS-STAT, Chataway et al. 2014, Lancet 383:2213, abstract). It includes the error of that measurement, the boundary
// shift integral, so that it is rather too large.
inline constexpr double published_brain_sd_percent_per_year = 0.498;
inline constexpr const char* published_brain_sd_source =
    "whole brain, 70 patients with secondary progressive multiple sclerosis on placebo: Chataway et al. 2014, "
    "Lancet 383:2213";

// Of gray and white matter no published value was found that could be checked. In relapsing multiple sclerosis both
// vary more between patients than the whole brain (Healy et al. 2009, J Neurol Neurosurg Psychiatry 80:1218, abstract),
// so that the brain's is a lower bound.
inline constexpr const char* published_tissue_sd_source = "Healy et al. 2009, J Neurol Neurosurg Psychiatry 80:1218";

}  // namespace wane
