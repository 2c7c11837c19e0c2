// What series are taken for. Facts are as scanners of the three large makers write them.
#include "pipeline/import/classify.h"

#include <gtest/gtest.h>

namespace wane {
namespace {

SeriesFacts mr(const std::string& description) {
  SeriesFacts facts;
  facts.modality = "MR";
  facts.description = description;
  facts.image_type = {"ORIGINAL", "PRIMARY", "M"};
  facts.images = 176;
  facts.coverage_mm = 176;
  facts.slice_thickness_mm = 1;
  return facts;
}

SeriesFacts timed(const std::string& description, double tr, double te, double ti, const std::string& type = "3D") {
  SeriesFacts facts = mr(description);
  facts.acquisition_type = type;
  facts.scanning_sequence = "GR\\IR";
  facts.repetition_time_ms = tr;
  facts.echo_time_ms = te;
  if (ti > 0) facts.inversion_time_ms = ti;
  facts.flip_angle_degrees = 9;
  return facts;
}

TEST(Classify, T1wByTheMakersNamesAndParameters) {
  for (const char* name : {"t1_mprage_sag_p2_iso", "t1_mpr_ns_sag_p2_iso", "Sag 3D FSPGR BRAVO", "sT1W_3D_TFE",
                           "WIP 3DT1", "MP-RAGE", "SAG T1 3D"})
    EXPECT_EQ(classify(timed(name, 2300, 2.98, 900)).suffix, Suffix::t1w) << name;
}

TEST(Classify, T1wByParametersAloneAndByNameAlone) {
  EXPECT_EQ(classify(timed("Sagittal volume", 2300, 2.98, 900)).suffix, Suffix::t1w);
  EXPECT_EQ(classify(mr("T1w")).suffix, Suffix::t1w);
  EXPECT_EQ(classify(mr("Sagittal volume")).suffix, Suffix::none);
}

TEST(Classify, AReasonNamesWhatItWentBy) {
  EXPECT_EQ(classify(timed("T1_MPRAGE", 2300, 2.98, 900)).why, "named mprage; 3D, TR 2300 ms, TE 2.98 ms, TI 900 ms");
  EXPECT_EQ(classify(mr("T1w")).why, "named t1; no parameters are given");
}

TEST(Classify, FlairByNameAndByParameters) {
  EXPECT_EQ(classify(timed("t2_space_dark-fluid_sag", 5000, 386, 1800)).suffix, Suffix::flair);
  EXPECT_EQ(classify(timed("AX FLAIR", 9000, 120, 2500, "2D")).suffix, Suffix::flair);
  EXPECT_EQ(classify(timed("Axial inversion", 9000, 120, 2500, "2D")).suffix, Suffix::flair);
}

TEST(Classify, T1FlairIsNoFlair) {
  EXPECT_EQ(classify(timed("SAG T1 FLAIR", 2200, 24, 800, "2D")).suffix, Suffix::t1w);
  EXPECT_EQ(classify(timed("T1 T2 and FLAIR protocol", 9000, 120, 2500, "2D")).suffix, Suffix::flair);
}

TEST(Classify, ANameThatParametersContradictIsNotTrusted) {
  const auto taken = classify(timed("T1 sag", 4000, 95, 0, "2D"));
  EXPECT_EQ(taken.suffix, Suffix::none);
  EXPECT_EQ(taken.taken_for, "unclear");
  EXPECT_NE(taken.why.find("TE of 95 ms"), std::string::npos) << taken.why;
}

TEST(Classify, OtherScansAreNamedForWhatTheyAre) {
  const auto kind = [](const char* name) { return classify(timed(name, 3000, 3, 900)).taken_for; };
  EXPECT_EQ(kind("AAHead_Scout"), "localizer");
  EXPECT_EQ(kind("3-plane loc"), "localizer");
  EXPECT_EQ(kind("ep2d_diff_mddw"), "diffusion");
  EXPECT_EQ(kind("rest_bold"), "functional");
  EXPECT_EQ(kind("TOF 3D"), "angiography");
  EXPECT_EQ(kind("pcasl"), "perfusion");
  EXPECT_EQ(kind("t1_mp2rage_UNI"), "MP2RAGE");
  EXPECT_EQ(kind("T1 C-spine cervical"), "not the head");
  EXPECT_EQ(classify(timed("t2_tse_tra", 6000, 95, 0, "2D")).taken_for, "T2w or PDw");
}

TEST(Classify, ImageTypesThatAreNoScan) {
  const auto kind = [](std::vector<std::string> type) {
    SeriesFacts facts = timed("T1_MPRAGE", 2300, 2.98, 900);
    facts.image_type = std::move(type);
    return classify(facts).taken_for;
  };
  EXPECT_EQ(kind({"ORIGINAL", "PRIMARY", "P", "ND"}), "phase or complex part");
  EXPECT_EQ(kind({"DERIVED", "SECONDARY", "MIP"}), "projection or difference");
  EXPECT_EQ(kind({"DERIVED", "PRIMARY", "T1 MAP"}), "map");
  EXPECT_EQ(kind({"ORIGINAL", "PRIMARY", "LOCALIZER"}), "localizer");
}

TEST(Classify, OtherModalitiesAndFilesWithoutPixels) {
  SeriesFacts ct = mr("T1 head");
  ct.modality = "CT";
  EXPECT_EQ(classify(ct).taken_for, "not MR");
  SeriesFacts report = mr("T1 report");
  report.has_image = false;
  EXPECT_EQ(classify(report).taken_for, "no image");
}

TEST(Classify, SlicesOfSeveralDirectionsAreALocalizer) {
  SeriesFacts facts = timed("T1 fast", 8, 3.5, 0);
  facts.orientations = 3;
  EXPECT_EQ(classify(facts).taken_for, "localizer");
}

TEST(Classify, TooFewSlicesAreNoWholeHead) {
  SeriesFacts few = timed("T1_MPRAGE", 2300, 2.98, 900);
  few.images = 5;
  EXPECT_EQ(classify(few).suffix, Suffix::none);
  SeriesFacts slab = timed("T1_MPRAGE", 2300, 2.98, 900);
  slab.coverage_mm = 60;
  EXPECT_EQ(classify(slab).suffix, Suffix::none);
  SeriesFacts twice = timed("T1_MPRAGE", 2300, 2.98, 900);
  twice.volumes = 2;
  EXPECT_NE(classify(twice).why.find("2 images of each place"), std::string::npos);
}

TEST(Classify, ContrastAgentByElementAndByName) {
  EXPECT_TRUE(classify(timed("T1_MPRAGE +Gd post", 2300, 2.98, 900)).contrast);
  EXPECT_FALSE(classify(timed("T1_MPRAGE pre contrast", 2300, 2.98, 900)).contrast);
  EXPECT_FALSE(classify(timed("T1_MPRAGE", 2300, 2.98, 900)).contrast);
  SeriesFacts agent = timed("T1_MPRAGE", 2300, 2.98, 900);
  agent.contrast_agent = true;
  EXPECT_TRUE(classify(agent).contrast);
}

TEST(Classify, DerivedNormalizedAndCorrectedForDistortion) {
  SeriesFacts facts = timed("T1_MPRAGE", 2300, 2.98, 900);
  facts.image_type = {"DERIVED", "SECONDARY", "MPR", "NORM", "DIS3D"};
  const auto taken = classify(facts);
  EXPECT_EQ(taken.suffix, Suffix::t1w);
  EXPECT_TRUE(taken.derived);
  EXPECT_TRUE(taken.normalized);
  EXPECT_EQ(taken.distortion_corrected, 3);
  EXPECT_FALSE(classify(timed("T1_MPRAGE", 2300, 2.98, 900)).derived);
}

}  // namespace
}  // namespace wane
