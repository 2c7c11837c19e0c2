// docs/examples: programs in R and Python that read the tables of OUT, run on the sample trial and held against what
// Wane's own report says where both must say the same.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cases/program.h"

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

struct Row {
  double estimate = 0, standard_error = 0;
  int n = 0;
};
using Rows = std::map<std::string, Row>;  // by tissue, what and dose group: "brain mean A"

Rows rows_of(const std::string& table) {
  Rows rows;
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "tissue\twhat\tdose_group\testimate\tstandard_error\tn");
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string tissue, what, group;
    Row row;
    cells >> tissue >> what >> group >> row.estimate >> row.standard_error >> row.n;
    EXPECT_TRUE(cells) << line;
    rows[tissue + " " + what + " " + group] = row;
  }
  return rows;
}

const nlohmann::json& effect(const nlohmann::json& response, const std::string& name) {
  for (const nlohmann::json& each : response["mixed_model"]["effects"])
    if (each["name"] == name) return each;
  throw std::runtime_error("there is no effect " + name);
}

// Rates stand in the tables with 4 decimals, volumes with 3.
void expect_as_in_the_report(const Rows& rows, const fs::path& out) {
  const nlohmann::json report = json_of(out / "trial_atrophy.json");
  for (const char* tissue : {"brain", "gray_matter", "white_matter"}) {
    const nlohmann::json& response = report["dose_response"][tissue];
    const std::string name = tissue;
    const Row slope = rows.at(name + " slope all"), mixed = rows.at(name + " mixed all");
    EXPECT_NEAR(slope.estimate, response["slope_percent_per_year_per_dose"].get<double>(), 5e-5);
    EXPECT_EQ(slope.n, response["n"].get<int>());
    EXPECT_NEAR(mixed.estimate, effect(response, "dose x years")["estimate"].get<double>(), 5e-5);
    EXPECT_NEAR(mixed.standard_error, effect(response, "dose x years")["standard_error"].get<double>(), 5e-5);
    EXPECT_EQ(mixed.n, response["mixed_model"]["observations"].get<int>());
    for (const nlohmann::json& group : report["dose_groups"]) {
      const Row mean = rows.at(name + " mean " + group["dose_group"].get<std::string>());
      const nlohmann::json& rates = group["rates_percent_per_year"][tissue];
      EXPECT_NEAR(mean.estimate, rates["mean"].get<double>(), 1e-4);
      EXPECT_EQ(mean.n, rates["n"].get<int>());
    }
  }
}

// `has`: a command that succeeds where all that the example needs is there.
void expect_agreement(const std::string& interpreter, const std::string& has, const char* example) {
  if (shell(interpreter + " " + has).exit_code != 0) {
    const std::string sentence =
        interpreter + " lacks what docs/examples/" + example + " needs: tools/install-packages --tests installs it.";
    ASSERT_FALSE(is_continuous_integration()) << sentence;
    GTEST_SKIP() << sentence;
  }
  const SharedRun run = sample_trial_run();
  ASSERT_EQ(run.result.exit_code, 0) << run.result.err;
  const ProgramResult result =
      shell(interpreter + " " + quoted(fs::path(WANE_SOURCE_DIR) / "docs/examples" / example) + " " + quoted(run.out));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_as_in_the_report(rows_of(result.out), run.out);
}

TEST(Examples, RFindsTheSameSlopesAsTheReport) {
  expect_agreement("Rscript", "-e 'library(nlme)'", "dose_trend.R");
}

// Debian's own Python, which has Debian's packages.
TEST(Examples, PythonFindsTheSameSlopesAsTheReport) {
  expect_agreement("/usr/bin/python3 -B", "-c 'import pandas, statsmodels.formula.api'", "dose_trend.py");
}

}  // namespace
}  // namespace wane::cases
