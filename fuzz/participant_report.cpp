// A participant's report read back: written out, it reads back to the same text.
#include "fuzz/properties.h"
#include "pipeline/report/participant_json.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ParticipantReport report;
  if (!fuzz::accepted([&] { report = parse_participant_json(fuzz::text_of(data, size), "report.json"); })) return 0;
  const Provenance provenance{"fuzz", "{}", {}};
  const std::string once = participant_json_text(report, provenance);
  const std::string twice = participant_json_text(parse_participant_json(once, "again.json"), provenance);
  fuzz::require(once == twice, "a report comes back as it was written");
  return 0;
}
