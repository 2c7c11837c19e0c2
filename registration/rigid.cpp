#include "registration/rigid.h"

#include <cmath>
#include <unsupported/Eigen/MatrixFunctions>

namespace wane {
namespace {

Mat3 cross_matrix(const Vec3& w) {
  Mat3 m;
  m << 0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0;
  return m;
}

// The matrix V with translation = V * (translational part of the twist).
Mat3 left_jacobian(const Vec3& w) {
  const double angle = w.norm();
  const Mat3 k = cross_matrix(w);
  if (angle < 1e-6) return Mat3::Identity() + 0.5 * k + k * k / 6.0;
  return Mat3::Identity() + (1 - std::cos(angle)) / (angle * angle) * k +
         (angle - std::sin(angle)) / (angle * angle * angle) * k * k;
}

}  // namespace

Affine rigid_exp(const Twist& twist) {
  const Vec3 w = twist.head<3>();
  const double angle = w.norm();
  Affine result = Affine::Identity();
  if (angle > 1e-12) result.linear() = Eigen::AngleAxisd(angle, w / angle).toRotationMatrix();
  result.translation() = left_jacobian(w) * twist.tail<3>();
  return result;
}

Twist rigid_log(const Affine& rigid) {
  const Eigen::AngleAxisd turn(Mat3(rigid.linear()));
  const Vec3 w = turn.angle() * turn.axis();
  Twist twist;
  twist << w, left_jacobian(w).inverse() * rigid.translation();
  return twist;
}

Affine nearest_rigid(const Affine& affine, const Vec3& centre_mm) {
  const Eigen::JacobiSVD<Mat3> svd(affine.linear(), Eigen::ComputeFullU | Eigen::ComputeFullV);
  Mat3 u = svd.matrixU();
  if ((u * svd.matrixV().transpose()).determinant() < 0) u.col(2) *= -1;
  Affine result = Affine::Identity();
  result.linear() = u * svd.matrixV().transpose();
  result.translation() = affine * centre_mm - result.linear() * centre_mm;
  return result;
}

Affine rigid_mean(const std::vector<Affine>& motions) {
  Affine mean = motions.at(0);
  for (int iteration = 0; iteration < 30; ++iteration) {
    Twist step = Twist::Zero();
    for (const Affine& m : motions) step += rigid_log(mean.inverse() * m);
    step /= double(motions.size());
    mean = mean * rigid_exp(step);
    if (step.norm() < 1e-12) break;
  }
  return mean;
}

Affine affine_mean(const std::vector<Affine>& transforms) {
  Affine mean = transforms.at(0);
  for (int iteration = 0; iteration < 30; ++iteration) {
    Eigen::Matrix4d step = Eigen::Matrix4d::Zero();
    for (const Affine& t : transforms) step += Eigen::Matrix4d((mean.inverse() * t).matrix().log());
    step /= double(transforms.size());
    mean = Affine(Eigen::Matrix4d(mean.matrix() * Eigen::Matrix4d(step.exp())));
    mean.makeAffine();
    if (step.norm() < 1e-12) break;
  }
  return mean;
}

double rotation_degrees(const Affine& rigid) {
  return Eigen::AngleAxisd(Mat3(rigid.linear())).angle() * 180.0 / EIGEN_PI;
}

}  // namespace wane
