// Eigen's assertions: one that fails must cost one participant, and not end the program.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <string>

#include "base/parallel.h"

namespace wane {
namespace {

TEST(EigenAssert, AnIndexOutsideThrowsAndSaysWhere) {
  const Eigen::VectorXd values = Eigen::VectorXd::Zero(3);
  volatile int outside = 7;
  try {
    static_cast<void>(values(outside));
    FAIL() << "no exception";
  } catch (const BrokenAssertion& error) {
    EXPECT_NE(std::string(error.what()).find("index >= 0 && index < size()"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("DenseCoeffsBase.h, line "), std::string::npos) << error.what();
  }
}

TEST(EigenAssert, SizesThatDoNotFitThrow) {
  volatile int columns = 3;
  const Eigen::MatrixXd left = Eigen::MatrixXd::Ones(2, columns), right = Eigen::MatrixXd::Ones(2, 2);
  EXPECT_THROW(static_cast<void>((left * right).eval()), BrokenAssertion);
  EXPECT_THROW(static_cast<void>((left + right).eval()), BrokenAssertion);
}

TEST(EigenAssert, OfAWorkerThreadItReachesTheCaller) {
  const Eigen::VectorXd values = Eigen::VectorXd::Zero(3);
  for (const int threads : {1, 3}) {
    omp_set_num_threads(threads);
    double sum = 0;
    EXPECT_THROW(parallel_for(64,
                              [&](std::size_t i) {
                                if (i >= 60) sum += values(static_cast<Eigen::Index>(i));
                              }),
                 BrokenAssertion);
    EXPECT_THROW(parallel_tasks(8, [&](std::size_t i) { sum += values(static_cast<Eigen::Index>(i)); }),
                 BrokenAssertion);
  }
}

}  // namespace
}  // namespace wane
