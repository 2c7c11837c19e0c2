#include "pipeline/run/derivatives.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <openssl/evp.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/counted_random.h"
#include "base/text_file.h"
#include "imaging/morphology.h"
#include "imaging/nifti.h"
#include "pipeline/measurement/change_map.h"
#include "pipeline/report/brain_surface.h"
#include "pipeline/report/image_names.h"
#include "pipeline/report/mosaic.h"
#include "pipeline/report/page_images.h"
#include "pipeline/report/picture_file.h"
#include "pipeline/report/tissue_labels.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string kId = "sub-01";
const std::vector<VisitFiles> kVisits = {{"ses-01", "sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz"},
                                         {"ses-02", "sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz"}};

Grid midpoint_grid() {
  Grid grid;
  grid.size = {70, 74, 72};
  grid.spacing_mm = Vec3::Constant(2);
  grid.direction = Eigen::AngleAxisd(0.2, Vec3(1, -2, 3).normalized()).toRotationMatrix();
  grid.origin_mm = Vec3(-50, -60, -40);
  return grid;
}

// `inside` and `outside` of a ball around the grid's middle, soft over a voxel.
Volume ball(const Grid& grid, double radius_mm, float inside = 1.F, float outside = 0.F) {
  Volume volume(grid);
  const Affine to_lps = grid.index_to_lps();
  const Vec3 middle = grid.centre_mm();
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const double radius = (to_lps * Vec3(i, j, k) - middle).norm();
        const float share = float(std::clamp((radius_mm - radius) / 2 + 0.5, 0.0, 1.0));
        volume.at(i, j, k) = outside + share * (inside - outside);
      }
  return volume;
}

bool on_the_left(const Grid& grid, int i, int j, int k) {
  return (grid.index_to_lps() * Vec3(i, j, k) - grid.centre_mm())[0] > 0;
}

// A ball of white matter that lost 2 % of its volume on the person's left, on the part of the grid where it is
// measured.
ProcessedParticipant lost_on_the_left() {
  const Grid full = midpoint_grid();
  ProcessedParticipant processed;
  processed.joint_tissues = {Volume(full), ball(full, 34), Volume(full)};
  processed.extracted.brain_mask = threshold(ball(full, 38), 0.5F);
  processed.aligned.midpoint = full;
  const Grid part = cropped_grid(full, {14, 15, 14}, {56, 59, 57});
  Measurement& measurement = processed.measurement;
  measurement.mean = ball(full, 34, 100);
  measurement.measured = threshold(ball(part, 34), 0.5F);
  measurement.measured_tissue = ball(part, 34);
  Volume jacobian(part, 1.F);
  for (const bool second : {false, true}) {
    for (int k = 0; second && k < part.size[2]; ++k)
      for (int j = 0; j < part.size[1]; ++j)
        for (int i = 0; i < part.size[0]; ++i)
          if (on_the_left(part, i, j, k)) jacobian.at(i, j, k) = 0.98F;
    MeasuredVisit visit;
    visit.tissues = processed.joint_tissues;
    visit.brain_mask = processed.extracted.brain_mask;
    visit.mean_to_visit = visit.visit_to_mean = DisplacementField(part, Eigen::Vector3f::Zero());
    visit.volume_ratio = volume_ratio_map(jacobian, measurement.measured, 0);
    measurement.visits.push_back(std::move(visit));
    processed.extracted.corrected.push_back(ball(full, 34, 100, 20));
    ConformedVisit conformed;
    conformed.scan.grid = full;
    processed.conformed.push_back(conformed);
    processed.aligned.visits.push_back({});
  }
  measurement.changes = {{0, 1, {-1, -1, -1}, {0.1, 0.1, 0.1}}};
  return processed;
}

ParticipantReport report() {
  ParticipantReport made;
  made.participant_id = kId;
  made.visits.resize(2);
  made.visits[0].session = "ses-01";
  made.visits[1].session = "ses-02";
  made.changes = {{"ses-01", "ses-02", 365.0, {-1, -1, -1}, {0.1, 0.1, 0.1}}};
  return made;
}

std::string decoded(const std::string& base64) {
  std::string bytes(base64.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(base64.data()), int(base64.size()));
  EXPECT_GE(length, 0);
  bytes.resize(std::size_t(length) - std::size_t(std::count(base64.begin(), base64.end(), '=')));
  return bytes;
}

