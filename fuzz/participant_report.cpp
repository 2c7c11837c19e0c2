// A participant's report read back. What Wane writes holds rounded values, from which it derives rates and sentences
// when it reads them: from then on, the report comes back as it was written.
#include "fuzz/properties.h"
#include "pipeline/report/participant_json.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ParticipantReport report;
  if (!fuzz::accepted([&] { report = parse_participant_json(fuzz::text_of(data, size), "report.json"); })) return 0;
  const Provenance provenance{"fuzz", "{}", {}};
  const auto written_again = [&](const std::string& text) {
    return participant_json_text(parse_participant_json(text, "again.json"), provenance);
  };
  const std::string once = written_again(participant_json_text(report, provenance));
  fuzz::require(once == written_again(once), "a report comes back as it was written");
  return 0;
}
