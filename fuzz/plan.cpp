// The analysis plan: what was understood comes back when it is written out.
#include <nlohmann/json.hpp>

#include "fuzz/properties.h"
#include "pipeline/analysis/analysis_plan.h"

using namespace wane;

namespace {

std::string written(const AnalysisPlan& plan) {
  return nlohmann::json{{"measure", plan.measure},
                        {"test", name_of(plan.test)},
                        {"scale", name_of(plan.scale)},
                        {"alpha", plan.alpha},
                        {"sides", name_of(plan.sides)}}
      .dump();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  AnalysisPlan plan;
  if (!fuzz::accepted([&] { plan = parse_analysis_plan(fuzz::text_of(data, size), "plan.json"); })) return 0;
  fuzz::require(plan.alpha > 0 && plan.alpha < 0.5, "alpha is possible");
  fuzz::require(written(parse_analysis_plan(written(plan), "again.json")) == written(plan), "a plan comes back");
  return 0;
}
