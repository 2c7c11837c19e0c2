#include "pipeline/statistics/mixed_model.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "base/parallel.h"

namespace wane {
namespace {

using Eigen::Matrix2d;
using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::VectorXd;

constexpr std::size_t subjects_per_block = 256;  // a constant: sums have the same bits for any number of threads
constexpr Eigen::Index most_fixed_effects = 24;
constexpr std::size_t few_subjects = 1000;  // up to here several starts are tried
constexpr int most_steps = 200;
constexpr double singular_theta = 1e-4;  // as lme4's isSingular

// On the stack: a trial of 100 000 makes millions of them.
using Rows2 = Eigen::Matrix<double, 2, Eigen::Dynamic, Eigen::ColMajor, 2, most_fixed_effects>;

// What the likelihood needs of a participant: products of X (fixed), Z (1, years) and y.
struct Products {
  Matrix2d zz;
  Rows2 zx;
  Vector2d zy;
};

struct Problem {
  std::vector<Products> subjects;
  MatrixXd xx;
  VectorXd xy;
  double yy = 0;    // of the response minus `offset`
  VectorXd offset;  // fixed effects by ordinary least squares, taken off the response so that sums do not cancel
  double observations = 0;
  bool random_slope = true;

  Eigen::Index effects() const { return xx.rows(); }
  double free() const { return observations - static_cast<double>(effects()); }
  Eigen::Index parameters() const { return random_slope ? 3 : 1; }
};

Matrix2d lambda_of(const VectorXd& theta) {
  Matrix2d lambda = Matrix2d::Zero();
  lambda(0, 0) = theta(0);
  if (theta.size() == 3) {
    lambda(1, 0) = theta(1);
    lambda(1, 1) = theta(2);
  }
  return lambda;
}

// d(Lambda Lambda') / d theta_k
Matrix2d covariance_derivative(const Matrix2d& lambda, Eigen::Index k) {
  Matrix2d step = Matrix2d::Zero();
  step(k == 0 ? 0 : 1, k == 2 ? 1 : 0) = 1;
  return step * lambda.transpose() + lambda * step.transpose();
}

// Sums over participants with W = (I + Z Lambda Lambda' Z')^-1.
struct Sums {
  double log_determinant = 0;
  MatrixXd xwx;
  VectorXd xwy;
  double ywy = 0;
  Sums& operator+=(const Sums& other) {
    log_determinant += other.log_determinant;
    xwx += other.xwx;
    xwy += other.xwy;
    ywy += other.ywy;
    return *this;
  }
};

// (S^-1 + D)^-1 = Lambda-weighted inner part: Z'WZ = S - S Lambda M^-1 Lambda' S, M = I + Lambda' S Lambda.
Matrix2d inner(const Matrix2d& zz, const Matrix2d& lambda) {
  const Matrix2d m = Matrix2d::Identity() + lambda.transpose() * zz * lambda;
  return lambda * m.inverse() * lambda.transpose();
}

void add_product(const Rows2& a, const Rows2& b, MatrixXd& sum) {
  sum.noalias() += a.transpose().lazyProduct(b);
}

Sums sums_of(const Problem& problem, const Matrix2d& lambda) {
  const Eigen::Index p = problem.effects();
  const Sums zero{0, MatrixXd::Zero(p, p), VectorXd::Zero(p), 0};
  Sums total = parallel_sum(problem.subjects.size(), subjects_per_block, zero, [&](std::size_t begin, std::size_t end) {
    Sums sums = zero;
    for (std::size_t i = begin; i < end; ++i) {
      const Products& s = problem.subjects[i];
      const Matrix2d m = Matrix2d::Identity() + lambda.transpose() * s.zz * lambda;
      const Matrix2d k = lambda * m.inverse() * lambda.transpose();
      sums.log_determinant += std::log(m.determinant());
      const Rows2 kzx = -k * s.zx;
      add_product(s.zx, kzx, sums.xwx);
      sums.xwy.noalias() += kzx.transpose().lazyProduct(s.zy);
      sums.ywy -= s.zy.dot(k * s.zy);
    }
    return sums;
  });
  total.xwx += problem.xx;
  total.xwy += problem.xy;
  total.ywy += problem.yy;
  return total;
}

// The restricted deviance at theta, with what follows from it.
struct Fit {
  VectorXd theta;
  Matrix2d lambda;
  MatrixXd inverse;  // (X'WX)^-1
  VectorXd beta;
  double residual = 0;  // (y - X beta)' W (y - X beta)
  double log_determinants = 0;
  double deviance = 0;  // profiled over sigma
  double sigma_squared = 0;
};

Fit fit_at(const Problem& problem, const VectorXd& theta) {
  Fit fit;
  fit.theta = theta;
  fit.lambda = lambda_of(theta);
  const Sums sums = sums_of(problem, fit.lambda);
  const Eigen::LLT<MatrixXd> cholesky(sums.xwx);
  if (cholesky.info() != Eigen::Success) {
    fit.deviance = std::numeric_limits<double>::infinity();
    return fit;
  }
  fit.inverse = cholesky.solve(MatrixXd::Identity(problem.effects(), problem.effects()));
  fit.beta = cholesky.solve(sums.xwy);
  fit.residual = sums.ywy - fit.beta.dot(sums.xwy);
  if (!(fit.residual > 0)) {
    fit.deviance = std::numeric_limits<double>::infinity();
    return fit;
  }
  fit.log_determinants = sums.log_determinant + 2 * cholesky.matrixLLT().diagonal().array().log().sum();
  fit.sigma_squared = fit.residual / problem.free();
  fit.deviance = fit.log_determinants + problem.free() * (1 + std::log(2 * std::numbers::pi * fit.sigma_squared));
  return fit;
}

// dDeviance / d(Lambda Lambda') with 1 / sigma^2 = `precision`, and F_j'F_k sums for the derivative of (X'WX)^-1.
struct Slopes {
  Matrix2d covariance = Matrix2d::Zero();
  std::array<MatrixXd, 3> xwz_e_zwx;  // of the three derivatives of Lambda Lambda'
  Slopes& operator+=(const Slopes& other) {
    covariance += other.covariance;
    for (std::size_t k = 0; k < 3; ++k) xwz_e_zwx[k] += other.xwz_e_zwx[k];
    return *this;
  }
};

// `all`: also what only the degrees of freedom need.
Slopes slopes_of(const Problem& problem, const Fit& fit, double precision, bool all) {
  const Eigen::Index p = problem.effects();
  Slopes zero;
  for (auto& matrix : zero.xwz_e_zwx) matrix = MatrixXd::Zero(p, p);
  std::array<Matrix2d, 3> derivatives;
  for (Eigen::Index k = 0; k < 3; ++k) derivatives[static_cast<std::size_t>(k)] = covariance_derivative(fit.lambda, k);
  return parallel_sum(problem.subjects.size(), subjects_per_block, zero, [&](std::size_t begin, std::size_t end) {
    Slopes slopes = zero;
    for (std::size_t i = begin; i < end; ++i) {
      const Products& s = problem.subjects[i];
      const Matrix2d k = inner(s.zz, fit.lambda);
      const Matrix2d left = Matrix2d::Identity() - s.zz * k;  // Z'W = left Z'
      const Matrix2d zwz = left * s.zz;
      const Rows2 zwx = left * s.zx;
      const Vector2d zwe = left * (s.zy - s.zx * fit.beta);
      const Rows2 spread = zwx * fit.inverse;
      slopes.covariance += zwz - spread.lazyProduct(zwx.transpose()) - precision * zwe * zwe.transpose();
      for (Eigen::Index d = 0; all && d < problem.parameters(); ++d)
        add_product(zwx, derivatives[static_cast<std::size_t>(d)] * zwx, slopes.xwz_e_zwx[static_cast<std::size_t>(d)]);
    }
    return slopes;
  });
}

VectorXd gradient_at(const Problem& problem, const Fit& fit, double precision) {
  const Matrix2d slope = 2 * slopes_of(problem, fit, precision, false).covariance * fit.lambda;
  VectorXd gradient(problem.parameters());
  gradient(0) = slope(0, 0);
  if (problem.random_slope) {
    gradient(1) = slope(1, 0);
    gradient(2) = slope(1, 1);
  }
  return gradient;
}

VectorXd profiled_gradient(const Problem& problem, const VectorXd& theta) {
  const Fit fit = fit_at(problem, theta);
  return gradient_at(problem, fit, 1 / fit.sigma_squared);
}

// Central differences of a gradient, with one Richardson step where it has to be `accurate`.
template <class Gradient>
MatrixXd hessian_of(const VectorXd& at, const Gradient& gradient, bool accurate) {
  MatrixXd hessian(at.size(), at.size());
  for (Eigen::Index k = 0; k < at.size(); ++k) {
    const auto central = [&](double step) {
      VectorXd ahead = at, behind = at;
      ahead(k) += step;
      behind(k) -= step;
      return VectorXd((gradient(ahead) - gradient(behind)) / (2 * step));
    };
    const double step = 1e-3 * std::max(std::abs(at(k)), 1e-2);
    if (accurate)
      hessian.col(k) = (4 * central(step / 2) - central(step)) / 3;
    else
      hessian.col(k) = central(step);
  }
  return 0.5 * (hessian + hessian.transpose());
}

// Newton with absolute curvatures, so that it goes downhill everywhere, and halved steps.
Fit minimised(const Problem& problem, const VectorXd& start) {
  constexpr double settled = 1e-9;  // expected gain of a step; the next one's is about its square
  Fit best = fit_at(problem, start);
  int small_steps = 0;
  for (int step = 0; step < most_steps && std::isfinite(best.deviance) && small_steps < 2; ++step) {
    const VectorXd gradient = gradient_at(problem, best, 1 / best.sigma_squared);
    const MatrixXd hessian = hessian_of(
        best.theta, [&](const VectorXd& theta) { return profiled_gradient(problem, theta); }, false);
    if (!hessian.allFinite()) break;
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(hessian);
    const VectorXd curvature = eigen.eigenvalues().cwiseAbs().cwiseMax(1e-10);
    VectorXd move = -(eigen.eigenvectors() * (eigen.eigenvectors().transpose() * gradient).cwiseQuotient(curvature));
    const double longest = 0.5 * best.theta.norm() + 1;
    if (move.norm() > longest) move *= longest / move.norm();
    if (-0.5 * gradient.dot(move) < settled) ++small_steps;
    bool moved = false;
    for (double share = 1; share > 1e-9; share /= 2) {
      const Fit next = fit_at(problem, best.theta + share * move);
      // Near the minimum the deviance cannot tell points apart, but the gradient can.
      const double rounding = 1e-12 * (std::abs(best.deviance) + 1);
      if (!(next.deviance <= best.deviance + (share == 1 ? rounding : 0))) continue;
      best = next;
      moved = true;
      break;
    }
    if (!moved) break;
  }
  return best;
}

// Columns of Lambda have no sign; the diagonal is given as not negative.
VectorXd with_positive_diagonal(VectorXd theta) {
  if (theta(0) < 0) {
    theta(0) = -theta(0);
    if (theta.size() == 3) theta(1) = -theta(1);
  }
  if (theta.size() == 3) theta(2) = std::abs(theta(2));
  return theta;
}

// Theta by the method of moments: the spread of the participants' own intercepts and slopes beyond what the scatter
// around their own lines explains. A start, not an estimate.
VectorXd moment_start(const Problem& problem) {
  double slopes = 0, intercepts = 0, slope_noise = 0, intercept_noise = 0, residual = problem.yy, count = 0, free = 0;
  for (const Products& s : problem.subjects) {
    const double determinant = s.zz.determinant();
    if (!(determinant > 1e-9 * s.zz(0, 0) * s.zz(1, 1))) continue;
    const Matrix2d inverse = s.zz.inverse();
    const Vector2d line = inverse * s.zy;
    intercepts += line(0) * line(0);
    slopes += line(1) * line(1);
    intercept_noise += inverse(0, 0);
    slope_noise += inverse(1, 1);
    residual -= s.zy.dot(line);
    free += s.zz(0, 0) - 2;
    ++count;
  }
  const double noise = free > 0 ? std::max(residual / free, 1e-12) : 1.0;
  const auto ratio = [&](double squares, double inflation) {
    return count > 0 ? std::sqrt(std::max(squares / count / noise - inflation / count, 1e-2)) : 1.0;
  };
  if (!problem.random_slope) return VectorXd::Constant(1, std::clamp(ratio(intercepts, intercept_noise), 0.1, 1e3));
  return Eigen::Vector3d(std::clamp(ratio(intercepts, intercept_noise), 0.1, 1e4), 0,
                         std::clamp(ratio(slopes, slope_noise), 0.1, 1e4));
}

Fit best_fit(const Problem& problem) {
  std::vector<VectorXd> starts = {moment_start(problem)};
  const bool few = problem.subjects.size() <= few_subjects;
  if (few && problem.random_slope)
    for (const auto& [intercept, slope] : {std::pair{1.0, 1.0}, {30.0, 0.1}, {0.01, 3.0}})
      starts.push_back(Eigen::Vector3d(intercept, 0, slope));
  if (few && !problem.random_slope)
    for (const double intercept : {1.0, 30.0}) starts.push_back(VectorXd::Constant(1, intercept));
  Fit best;
  best.deviance = std::numeric_limits<double>::infinity();
  for (const VectorXd& start : starts) {
    const Fit fit = minimised(problem, start);
    if (fit.deviance < best.deviance - 1e-9 * std::abs(fit.deviance)) best = fit;
  }
  if (std::isfinite(best.deviance)) best = fit_at(problem, with_positive_diagonal(best.theta));
  return best;
}

// Variance of the estimated (theta, sigma): twice the inverse Hessian of the deviance that is not profiled over sigma,
// over the directions in which it curves upwards (at a variance of 0 there may be one in which it does not).
MatrixXd parameter_variance(const Problem& problem, const Fit& fit) {
  const Eigen::Index k = problem.parameters();
  VectorXd at(k + 1);
  at << fit.theta, std::sqrt(fit.sigma_squared);
  const MatrixXd hessian = hessian_of(
      at,
      [&](const VectorXd& x) {
        const Fit there = fit_at(problem, x.head(k));
        VectorXd gradient(k + 1);
        const double sigma = x(k);
        gradient << gradient_at(problem, there, 1 / (sigma * sigma)),
            2 * problem.free() / sigma - 2 * there.residual / (sigma * sigma * sigma);
        return gradient;
      },
      true);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(hessian);
  MatrixXd variance = MatrixXd::Zero(k + 1, k + 1);
  for (Eigen::Index i = 0; i <= k; ++i)
    if (eigen.eigenvalues()(i) > 1e-8)
      variance += 2 / eigen.eigenvalues()(i) * eigen.eigenvectors().col(i) * eigen.eigenvectors().col(i).transpose();
  return variance;
}

// d(sigma^2 (X'WX)^-1) / d(theta, sigma)
std::vector<MatrixXd> variance_slopes(const Problem& problem, const Fit& fit) {
  const Slopes slopes = slopes_of(problem, fit, 1 / fit.sigma_squared, true);
  std::vector<MatrixXd> result;
  for (Eigen::Index k = 0; k < problem.parameters(); ++k)
    result.push_back(fit.sigma_squared * fit.inverse * slopes.xwz_e_zwx[static_cast<std::size_t>(k)] * fit.inverse);
  result.push_back(2 * std::sqrt(fit.sigma_squared) * fit.inverse);
  return result;
}

std::vector<FixedEffect> effects_of(const Problem& problem, const Fit& fit) {
  const MatrixXd variance = parameter_variance(problem, fit);
  const auto slopes = variance_slopes(problem, fit);
  std::vector<FixedEffect> effects;
  for (Eigen::Index i = 0; i < problem.effects(); ++i) {
    FixedEffect effect;
    effect.estimate = problem.offset(i) + fit.beta(i);
    const double square = fit.sigma_squared * fit.inverse(i, i);
    effect.standard_error = std::sqrt(square);
    VectorXd gradient(static_cast<Eigen::Index>(slopes.size()));
    for (std::size_t k = 0; k < slopes.size(); ++k) gradient(static_cast<Eigen::Index>(k)) = slopes[k](i, i);
    effect.degrees_of_freedom = 2 * square * square / gradient.dot(variance * gradient);
    effect.t = effect.estimate / effect.standard_error;
    const boost::math::students_t student(effect.degrees_of_freedom);
    effect.p_two_sided = 2 * cdf(student, -std::abs(effect.t));
    const double half_width = quantile(student, 0.975) * effect.standard_error;
    effect.low = effect.estimate - half_width;
    effect.high = effect.estimate + half_width;
    effects.push_back(effect);
  }
  return effects;
}

void require_independent_effects(const std::vector<ModelSubject>& subjects, const Problem& problem) {
  if (problem.free() < 2)
    throw std::invalid_argument("there are " + std::to_string(static_cast<int>(problem.observations)) + " visits for " +
                                std::to_string(problem.effects()) + " fixed effects");
  // Columns to unit length first, so that units do not decide what counts as dependent.
  const VectorXd scale = problem.xx.diagonal().cwiseSqrt();
  if ((scale.array() <= 0).any()) throw std::invalid_argument("a fixed effect is 0 throughout");
  const MatrixXd scaled = scale.cwiseInverse().asDiagonal() * problem.xx * scale.cwiseInverse().asDiagonal();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(scaled);
  if (eigen.eigenvalues()(0) < 1e-10)
    throw std::invalid_argument("dose, time and covariates cannot be told apart in these participants");
  double residual = 0, total = 0;
  for (const auto& subject : subjects) {
    residual += (subject.values - subject.fixed * problem.offset).squaredNorm();
    total += subject.values.squaredNorm();
  }
  if (!(residual > 1e-20 * total))
    throw std::invalid_argument("the changes do not vary between participants or visits");
}

VectorXd least_squares(const std::vector<ModelSubject>& subjects) {
  const Eigen::Index p = subjects.front().fixed.cols();
  MatrixXd xx = MatrixXd::Zero(p, p);
  VectorXd xy = VectorXd::Zero(p);
  for (const auto& subject : subjects) {
    xx += subject.fixed.transpose() * subject.fixed;
    xy += subject.fixed.transpose() * subject.values;
  }
  return xx.completeOrthogonalDecomposition().solve(xy);
}

Problem problem_of(const std::vector<ModelSubject>& subjects) {
  Problem problem;
  if (subjects.empty()) throw std::invalid_argument("there is no participant");
  const Eigen::Index p = subjects.front().fixed.cols();
  if (p > most_fixed_effects)
    throw std::invalid_argument("there are " + std::to_string(p) + " fixed effects and at most " +
                                std::to_string(most_fixed_effects) + " are possible; use fewer covariates");
  problem.xx = MatrixXd::Zero(p, p);
  problem.xy = VectorXd::Zero(p);
  problem.offset = least_squares(subjects);
  for (const auto& subject : subjects) {
    Eigen::Matrix<double, Eigen::Dynamic, 2> z(subject.years.size(), 2);
    z.col(0).setOnes();
    z.col(1) = subject.years;
    const VectorXd values = subject.values - subject.fixed * problem.offset;
    problem.subjects.push_back({z.transpose() * z, z.transpose() * subject.fixed, z.transpose() * values});
    problem.xx += subject.fixed.transpose() * subject.fixed;
    problem.xy += subject.fixed.transpose() * values;
    problem.yy += values.squaredNorm();
    problem.observations += static_cast<double>(subject.years.size());
  }
  problem.random_slope = problem.observations > 2.0 * static_cast<double>(subjects.size());
  return problem;
}

bool is_singular(const Fit& fit) {
  if (std::abs(fit.theta(0)) < singular_theta) return true;
  return fit.theta.size() == 3 && std::abs(fit.theta(2)) < singular_theta;
}

}  // namespace

MixedModel fit_mixed_model(const std::vector<ModelSubject>& subjects) {
  const Problem problem = problem_of(subjects);
  if (!problem.random_slope && problem.observations <= static_cast<double>(subjects.size()))
    throw std::invalid_argument("no participant has two visits");
  require_independent_effects(subjects, problem);
  const Fit fit = best_fit(problem);
  if (!std::isfinite(fit.deviance)) throw std::invalid_argument("the likelihood has no maximum");

  MixedModel model;
  model.subjects = subjects.size();
  model.observations = static_cast<std::size_t>(problem.observations);
  model.random_slope = problem.random_slope;
  model.singular = is_singular(fit);
  model.reml_deviance = fit.deviance;
  model.effects = effects_of(problem, fit);
  const Matrix2d covariance = fit.sigma_squared * fit.lambda * fit.lambda.transpose();
  model.intercept_sd = std::sqrt(covariance(0, 0));
  model.slope_sd = std::sqrt(covariance(1, 1));
  if (model.intercept_sd > 0 && model.slope_sd > 0)
    model.correlation = covariance(0, 1) / (model.intercept_sd * model.slope_sd);
  model.residual_sd = std::sqrt(fit.sigma_squared);
  const VectorXd gradient = gradient_at(problem, fit, 1 / fit.sigma_squared);
  model.converged = gradient.norm() <= 1e-4 * (1 + std::abs(fit.deviance) * 1e-3);

  if (!model.random_slope)
    model.note +=
        "There are not more visits than twice the participants: a person's own slope cannot be told from measurement "
        "error, so that only the intercept is random (with two visits each, this is the regression of the change).";
  if (model.singular)
    model.note += std::string(model.note.empty() ? "" : " ") +
                  "The fit is singular: a variance between participants is estimated as 0, or intercept and slope as "
                  "fully correlated; its degrees of freedom are less certain.";
  if (!model.converged)
    model.note += std::string(model.note.empty() ? "" : " ") + "The fit did not converge: do not use it.";
  return model;
}

}  // namespace wane