class Derivatives : public testing::Test {
 protected:
  Volume decoded_image(const std::string& base64) const {
    const fs::path file = scratch_.path() / "decoded.nii.gz";
    std::ofstream(file, std::ios::binary) << decoded(base64);
    return read_nifti(file).volume;
  }
  void write() const { write_derivatives(out_, kId, kVisits, lost_on_the_left(), {{"program", "wane"}}); }

  const broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_.path() / "out";
};

std::vector<std::string> images_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.ends_with(".json")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(Derivatives, LessIsKeptWhereLessIsAskedForAndEveryImageHasItsSidecar) {
  const auto written = [&](DerivativesKept kept) {
    write_derivatives(out_, kId, kVisits, lost_on_the_left(), {{"program", "wane"}}, kept);
    const auto names = images_below(out_);
    for (const auto& entry : fs::recursive_directory_iterator(out_)) {
      const std::string file = entry.path().string();
      if (file.ends_with(".nii.gz")) {
        EXPECT_TRUE(fs::exists(file.substr(0, file.size() - 7) + ".json")) << file;
      }
      if (!file.ends_with(".json")) continue;
      const std::string reference = Json::parse(read_text_file(entry.path(), 1 << 20)).value("SpatialReference", "");
      if (!reference.empty()) {
        EXPECT_TRUE(fs::exists(out_ / reference.substr(6))) << file << ": " << reference;
      }
    }
    remove_derivatives(out_, kId);
    EXPECT_FALSE(fs::exists(out_ / kId)) << "everything is known to belong to the participant";
    return names;
  };
  const auto minimal = written(DerivativesKept::minimal), standard = written(DerivativesKept::standard),
             full = written(DerivativesKept::full);
  EXPECT_EQ(
      minimal,
      (std::vector<std::string>{
          "sub-01_from-ses-01_to-ses-02_space-midpoint_desc-change_map.nii.gz",
          "sub-01_ses-01_space-midpoint_desc-brain_mask.nii.gz", "sub-01_ses-01_space-midpoint_desc-preproc_T1w.nii.gz",
          "sub-01_ses-01_space-midpoint_dseg.nii.gz", "sub-01_ses-02_space-midpoint_desc-brain_mask.nii.gz",
          "sub-01_ses-02_space-midpoint_desc-preproc_T1w.nii.gz", "sub-01_ses-02_space-midpoint_dseg.nii.gz",
          "sub-01_space-midpoint_desc-brain_surface.vtk", "sub-01_space-midpoint_desc-measured_mask.nii.gz"}));
  EXPECT_TRUE(std::includes(standard.begin(), standard.end(), minimal.begin(), minimal.end()));
  EXPECT_EQ(standard.size(), minimal.size() + 7) << "the average; a mask, a label map and a transform of each visit";
  EXPECT_EQ(full.size(), 21U);
}

TEST_F(Derivatives, OutHasTheTablesOfLabelsAndKeepsThoseOfTheUser) {
  fs::create_directories(out_ / "labels");
  std::ofstream(out_ / "labels" / "wane-tissues.lut") << "mine";
  write_derivatives_description(out_, "1", out_ / "raw");
  for (const LabelFile& file : tissue_label_files()) {
    const bool own = file.name == "labels/wane-tissues.lut";
    EXPECT_EQ(read_text_file(out_ / file.name, 1 << 20), own ? "mine" : file.text) << file.name;
  }
  EXPECT_NE(read_text_file(out_ / ".bidsignore", 1 << 20).find("\nlabels/\n"), std::string::npos);
}

