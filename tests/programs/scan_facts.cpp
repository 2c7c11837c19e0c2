// What pipeline/quality reads off single scans, for choosing limits by hand:
//   wane_scan_facts TEMPLATE_FOLDER scan.nii.gz... > facts.tsv
#include "pipeline/quality/scan_facts.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "imaging/nifti.h"
#include "pipeline/dataset/template_folder.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const wane::HeadTemplate head_template = wane::read_template(arguments.at(0));
  std::printf("scan\tsimilarity\textracted\twhite_rank\tnoise\tghost_level\tshading\tgray\tcsf\n");
  for (std::size_t n = 1; n < arguments.size(); ++n) {
    try {
      const wane::ConformedVisit visit = wane::conform(wane::read_nifti(arguments[n]).volume, head_template, {});
      const wane::ScanFacts facts = wane::scan_facts(visit, head_template);
      const auto [least, most] = std::minmax_element(facts.white_by_octant.begin(), facts.white_by_octant.end());
      std::printf("%s\t%.3f\t%d\t%.3f\t%.3f\t%.4f\t%.3f\t%.3f\t%.3f\n", arguments[n].c_str(), visit.template_similarity,
                  int(visit.brain_extracted), facts.white_rank, facts.noise, facts.ghost_level.value_or(-1),
                  *most - *least, facts.gray / facts.white, facts.csf / facts.white);
    } catch (const std::exception& error) {
      std::printf("%s\t%s\n", arguments[n].c_str(), error.what());
    }
    std::fflush(stdout);
  }
  return 0;
}
