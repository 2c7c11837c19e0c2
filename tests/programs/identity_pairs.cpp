// How well scans agree after rigid registration, pair by pair: what tells another person from the same one.
//   wane_identity_pairs TEMPLATE_FOLDER scan.nii.gz... > pairs.tsv
// Every scan is conformed once; every pair is registered as visits are. Limits of the check `same_person`
// (pipeline/quality) were chosen on its output; docs/quality.md says on which scans.
#include <cstdio>
#include <string>
#include <vector>

#include "imaging/morphology.h"
#include "imaging/nifti.h"
#include "imaging/resample.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/stages/conform.h"
#include "registration/rigid.h"
#include "registration/visit_registration.h"

namespace wane {
namespace {

struct Scan {
  std::string name;
  Affine template_to_scan;
  ComparableScan comparable;
};

int identity_pairs(const std::vector<std::string>& arguments) {
  const HeadTemplate head_template = read_template(arguments.at(0));
  const Mask compared = dilated(head_template.intracranial_mask, 3.0);
  const Vec3 centre_mm = head_template.head.grid.centre_mm();
  std::vector<Scan> scans;
  for (std::size_t n = 1; n < arguments.size(); ++n) {
    try {
      const ConformedVisit visit = conform(read_nifti(arguments[n]).volume, head_template, {});
      const Mask region = resample(compared, visit.scan.grid, visit.template_to_scan.inverse());
      scans.push_back({arguments[n], visit.template_to_scan, comparable_scan(visit.scan, region)});
      std::fprintf(stderr, "%s similarity %.3f%s\n", arguments[n].c_str(), visit.template_similarity,
                   visit.brain_extracted ? " extracted" : "");
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", arguments[n].c_str(), error.what());
    }
  }
  std::printf("a\tb\tcorrelation\n");
  for (std::size_t a = 0; a < scans.size(); ++a)
    for (std::size_t b = a + 1; b < scans.size(); ++b) {
      const Affine start = nearest_rigid(scans[b].template_to_scan * scans[a].template_to_scan.inverse(),
                                         scans[a].template_to_scan * centre_mm);
      const VisitRegistration found = register_visits(scans[a].comparable, scans[b].comparable, start);
      std::printf("%s\t%s\t%.4f\n", scans[a].name.c_str(), scans[b].name.c_str(), found.correlation);
      std::fflush(stdout);
    }
  return 0;
}

}  // namespace
}  // namespace wane

int main(int argc, char** argv) {
  return wane::identity_pairs({argv + 1, argv + argc});
}