// The page is made of whatever is kept.
TEST_F(Derivatives, ThePageShowsTheSameWhetherLittleOrAllIsKept) {
  write();
  const Json full = viewer_json(out_, report());
  remove_derivatives(out_, kId);
  write_derivatives(out_, kId, kVisits, lost_on_the_left(), {{"program", "wane"}}, DerivativesKept::minimal);
  const Json minimal = viewer_json(out_, report());
  ASSERT_FALSE(minimal.is_null());
  EXPECT_EQ(minimal["changes"], full["changes"]);
  EXPECT_EQ(minimal["surface"], full["surface"]);
  for (std::size_t v = 0; v < 2; ++v) {
    EXPECT_EQ(minimal["visits"][v]["brain"], full["visits"][v]["brain"]);
    for (const char* image : {"t1w", "tissues"}) {
      const Volume a = decoded_image(full["visits"][v][image]), b = decoded_image(minimal["visits"][v][image]);
      ASSERT_EQ(a.size(), b.size());
      std::size_t others = 0;
      for (std::size_t n = 0; n < a.size(); ++n) {
        ASSERT_LE(std::abs(a[n] - b[n]), 1.F);
        others += a[n] != b[n];
      }
      EXPECT_LT(double(others), 0.01 * double(a.size())) << image;
    }
  }
}

TEST_F(Derivatives, ALossOnTheLeftStandsInTheMapsOnTheLeftAlone) {
  write();
  for (const fs::path& file :
       {change_map_file(out_, kId, "ses-01", "ses-02"), unsmoothed_change_map_file(out_, kId, "ses-01", "ses-02")}) {
    const Volume map = read_nifti(file).volume;
    ASSERT_TRUE(map.grid.matches(midpoint_grid(), 0.01));
    const Mask measured = read_nifti_mask(measured_mask_file(out_, kId));
    const double expected = percent_change(1, 0.98);
    for (int k = 0; k < map.grid.size[2]; ++k)
      for (int j = 0; j < map.grid.size[1]; ++j)
        for (int i = 0; i < map.grid.size[0]; ++i) {
          const double left = (map.grid.index_to_lps() * Vec3(i, j, k) - map.grid.centre_mm())[0];
          const float value = map.at(i, j, k);
          if (!measured.at(i, j, k)) {
            ASSERT_EQ(value, 0);
          } else if (left > 16) {
            ASSERT_NEAR(value, expected, 0.02);
          } else if (left < -16) {
            ASSERT_NEAR(value, 0, 0.02);
          }
        }
  }
}

TEST_F(Derivatives, SidecarsSayWhatTheNumbersOfAMapMean) {
  write();
  fs::path file = change_map_file(out_, kId, "ses-01", "ses-02");
  const Json sidecar = Json::parse(read_text_file(file.replace_extension().replace_extension(".json")));
  EXPECT_EQ(sidecar.at("Units"), "percent");
  EXPECT_EQ(sidecar.at("SignConvention"), "negative = loss");
  EXPECT_EQ(sidecar.at("RawSources").size(), 2U);
  EXPECT_EQ(sidecar.at("MeasuredMask"), "bids::sub-01/sub-01_space-midpoint_desc-measured_mask.nii.gz");
  EXPECT_EQ(sidecar.at("Provenance").at("program"), "wane");
}

TEST_F(Derivatives, MapsOfAnOlderMeasurementAreRemoved) {
  write();
  std::ofstream(out_ / kId / "notes.txt") << "of a person";
  remove_derivatives(out_, kId);
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(out_)) left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"notes.txt", "sub-01"}));
}

TEST_F(Derivatives, TheSurfaceShowsTheLossOnItsLeft) {
  write();
  const SurfaceFile file = read_surface(surface_file(out_, kId));
  ASSERT_EQ(file.values.size(), 1U);
  EXPECT_EQ(file.values[0].name, "change_percent_ses-01_to_ses-02");
  const double middle = midpoint_grid().centre_mm()[0];
  std::size_t left = 0, right = 0;
  for (std::size_t n = 0; n < file.values[0].values.size(); ++n) {
    const double x = -file.surface.points_ras_mm[n][0] - middle;  // to the left
    if (x > 16) {
      ASSERT_LT(file.values[0].values[n], -1.9);
      ++left;
    } else if (x < -16) {
      ASSERT_GT(file.values[0].values[n], -0.1);
      ++right;
    }
  }
  EXPECT_GT(left, 100U);
  EXPECT_GT(right, 100U);
}

TEST_F(Derivatives, HaveTheSameBytesForAnyNumberOfThreads) {
  const int before = omp_get_max_threads();
  std::vector<std::string> bytes;
  for (const int threads : {1, 4}) {
    omp_set_num_threads(threads);
    write();
    std::string all;
    for (const fs::path& file : {change_map_file(out_, kId, "ses-01", "ses-02"), surface_file(out_, kId)})
      all += read_text_file(file);
    bytes.push_back(all + viewer_json(out_, report()).dump());
    fs::remove_all(out_);
  }
  omp_set_num_threads(before);
  EXPECT_TRUE(bytes[0] == bytes[1]);
}

