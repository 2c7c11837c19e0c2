// One rate per year from all visits of a participant. Sign convention: negative = loss.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/measurement/volumes.h"

namespace wane {

// Percent per year for each tissue, NaN for a tissue whose changes do not allow it; empty where no tissue has a rate:
// fewer than two dated visits that the changes link, or all of them on one day.
//
// `days[i]` is the day of visit i (any origin), empty where it is not known; `changes` name visits by their place in
// `days`. Undated visits take part in linking the others and not in the slope.
//
// 1. Every change is a difference of log volume, log(1 + percent / 100). The log volumes of the visits, up to one
//    common constant, are those that fit all changes best by least squares, each weighted by 1 / standard error^2
//    where all have one. Changes from 1 to 2, 2 to 3 and 1 to 3 are thus reconciled and none is preferred.
// 2. The slope of log volume over years is the least-squares line with free intercept, so that no visit is the
//    baseline: reversing time flips the sign of log(1 + rate / 100) and does nothing else. With standard errors and at
//    least three visits, each visit is weighted by the inverse of its own variance v_i, found by least squares from
//    standard_error_ij^2 = v_i + v_j and kept within a factor of 4 of the mean, so that no fit hangs on one visit.
// 3. rate = 100 (exp(slope) - 1): the percent lost or gained in a year at a steady relative rate. -1 % in half a year
//    is therefore -1.99 % and not -2 % per year.
std::optional<TissueValues> rates_percent_per_year(const std::vector<std::optional<double>>& days,
                                                   const std::vector<Change>& changes);

}  // namespace wane
