// Whether a head is found in any pose: each scan is nodded, turned and tilted about the middle of its brain, put off
// the center of a straight field of view, and looked for again.
//   wane_pose_search TEMPLATE_FOLDER scan.nii.gz... > poses.tsv
// `off_mm`: the farthest that a point 70 mm from the middle of the brain lies from where it was found in the scan as it
// came; look at the mask of that one (or its similarity) before the rest is believed.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "imaging/morphology.h"
#include "imaging/nifti.h"
#include "imaging/resample.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/stages/conform.h"
#include "registration/template_alignment.h"

namespace wane {
namespace {

struct Pose {
  double nod_degrees, turn_degrees, tilt_degrees, off_center_mm;
};

std::vector<Pose> poses() {
  std::vector<Pose> result;
  for (const double nod : {-60., -45., -35., -25., -15., 0., 15., 25., 35., 45., 60.}) result.push_back({nod, 0, 0, 0});
  for (const double turn : {-60., -45., -30., 30., 45., 60.}) result.push_back({0, turn, 0, 0});
  for (const double tilt : {-60., -45., -30., 30., 45., 60.}) result.push_back({0, 0, tilt, 0});
  for (const double nod : {-30., 30.})
    for (const double turn : {-25., 25.}) result.push_back({nod, turn, 20, 40});
  for (const double nod : {-40., 40.})
    for (const double turn : {-40., 40.}) result.push_back({nod, turn, -25, 0});
  return result;
}

// The new scan's LPS mm to the head's.
Affine to_head(const Pose& pose, const Vec3& center_mm) {
  const double radians = EIGEN_PI / 180;
  const Mat3 turned = (Eigen::AngleAxisd(pose.turn_degrees * radians, Vec3::UnitZ()) *
                       Eigen::AngleAxisd(pose.tilt_degrees * radians, Vec3::UnitY()) *
                       Eigen::AngleAxisd(pose.nod_degrees * radians, Vec3::UnitX()))
                          .toRotationMatrix();
  Affine result = Affine::Identity();
  result.linear() = turned.transpose();
  result.translation() = center_mm - result.linear() * Vec3(pose.off_center_mm / 2, 0, pose.off_center_mm);
  return result;
}

Grid straight_view() {
  Grid grid;
  grid.size = {110, 135, 135};
  grid.spacing_mm = Vec3::Constant(2.0);
  grid.origin_mm = Vec3(-109, -134, -154);
  return grid;
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int pose_search(const std::vector<std::string>& arguments) {
  const HeadTemplate head_template = read_template(arguments.at(0));
  const Vec3 middle_mm = box_middle_mm(head_template.intracranial_mask);
  std::printf("scan\tnod\tturn\ttilt\toff_center_mm\toff_mm\tsimilarity\tlead\tsize\tseconds\n");
  for (std::size_t n = 1; n < arguments.size(); ++n) {
    const Volume scan = read_nifti(arguments[n]).volume;
    const auto report = [&](const Pose& pose, double off_mm, const ConformedVisit& visit, double since) {
      std::printf("%s\t%g\t%g\t%g\t%g\t%.1f\t%.3f\t%.3f\t%.3f\t%.2f\n", arguments[n].c_str(), pose.nod_degrees,
                  pose.turn_degrees, pose.tilt_degrees, pose.off_center_mm, off_mm, visit.template_similarity,
                  visit.template_lead, std::cbrt(visit.template_to_scan.linear().determinant()), seconds() - since);
      std::fflush(stdout);
    };
    Affine upright = Affine::Identity();
    try {
      const double since = seconds();
      const ConformedVisit visit = conform(scan, head_template, {});
      upright = visit.template_to_scan;
      report({}, 0, visit, since);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", arguments[n].c_str(), error.what());
      continue;
    }
    for (const Pose& pose : poses()) {
      const Affine back = to_head(pose, upright * middle_mm);
      const double since = seconds();
      try {
        const ConformedVisit visit = conform(resample(scan, straight_view(), back), head_template, {});
        report(pose, apart_mm(back * visit.template_to_scan, upright, middle_mm), visit, since);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", arguments[n].c_str(), error.what());
        report(pose, 999, {}, since);
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace wane

int main(int count, char** values) {
  if (count < 3) {
    std::fprintf(stderr, "usage: wane_pose_search TEMPLATE_FOLDER scan.nii.gz...\n");
    return 2;
  }
  return wane::pose_search({values + 1, values + count});
}
