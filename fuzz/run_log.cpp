// The log of runs.
#include "pipeline/run/run_log.h"

#include <sstream>

#include "fuzz/properties.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  fuzz::accepted([&] {
    std::istringstream stream(text);
    const LogVerification log = verify_log(stream, "run.jsonl", std::string(64, '0'));
    fuzz::require(log.head.size() == 64 && log.noted_entry <= log.entries, "the verdict is of this log");
  });
  fuzz::accepted([&] {
    std::istringstream stream(text);
    unblinded_by(stream, "run.jsonl");
  });
  for (const bool blinded : {false, true})
    fuzz::accepted([&] {
      std::istringstream stream(text);
      plan_at_first_run(stream, "run.jsonl", blinded);
    });
  return 0;
}
