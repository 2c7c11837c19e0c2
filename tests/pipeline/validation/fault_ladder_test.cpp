// Who is simulated to see what is noticed, and that a person on disk is made once.
#include "pipeline/validation/fault_ladder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "imaging/nifti.h"
#include "pipeline/validation/fault_dataset.h"
#include "tests/broken/scratch_folder.h"
#include "tests/pipeline/simulation/phantom.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

TEST(FaultLadder, HasUndisturbedPeopleAndOneForEachFaultAndDegree) {
  const auto people = fault_people({}, 0);
  std::size_t strengths = 0, good = 0;
  for (const FaultKind& kind : fault_kinds()) strengths += kind.strengths.size();
  std::set<std::string> labels;
  std::set<std::uint64_t> seeds;
  for (const FaultPerson& person : people) {
    good += person.good();
    labels.insert(person.label);
    seeds.insert(person.seed);
    EXPECT_EQ(person.label.find_first_not_of("sub-abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  }
  EXPECT_EQ(people.size(), strengths + good);
  EXPECT_GE(good, 6U);
  EXPECT_EQ(labels.size(), people.size());
  EXPECT_EQ(seeds.size(), people.size()) << "people of the same noise would be the same data twice";
  EXPECT_EQ(fault_people({}, 10).front().label.substr(0, 6), "sub-11");
}

TEST(FaultLadder, AChoiceKeepsTheSeeds) {
  FaultLadderOptions options;
  options.only = {"motion", "good"};
  options.degrees = {"gross"};
  const auto few = fault_people(options, 2), all = fault_people({}, 2);
  ASSERT_EQ(few.back().label, "sub-03motiongross");
  EXPECT_TRUE(few.front().good());
  for (const FaultPerson& person : all)
    if (person.label == few.back().label) {
      EXPECT_EQ(person.seed, few.back().seed);
    }
  EXPECT_EQ(few.size(), std::size_t(std::count_if(few.begin(), few.end(), [](auto& p) { return p.good(); })) + 1);
}

TEST(FaultLadder, NamesThatThereAreNotAreRefusedWithThoseThatThereAre) {
  FaultLadderOptions options;
  options.only = {"sideways"};
  try {
    fault_people(options, 0);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("motion"), std::string::npos) << error.what();
  }
  options.only.clear();
  options.degrees = {"severe"};
  EXPECT_THROW(fault_people(options, 0), UsageError);
}

class FaultDataset : public testing::Test {
 protected:
  FaultDataset() {
    options_.voxel_mm = 4;
    options_.only = {"voxel_z", "lost_orientation", "z_scored", "good"};
  }
  FaultPlanter planter(const std::string& source = R"({"version": "1"})") {
    return {{[this] { return ++reads_, test::phantom_head(2.5); }, {}, source}, fault_variants(options_, 0)};
  }
  FaultPerson person(const std::string& label) const {
    for (const FaultPerson& found : fault_people(options_, 0))
      if (found.label == label) return found;
    throw std::logic_error("nobody is called " + label);
  }
  fs::path scan(const std::string& label, const std::string& session, const std::string& ending = ".nii.gz") const {
    return dataset_ / label / session / "anat" / (label + "_" + session + "_T1w" + ending);
  }

  FaultLadderOptions options_;
  const broken::ScratchFolder scratch_;
  const fs::path dataset_ = scratch_ / "dataset";
  int reads_ = 0;
};

TEST_F(FaultDataset, APersonIsMadeOnceAndAnewWhereTheSourceDiffers) {
  const FaultPerson gross = person("sub-01voxelzgross");
  FaultPlanter first = planter();
  EXPECT_FALSE(first.is_planted(dataset_, gross));
  EXPECT_EQ(reads_, 0) << "a head is read where somebody needs it";
  first.plant(dataset_, scratch_ / "unfinished", gross);
  first.plant(dataset_, scratch_ / "unfinished", person("sub-01voxelzmild"));
  EXPECT_EQ(reads_, 1);
  EXPECT_TRUE(planter().is_planted(dataset_, gross));
  EXPECT_FALSE(planter(R"({"version": "2"})").is_planted(dataset_, gross));
  EXPECT_FALSE(fs::exists(scratch_ / "unfinished"));
  std::ifstream in(dataset_ / "truth/sub-01voxelzgross.json");
  const auto truth = nlohmann::json::parse(in);
  EXPECT_NEAR(truth["visits"][1]["brain_change_percent"].get<double>(), -1, 0.05);
  EXPECT_EQ(truth["source"]["fault"]["name"], "voxel_z");
  const Grid one = inspect_nifti(scan(gross.label, "ses-01")).grid,
             two = inspect_nifti(scan(gross.label, "ses-02")).grid;
  EXPECT_NEAR(one.spacing_mm[2], 4, 1e-5);
  EXPECT_NEAR(two.spacing_mm[2], 4.8, 1e-5);
}

TEST_F(FaultDataset, TheHeaderOfALostOrientationHasNoForms) {
  FaultPlanter made = planter();
  made.plant(dataset_, scratch_ / "unfinished", person("sub-01lostorientationclinical"));
  const NiftiReport lost = inspect_nifti(scan("sub-01lostorientationclinical", "ses-02", ".nii"));
  EXPECT_EQ(lost.orientation_source, "none");
  EXPECT_EQ(inspect_nifti(scan("sub-01lostorientationclinical", "ses-01")).orientation_source, "sform");
}

TEST_F(FaultDataset, ScoresAreWrittenAsRealNumbersAndThreeVisitsAsThree) {
  FaultPlanter made = planter();
  made.plant(dataset_, scratch_ / "unfinished", person("sub-01zscoredclinical"));
  EXPECT_EQ(inspect_nifti(scan("sub-01zscoredclinical", "ses-02")).datatype, "float32");
  EXPECT_EQ(inspect_nifti(scan("sub-01zscoredclinical", "ses-01")).datatype, "int16");
  made.plant(dataset_, scratch_ / "unfinished", person("sub-01goodvisits"));
  EXPECT_TRUE(fs::exists(scan("sub-01goodvisits", "ses-03")));
  EXPECT_NE(read_nifti(scan("sub-01goodvisits", "ses-01")).volume.values,
            read_nifti(scan("sub-01zscoredclinical", "ses-01")).volume.values);
}

}  // namespace
}  // namespace wane
