// How many standard errors to either side of an estimate make its 95 % interval.
#pragma once

namespace wane {

inline constexpr double normal_quantile_975 = 1.959963984540054;  // of the standard normal distribution

}  // namespace wane
