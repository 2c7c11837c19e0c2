#include "pipeline/run/participant_guard.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <new>
#include <string>

#include "base/error.h"
#include "base/parallel.h"

namespace wane {
namespace {

// Of work that ends normally.
TEST(ParticipantGuard, WhatTheWorkGivesIsTheOutcome) {
  const ParticipantOutcome outcome = outcome_of("sub-01", [] { return ParticipantState::kept; });
  EXPECT_EQ(outcome.state, ParticipantState::kept);
  EXPECT_EQ(outcome.exit_code, 0);
}

// It used to end the program, and with it the measurements of everybody else.
TEST(ParticipantGuard, AFailedAssertionOfEigenIsOneParticipantsFailure) {
  const Eigen::VectorXd values = Eigen::VectorXd::Zero(3);
  const ParticipantOutcome outcome = outcome_of("sub-01", [&] {
    double sum = 0;
    parallel_for(8, [&](std::size_t i) { sum += values(static_cast<Eigen::Index>(i)); });
    return ParticipantState::computed;
  });
  EXPECT_EQ(outcome.participant_id, "sub-01");
  EXPECT_EQ(outcome.state, ParticipantState::failed);
  EXPECT_EQ(outcome.exit_code, 70);
  EXPECT_EQ(outcome.reason.find("This is a bug in Wane, please report it: a condition of Eigen does not hold: "), 0U)
      << outcome.reason;
}

TEST(ParticipantGuard, EachKindOfFailureHasItsExitCode) {
  const auto code_of = [](auto thrown) {
    return outcome_of("sub-01", [&]() -> ParticipantState { throw thrown; }).exit_code;
  };
  EXPECT_EQ(code_of(InputError("a")), 3);
  EXPECT_EQ(code_of(ResourceError("a")), 5);
  EXPECT_EQ(code_of(std::filesystem::filesystem_error("a", std::make_error_code(std::errc::permission_denied))), 5);
  EXPECT_EQ(code_of(std::bad_alloc()), 5);
  EXPECT_EQ(code_of(std::out_of_range("a")), 70);
  EXPECT_EQ(code_of(7), 70) << "what is no exception at all";
}

}  // namespace
}  // namespace wane