TEST_F(Derivatives, OnePersonsSingleVisitHasASurfaceAndNoChange) {
  ProcessedParticipant processed = lost_on_the_left();
  processed.measurement.changes.clear();
  write_derivatives(out_, kId, kVisits, processed, {{"program", "wane"}});
  EXPECT_FALSE(fs::exists(measured_mask_file(out_, kId)));
  EXPECT_TRUE(read_surface(surface_file(out_, kId)).values.empty());
}

TEST_F(Derivatives, ThePagesImagesLieWhereThoseOfOutLie) {
  write();
  const Json viewer = viewer_json(out_, report());
  ASSERT_FALSE(viewer.is_null());
  EXPECT_EQ(viewer.at("voxel_size_mm"), Json::array({2.0, 2.0, 2.0}));
  EXPECT_FALSE(viewer.at("coarser_than_measured").get<bool>());
  ASSERT_EQ(viewer.at("visits").size(), 2U);
  const Json& visit = viewer.at("visits").at(1);
  const Volume t1w = decoded_image(visit.at("t1w")), brain = decoded_image(visit.at("brain")),
               tissues = decoded_image(visit.at("tissues"));
  const Json& change = viewer.at("changes").at(0);
  const Volume map = decoded_image(change.at("map")), measured = decoded_image(change.at("measured"));
  for (const Volume* image : {&brain, &tissues, &map, &measured}) ASSERT_TRUE(image->grid.matches(t1w.grid, 1e-3));
  const Grid full = midpoint_grid();
  ASSERT_LT(t1w.grid.voxel_count(), full.voxel_count()) << "cropped around the head";
  const Vec3 middle = t1w.grid.lps_to_index() * full.centre_mm();
  const int i = int(std::lround(middle[0])), j = int(std::lround(middle[1])), k = int(std::lround(middle[2]));
  EXPECT_EQ(t1w.at(i, j, k), 160) << "white matter";
  EXPECT_EQ(t1w.at(0, 0, 0), 32) << "around it";
  EXPECT_EQ(brain.at(i, j, k), 1);
  EXPECT_EQ(tissues.at(i, j, k), 3);
  EXPECT_EQ(tissues.at(0, 0, 0), 0);
  for (int x = 0; x < map.grid.size[0]; ++x) {
    const double left = (map.grid.index_to_lps() * Vec3(x, j, k) - full.centre_mm())[0];
    if (left > 16 && measured.at(x, j, k) > 0) {
      EXPECT_NEAR(map.at(x, j, k), -2.02, 0.03);
    }
    if (left < -16) {
      EXPECT_NEAR(map.at(x, j, k), 0, 0.03);
    }
  }
  EXPECT_NEAR(change.at("extreme_percent").get<double>(), 2.02, 0.03);
}

