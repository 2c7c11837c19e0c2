#include "registration/rigid.h"

#include <gtest/gtest.h>

#include "tests/registration/phantoms_for_tests.h"

namespace wane {
namespace {

double difference(const Affine& a, const Affine& b) {
  return (a.matrix() - b.matrix()).cwiseAbs().maxCoeff();
}

TEST(RigidExp, OfATranslationAloneIsThatTranslation) {
  Twist twist = Twist::Zero();
  twist.tail<3>() = Vec3(4, -5, 6);
  EXPECT_LT(difference(rigid_exp(twist), Affine(Eigen::Translation3d(4, -5, 6))), 1e-15);
}

TEST(RigidExp, OfAQuarterTurnIsWhatIsCalculatedByHand) {
  Twist twist;
  twist << 0, 0, EIGEN_PI / 2, EIGEN_PI / 2, 0, 0;  // goes round a circle of radius 1 for a quarter
  const Affine motion = rigid_exp(twist);
  EXPECT_LT((motion * Vec3(0, 0, 0) - Vec3(1, 1, 0)).norm(), 1e-12);
  EXPECT_LT((motion * Vec3(1, 0, 0) - Vec3(1, 2, 0)).norm(), 1e-12);
}

TEST(RigidLog, UndoesTheExponentialFromTinyToLargeAngles) {
  std::mt19937 random(1);
  for (const double angle : {0.0, 1e-13, 1e-9, 1e-7, 1e-5, 1e-3, 0.1, 1.0, 2.0, 3.0}) {
    Twist twist;
    twist << angle * test::random_point(random, 1).normalized(), test::random_point(random, 100);
    // An angle of 1e-9 is below what a rotation matrix of doubles can hold apart from 1 in its diagonal.
    EXPECT_LT((rigid_log(rigid_exp(twist)) - twist).cwiseAbs().maxCoeff(), 2e-6) << angle;
    const Affine motion = rigid_exp(twist);
    EXPECT_LT(difference(rigid_exp(rigid_log(motion)), motion), 2e-6) << angle;
  }
}

TEST(RigidLog, OfHalfAMotionIsHalfTheLog) {
  std::mt19937 random(2);
  const Affine motion = test::random_motion(random, 60, 50);
  const Affine half = rigid_exp(0.5 * rigid_log(motion));
  EXPECT_LT(difference(half * half, motion), 1e-10);
}

TEST(NearestRigid, OfARigidMotionIsItself) {
  std::mt19937 random(3);
  const Affine motion = test::random_motion(random, 80, 50);
  EXPECT_LT(difference(nearest_rigid(motion, Vec3(10, 20, 30)), motion), 1e-10);
}

TEST(NearestRigid, TakesStretchAwayAndKeepsTheCentre) {
  std::mt19937 random(4);
  const Affine motion = test::random_motion(random, 80, 50);
  Mat3 stretch;
  stretch << 1.2, 0.1, 0.05, 0.1, 0.9, -0.02, 0.05, -0.02, 1.1;  // symmetric: the polar factor that is taken away
  Affine affine = motion;
  affine.linear() = motion.linear() * stretch;
  const Vec3 centre(5, -10, 20);
  const Affine rigid = nearest_rigid(affine, centre);
  EXPECT_LT((rigid.linear() - motion.linear()).cwiseAbs().maxCoeff(), 1e-10);
  EXPECT_LT((rigid * centre - affine * centre).norm(), 1e-10);
}

TEST(RigidMean, OfTwoMotionsIsHalfWay) {
  std::mt19937 random(5);
  const Affine a = test::random_motion(random, 40, 30), b = test::random_motion(random, 40, 30);
  const Affine mean = rigid_mean({a, b});
  const Twist to_a = rigid_log(mean.inverse() * a), to_b = rigid_log(mean.inverse() * b);
  EXPECT_LT((to_a + to_b).norm(), 1e-9);
  EXPECT_GT(to_a.norm(), 0.1);
}

TEST(RigidMean, DoesNotDependOnTheOrderAndMovesWithTheMotions) {
  std::mt19937 random(6);
  const Affine a = test::random_motion(random, 30, 30), b = test::random_motion(random, 30, 30),
               c = test::random_motion(random, 30, 30), moved = test::random_motion(random, 90, 90);
  const Affine mean = rigid_mean({a, b, c});
  EXPECT_LT(difference(rigid_mean({c, a, b}), mean), 1e-9);
  EXPECT_LT(difference(rigid_mean({moved * a, moved * b, moved * c}), moved * mean), 1e-9);
  EXPECT_LT(difference(rigid_mean({a * moved, b * moved, c * moved}), mean * moved), 1e-9);
}

TEST(AffineMean, OfScalesIsTheGeometricMean) {
  const Affine mean =
      affine_mean({Affine(Eigen::Scaling(0.5)), Affine(Eigen::Scaling(1.0)), Affine(Eigen::Scaling(16.0))});
  EXPECT_LT(difference(mean, Affine(Eigen::Scaling(2.0))), 1e-9);
}

TEST(AffineMean, OfRigidMotionsIsTheRigidMean) {
  std::mt19937 random(7);
  const std::vector<Affine> motions{test::random_motion(random, 30, 30), test::random_motion(random, 30, 30),
                                    test::random_motion(random, 30, 30)};
  EXPECT_LT(difference(affine_mean(motions), rigid_mean(motions)), 1e-8);
}

TEST(RotationDegrees, IsTheAngleWhateverTheAxis) {
  const Affine turn =
      Eigen::Translation3d(1, 2, 3) * Affine(Eigen::AngleAxisd(37 * EIGEN_PI / 180, Vec3(1, -2, 0.5).normalized()));
  EXPECT_NEAR(rotation_degrees(turn), 37, 1e-9);
}

}  // namespace
}  // namespace wane
