// What a run did, as a paper's methods section says it: made from the options, the plan, the decisions and the numbers
// of this run, with the literature of what it used.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"

namespace wane {

struct MethodsReference {
  std::string text;  // "Tustison NJ, ... IEEE Trans Med Imaging 2010;29:1310-1320."
  std::string doi;   // empty where there is none
};

struct Methods {
  std::vector<std::string> paragraphs;       // plain text that cites the references as [1], [2, 3]
  std::vector<MethodsReference> references;  // in the order of their numbers, from 1
};

// What an analysis does not hold.
struct MethodsFacts {
  std::string version;                         // of the program
  std::vector<std::string> measured_versions;  // that the participants were measured with, each once
  std::string options = "{}";                  // JSON of what was used, a member for each section
  std::string default_options = "{}";          // JSON of what is used where nothing is named
  bool measured_alike = true;                  // all participants with the same version and options
  bool own_template = true;                    // all with the template that comes with the program
  std::vector<std::string> template_sha256;    // else: of the heads of the templates, each once; empty: not known
  bool drift_measured = true;                  // of the scanner's voxel size, of at least one participant
};

// While the trial is blinded, no dose, no number of a dose group and no test is named. Paths of files are not named.
Methods methods_of(const TrialAnalysis& analysis, const MethodsFacts& facts);

// `Methods` of pages/src/page_data.ts.
nlohmann::ordered_json methods_json(const Methods& methods);

// OUT/methods.md.
std::string methods_markdown(const Methods& methods);

}  // namespace wane