// Noise does not compress: two such visits would not fit into a page as they are.
TEST_F(Derivatives, ImagesThatWouldNotFitAreShownCoarserAndInTheSamePlace) {
  Grid fine = midpoint_grid();
  fine.size = {170, 180, 170};
  fine.spacing_mm = Vec3::Constant(1);
  Volume noisy = ball(fine, 60, 100);
  const CountedRandom noise(1);
  for (std::size_t n = 0; n < noisy.size(); ++n) noisy[n] += float(20 + 15 * noise.normal(n));
  const Mask brain = threshold(ball(fine, 66), 0.5F);
  const Volume white = ball(fine, 60), none(fine);
  for (const VisitFiles& visit : kVisits) {
    const auto file = [&](const char* ending) { return midpoint_file(out_, kId, visit.session, ending); };
    fs::create_directories(file("").parent_path());
    write_nifti(file("desc-preproc_T1w.nii.gz"), noisy);
    write_nifti(file("desc-brain_mask.nii.gz"), brain);
    write_nifti_fraction(file("label-WM_probseg.nii.gz"), white);
    for (const char* ending : {"label-GM_probseg.nii.gz", "label-CSF_probseg.nii.gz"})
      write_nifti_fraction(file(ending), none);
  }
  ParticipantReport no_changes = report();
  no_changes.changes.clear();
  const Json viewer = viewer_json(out_, no_changes);
  ASSERT_FALSE(viewer.is_null());
  EXPECT_TRUE(viewer.at("coarser_than_measured").get<bool>());
  EXPECT_LT(viewer.dump().size(), std::size_t(9) << 20);
  const double voxel_mm = viewer.at("voxel_size_mm").at(0);
  EXPECT_GT(voxel_mm, 1.0);
  EXPECT_LT(voxel_mm, 2.0);
  const Volume tissues = decoded_image(viewer.at("visits").at(0).at("tissues"));
  EXPECT_NEAR(tissues.grid.spacing_mm[0], voxel_mm, 1e-3);
  const Affine to_lps = tissues.grid.index_to_lps();
  for (int k = 0; k < tissues.grid.size[2]; k += 3)
    for (int j = 0; j < tissues.grid.size[1]; j += 3)
      for (int i = 0; i < tissues.grid.size[0]; i += 3) {
        const double radius = (to_lps * Vec3(i, j, k) - fine.centre_mm()).norm();
        if (std::abs(radius - 60) > 2) {
          ASSERT_EQ(tissues.at(i, j, k), radius < 60 ? 3 : 0);
        }
      }
}

TEST_F(Derivatives, ThePagesSurfaceIsTheFileOfOut) {
  write();
  const Json surface = viewer_json(out_, report()).at("surface");
  const fs::path file = surface_file(out_, kId);
  EXPECT_EQ(surface.at("file"), file.filename().string());
  EXPECT_TRUE(decoded(surface.at("mesh")) == read_text_file(file));
  const std::string bytes = decoded(surface.at("changes").at(0));
  const std::vector<float> expected = read_surface(file).values.at(0).values;
  ASSERT_EQ(bytes.size(), expected.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), bytes.size()), 0);
}

TEST_F(Derivatives, WithoutTheImagesThereIsNoViewer) {
  EXPECT_TRUE(viewer_json(out_, report()).is_null());
  write();
  fs::remove(midpoint_file(out_, kId, "ses-02", "label-GM_probseg.nii.gz"));
  EXPECT_TRUE(viewer_json(out_, report()).is_null());
}

TEST_F(Derivatives, WithoutMapsOrSurfaceTheViewerShowsTheScans) {
  write();
  fs::remove(surface_file(out_, kId));
  Json viewer = viewer_json(out_, report());
  EXPECT_EQ(viewer.at("changes").size(), 1U);
  EXPECT_TRUE(viewer.at("surface").is_null());
  fs::remove(change_map_file(out_, kId, "ses-01", "ses-02"));
  viewer = viewer_json(out_, report());
  EXPECT_EQ(viewer.at("visits").size(), 2U);
  EXPECT_TRUE(viewer.at("changes").empty());
  write();
  fs::remove(measured_mask_file(out_, kId));
  EXPECT_EQ(viewer_json(out_, report()).at("visits").size(), 2U);
  std::ofstream(surface_file(out_, kId)) << "not a surface";
  EXPECT_TRUE(viewer_json(out_, report()).at("surface").is_null());
}

TEST_F(Derivatives, AVisitThatWasTakenOutIsNotInTheViewer) {
  write();
  ParticipantReport three = report();
  three.visits.push_back(three.visits[1]);
  three.visits[2].session = "ses-03";
  three.visits[2].measured_together = false;
  three.changes.push_back({"ses-01", "ses-03", 730.0, {-9, -9, -9}, {1, 1, 1}});
  const Json viewer = viewer_json(out_, three);
  ASSERT_FALSE(viewer.is_null());
  EXPECT_EQ(viewer.at("visits").size(), 2U);
  EXPECT_EQ(viewer.at("changes").size(), 1U);
}

