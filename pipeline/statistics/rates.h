// One rate per year from all visits of a participant. Sign convention: negative = loss.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/measurement/volumes.h"

namespace wane {

struct RateOptions {
  double baseline_after_days = 0;  // visits before this day do not count in the rate (pseudo-atrophy)
};

struct Rate {
  double percent_per_year = 0;
  std::size_t visits = 0;                                   // that it rests on
  std::optional<double> standard_error;                     // percent per year, of noise and scale; see below
  std::optional<double> scale_error;                        // percent per year: the part that more visits do not reduce
  std::optional<double> interval_95_low, interval_95_high;  // of the measurement, percent per year
};

// Of one tissue. Empty where the visits do not allow it.
struct TissueRate {
  std::optional<Rate> rate;            // visits from day max(0, baseline_after_days) on
  std::optional<Rate> run_in;          // visits before day 0 and at it: the participant's own control
  std::optional<Rate> change_of_rate;  // rate - run_in; `visits` are those of both
};

struct TissueRates {
  TissueRate brain, gray_matter, white_matter;
};

// A visit with its log volume (natural logarithm, up to a constant of the participant) as all changes agree on it.
struct ReconciledVisit {
  std::size_t visit = 0;  // place in `days`
  double years = 0;
  double log_volume = 0;
  std::optional<double> variance;  // of log_volume, by noise; empty where changes have no standard errors
};

// The dated visits of one tissue that the changes link; empty where they fall apart or there is none. Step 1 below.
std::vector<ReconciledVisit> reconciled_visits(const std::vector<std::optional<double>>& days,
                                               const std::vector<Change>& changes, double TissueValues::*tissue);

// `days[i]` is the day of visit i (0 = the day of dosing, or the first visit), empty where it is not known; `changes`
// name visits by their place in `days`. Undated visits take part in linking the others and not in the slope.
//
// 1. Every change is a difference of log volume, log(volume_ratio(percent)). The log volumes of the visits, up to one
//    common constant, are those that fit all changes best by least squares, each weighted by 1 / noise^2 where all have
//    one. Changes from 1 to 2, 2 to 3 and 1 to 3 are thus reconciled and none is preferred. The scale error, which all
//    changes of a person share, gives no visit more weight than another (measurement/error_model.h).
// 2. The slope of log volume over years is the least-squares line with free intercept, so that no visit is the
//    baseline: reversing time flips the sign of the rate and does nothing else. With standard errors and at
//    least three visits, each visit is weighted by the inverse of its own variance v_i, found by least squares from
//    noise_ij^2 = v_i + v_j and kept within a factor of 4 of the mean, so that no fit hangs on one visit.
// 3. rate = percent_change(1, exp(slope)): what a year at a steady relative rate changes, in percent of the mean of its
//    two ends, as changes are given. A change over exactly one year is its own rate.
// 4. The standard error follows from the v_i. Where three or more visits scatter around the line more than the v_i
//    explain, it is enlarged by that ratio (Birge 1932) and the interval is Student's t with visits - 2 degrees of
//    freedom; else it is normal. Without standard errors it comes from the scatter alone (three visits or more). The
//    scale error, a share of the largest of the three tissues' rates, is added in squares. The interval is of the
//    measurement; it says nothing of other participants.
// 5. Visits before day 0 (run-in) never count in the rate. The visit at day 0 ends the run-in and begins the rate; the
//    standard error of the change of rate counts its error in both. Scale errors are the same before and after: theirs
//    is a share of the largest change of rate.
TissueRates participant_rate(const std::vector<std::optional<double>>& days, const std::vector<Change>& changes,
                             const RateOptions& options = {});

// The rates of the above alone: percent per year, NaN for a tissue without; empty where no tissue has one.
std::optional<TissueValues> rates_percent_per_year(const TissueRates& rates);
std::optional<TissueValues> rates_percent_per_year(const std::vector<std::optional<double>>& days,
                                                   const std::vector<Change>& changes, const RateOptions& options = {});

}  // namespace wane
