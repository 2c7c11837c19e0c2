#include "pipeline/validation/ladder_dataset.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/broken/scratch_folder.h"
#include "tests/pipeline/simulation/phantom.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

Rung small_rung() {
  Rung rung;
  rung.name = "loss";
  rung.visits.resize(2);
  rung.visits[1].days = 365;
  rung.visits[1].gm_change_percent = -2;
  rung.visits[1].wm_change_percent = -1;
  for (auto& visit : rung.visits) visit.voxel_mm = Vec3::Constant(3);
  rung.options.planting_spacing_mm = 3;
  rung.options.margin_mm = 12;
  return rung;
}

nlohmann::json json_of(const fs::path& file) {
  std::ifstream in(file);
  return nlohmann::json::parse(in);
}

class LadderDataset : public testing::Test {
 protected:
  void simulate(const Rung& rung, const std::string& source = R"({"version": "1"})") const {
    simulate_rung(dataset_, scratch_ / "unfinished", "sub-01", rung, head_, source);
  }
  bool there(const Rung& rung, const std::string& source = R"({"version": "1"})") const {
    return is_simulated(dataset_, "sub-01", rung, source);
  }
  const broken::ScratchFolder scratch_;
  const fs::path dataset_ = scratch_ / "dataset";
  const SourceHead head_ = test::phantom_head();
};

TEST_F(LadderDataset, APersonIsKeptWhereRequestAndSourceAreTheSame) {
  Rung rung = small_rung();
  EXPECT_FALSE(there(rung));
  simulate(rung);
  EXPECT_TRUE(there(rung));
  EXPECT_TRUE(fs::exists(dataset_ / "sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz"));
  EXPECT_FALSE(fs::exists(scratch_ / "unfinished"));
  EXPECT_FALSE(there(rung, R"({"version": "2"})"));
  rung.options.noise_fraction = 0.01;
  EXPECT_FALSE(there(rung));
}

TEST_F(LadderDataset, OneThatWasBrokenOffIsSimulatedAnew) {
  const Rung rung = small_rung();
  simulate(rung);
  fs::remove(dataset_ / "truth/sub-01.json");  // as if it had been stopped before the end
  fs::remove(dataset_ / "sub-01/sub-01_sessions.tsv");
  fs::create_directories(scratch_ / "unfinished/sub-01");
  EXPECT_FALSE(there(rung));
  simulate(rung);
  EXPECT_TRUE(there(rung));
  EXPECT_TRUE(fs::exists(dataset_ / "sub-01/sub-01_sessions.tsv"));
}

TEST_F(LadderDataset, ExchangedVisitsHaveTheOtherOrderAndTheTruthThatFollows) {
  Rung rung = small_rung();
  simulate(rung);
  const auto truth = json_of(dataset_ / "truth/sub-01.json");
  rung.exchanged_of = "loss";
  EXPECT_FALSE(there(rung)) << "the right order is not taken for the exchanged one";
  simulate(rung);
  const auto exchanged = json_of(dataset_ / "truth/sub-01.json");
  const double ratio = 1 + truth["visits"][1]["brain_change_percent"].get<double>() / 100;
  EXPECT_EQ(exchanged["visits"][0]["brain_change_percent"], 0);
  EXPECT_NEAR(exchanged["visits"][1]["brain_change_percent"].get<double>(), 100 * (1 / ratio - 1), 1e-9);
  EXPECT_EQ(exchanged["visits"][0]["days"], 0);
  EXPECT_EQ(exchanged["visits"][1]["days"], 365);
  EXPECT_LT(exchanged["gm_ml"], truth["gm_ml"]);
}

TEST_F(LadderDataset, ExchangedVisitsAreTheSameScans) {
  const SimulatedPerson person = simulate_person(head_, small_rung().visits, small_rung().options);
  const SimulatedPerson turned = in_opposite_order(person);
  EXPECT_EQ(turned.visits[0].scan.values, person.visits[1].scan.values);
  EXPECT_EQ(turned.visits[1].scan.values, person.visits[0].scan.values);
}

}  // namespace
}  // namespace wane