TEST_F(Derivatives, TheBoardsPictureOfAVisitIsCutOutOfTheQualityPicture) {
  const Volume t1w = ball(midpoint_grid(), 34, 100, 20);
  const Mask brain = threshold(ball(midpoint_grid(), 38), 0.5F);
  MosaicVisit first, second;
  first.name = "ses-01";
  second.name = "ses-02";
  first.t1 = second.t1 = &t1w;
  second.brain = &brain;
  fs::create_directories(quality_picture_file(out_, kId).parent_path());
  write_png(quality_picture_file(out_, kId), quality_mosaic(kId, {first, second}));
  const std::string with_outline = quality_picture_data_uri(out_, report(), "ses-02", 600);
  const std::string without = quality_picture_data_uri(out_, report(), "ses-01", 600);
  EXPECT_TRUE(with_outline.starts_with("data:image/jpeg;base64,"));
  EXPECT_GT(with_outline.size(), without.size() + 1000) << "the outline takes bytes";
  EXPECT_EQ(quality_picture_data_uri(out_, report(), "ses-07", 600), "");
  EXPECT_EQ(quality_picture_data_uri(out_ / "elsewhere", report(), "ses-01", 600), "");
  const std::string large = picture_data_uri(quality_picture_file(out_, kId), 100000);
  const std::string small = picture_data_uri(quality_picture_file(out_, kId), 300);
  EXPECT_LT(small.size(), large.size() / 4);
  EXPECT_EQ(picture_data_uri(out_ / "no.png", 300), "");
}

TEST_F(Derivatives, OfASidecarOnlyWhatNamesScannersReachesAPage) {
  DatasetParticipant participant;
  participant.participant_id = kId;
  participant.visits.resize(2);
  participant.visits[0].session = "ses-01";
  participant.visits[1].session = "ses-02";
  participant.visits[0].acquired = "2024-03-31";
  ScanSidecar& sidecar = participant.visits[0].sidecar;
  sidecar.manufacturer = "Siemens";
  sidecar.model = "Müller, Anna <script>";
  sidecar.series_description = "Anna Mueller";
  sidecar.scanning_sequence = "GR\\IR";
  sidecar.field_strength_tesla = 3;
  participant.visits[0].t1w = scratch_.path() / "scan.nii.gz";
  write_nifti(participant.visits[0].t1w, ball(midpoint_grid(), 34));
  const Json facts = scan_facts_json(participant, report());
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0], (Json{{"session", "ses-01"},
                            {"acquired", "2024-03-31"},
                            {"manufacturer", "Siemens"},
                            {"model", nullptr},
                            {"field_strength_t", 3.0},
                            {"sequence", "GR/IR"},
                            {"voxel_size_mm", {2.0, 2.0, 2.0}}}));
  EXPECT_TRUE(facts[1].at("voxel_size_mm").is_null());
  EXPECT_TRUE(facts[1].at("acquired").is_null());
}

TEST(ScanFacts, NamesOfScannersAndSequencesReachAPageAndOtherTextDoesNot) {
  const auto facts_of = [](const std::string& manufacturer, const std::string& model, const std::string& sequence) {
    DatasetParticipant participant;
    participant.visits.resize(1);
    participant.visits[0].session = "ses-01";
    participant.visits[0].sidecar.manufacturer = manufacturer;
    participant.visits[0].sidecar.model = model;
    participant.visits[0].sidecar.sequence_name = sequence;
    return scan_facts_json(participant, report())[0];
  };
  const std::string makers[] = {"SIEMENS", "Philips Medical Systems", "GE MEDICAL SYSTEMS"},
                    models[] = {"Prisma_fit", "Ingenia Elition X", "DISCOVERY MR750w"},
                    sequences[] = {"*tfl3d1_16ns", "T1W_3D_TFE", "MPRAGE"};
  for (int n = 0; n < 3; ++n) {
    const Json facts = facts_of(makers[n], models[n], sequences[n]);
    EXPECT_EQ(facts.at("manufacturer"), makers[n]);
    EXPECT_EQ(facts.at("model"), models[n]);
    EXPECT_EQ(facts.at("sequence"), sequences[n]);
  }
  for (const std::string text :
       {"Patient Anna Mueller", "born 12.03.1961 in Bern", "Prisma Mueller", "MPRAGE 12.03.1961", "Siemens 19610312",
        "Prisma 1961-03-12", "MPRAGE 12 03 61", "61", "", "-", "Anna1961 MPRAGE"}) {
    const Json facts = facts_of(text, text, text);
    for (const char* field : {"manufacturer", "model", "sequence"}) EXPECT_TRUE(facts.at(field).is_null()) << text;
  }
}

}  // namespace
}  // namespace wane
