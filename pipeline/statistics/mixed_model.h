// Linear mixed model of all visits: random intercept and slope for each participant, fitted by REML.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace wane {

// One participant's visits.
struct ModelSubject {
  Eigen::MatrixXd fixed;   // rows: visits; columns: fixed effects, the same for all participants
  Eigen::VectorXd years;   // of each visit: the covariate of the random slope
  Eigen::VectorXd values;  // the response
};

struct FixedEffect {
  double estimate = 0, standard_error = 0;
  double degrees_of_freedom = 0;  // Satterthwaite; infinite for the normal approximation
  double t = 0, p_two_sided = 1;
  double low = 0, high = 0;  // 95 % interval by Student's t
};

struct MixedModel {
  std::vector<FixedEffect> effects;  // in the order of the columns
  double intercept_sd = 0;           // between participants
  double slope_sd = 0;               // between participants, per year
  double correlation = 0;            // of intercept and slope; 0 where one of them has no variance
  double residual_sd = 0;            // of a visit
  double reml_deviance = 0;          // -2 log restricted likelihood
  bool random_slope = true;          // false: not identifiable, only the intercept is random
  bool singular = false;             // a variance is estimated as 0, or the correlation as +-1
  bool converged = true;
  std::size_t subjects = 0, observations = 0;
  std::string note;  // sentences: fallback, singular fit, no convergence; empty where there is nothing to say
};

// y = X beta + b0 + b1 years + e, (b0, b1) ~ N(0, sigma^2 Lambda Lambda'), e ~ N(0, sigma^2). The restricted deviance
// is profiled over beta and sigma and minimised over the lower triangle of Lambda (theta of Bates et al. 2015, J Stat
// Softw 67:1) by Newton steps with its analytic gradient from several starts. Degrees of freedom as Kuznetsova et al.
// 2017 (J Stat Softw 82:13): Satterthwaite, from the Hessian of the deviance in (theta, sigma).
//
// The random slope needs more visits than twice the participants (as lme4 asks); else the intercept alone is random
// and `note` says so: two visits each cannot tell a person's own slope from measurement error. A variance estimated as
// 0 stays in the model, as in lme4, with `singular` set.
//
// Throws std::invalid_argument where the fixed effects are not independent or leave no degree of freedom, or the
// response does not vary around them; the text is the end of a sentence.
MixedModel fit_mixed_model(const std::vector<ModelSubject>& subjects);

}  // namespace wane
