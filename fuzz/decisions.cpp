// quality_decisions.tsv, of a trial whose participants and visits are known.
#include "fuzz/properties.h"
#include "pipeline/dataset/quality_decisions.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  KnownVisits known;
  known.participants = {"sub-01", "sub-02", "sub-10"};
  known.sessions = {{"sub-01", {"ses-01", "ses-02"}}, {"sub-02", {""}}};
  QualityDecisions found;
  if (!fuzz::accepted([&] {
        found = parse_quality_decisions(parse_tsv(fuzz::text_of(data, size), "quality_decisions.tsv"), known);
      }))
    return 0;
  for (const QualityDecision& decision : found.decisions) {
    fuzz::require(!decision.reason.empty() && !decision.reader.empty(), "a decision says who made it and why");
    fuzz::require(found.find(decision.participant_id, decision.session) != nullptr, "a decision is found again");
    bool is_known = false;
    for (const auto& id : known.participants) is_known = is_known || id == decision.participant_id;
    fuzz::require(is_known, "a decision is about a participant of the trial");
  }
  return 0;
}
