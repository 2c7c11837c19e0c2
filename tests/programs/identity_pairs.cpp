// How well scans agree after rigid registration, pair by pair: what tells another person from the same one.
//   wane_identity_pairs TEMPLATE_FOLDER scan.nii.gz... > pairs.tsv
// Every scan is conformed once; every pair is registered as visits are. Limits of the check `same_person`
// (pipeline/quality) were chosen on its output; docs/quality.md says on which scans.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "imaging/nifti.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/stages/agreement.h"

namespace wane {
namespace {

struct Scan {
  ConformedVisit visit;
  ComparableScan comparable;
};

int identity_pairs(const std::vector<std::string>& arguments) {
  const HeadTemplate head_template = read_template(arguments.at(0));
  const Mask compared = compared_region(head_template);
  std::vector<Scan> scans;
  for (std::size_t n = 1; n < arguments.size(); ++n) {
    try {
      ConformedVisit visit = conform(read_nifti(arguments[n]).volume, head_template, {});
      visit.name = arguments[n];
      ComparableScan comparable = comparable_visit(visit, visit.scan, compared);
      std::fprintf(stderr, "%s similarity %.3f%s\n", arguments[n].c_str(), visit.template_similarity,
                   visit.brain_extracted ? " extracted" : "");
      scans.push_back({std::move(visit), std::move(comparable)});
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", arguments[n].c_str(), error.what());
    }
  }
  std::printf("a\tb\tcorrelation\tcapped_correlation\n");
  for (std::size_t a = 0; a < scans.size(); ++a)
    for (std::size_t b = a + 1; b < scans.size(); ++b) {
      const Affine start = through_template(scans[a].visit, scans[b].visit, head_template);
      const VisitRegistration found = register_visits(scans[a].comparable, scans[b].comparable, start);
      const double capped = capped_correlation(scans[a].visit, scans[b].visit, found.a_to_b, head_template);
      std::printf("%s\t%s\t%.4f\t%.4f\n", scans[a].visit.name.c_str(), scans[b].visit.name.c_str(), found.correlation,
                  capped);
      std::fflush(stdout);
    }
  return 0;
}

}  // namespace
}  // namespace wane

int main(int argc, char** argv) {
  return wane::identity_pairs({argv + 1, argv + argc});
}
