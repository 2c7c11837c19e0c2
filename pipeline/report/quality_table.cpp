#include "pipeline/report/quality_table.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/words.h"

namespace wane {
namespace {

// Participants whose rows are held in memory together; about 5 kB each.
constexpr std::size_t participants_at_once = 1024;

TableBuilder builder() {
  return TableBuilder({{"participant_id", "participant, as in participants.tsv"},
                       {"session", "the visit; of a pair, the earlier one; NA: the participant as such"},
                       {"to_session", "of a pair, the later visit; else NA"},
                       {"check", "name of the check, see docs/quality.md; decision: what a person decided"},
                       {"value", "what was found"},
                       {"limit", "the nearest limit that decides the verdict"},
                       {"verdict", "of the check: pass, warn (a person should look) or fail (counts in no rate)"},
                       {"sentence", "what is wrong; of a decision, its reason"},
                       {"decision", "pass or fail, where a person decided about the visit: it stands above the checks"},
                       {"reader", "who decided"}});
}

struct Place {
  std::optional<std::string> session, to_session;
  const std::optional<HumanDecision>* decision = nullptr;
};

TableRow row_at(const std::string& participant, const Place& place) {
  return TableRow().text(participant).text(place.session).text(place.to_session);
}

void add_decision(TableRow& row, const Place& place) {
  const HumanDecision* decision = place.decision && *place.decision ? &**place.decision : nullptr;
  row.text(decision ? std::optional<std::string>(decision->pass ? "pass" : "fail") : std::nullopt)
      .text(decision ? std::optional(decision->reader) : std::nullopt);
}

std::string rows_of(const Quality& quality, const std::string& participant, const Place& place) {
  std::string rows;
  for (const QualityCheck& check : quality.checks) {
    TableRow row = row_at(participant, place);
    row.text(check.name).number(check.value, decimals_quality).number(check.limit, decimals_quality);
    row.text(name_of(check.verdict)).text(check.sentence);
    add_decision(row, place);
    rows += row.line();
  }
  return rows;
}

std::string decision_row(const std::string& participant, const Place& place) {
  if (!place.decision || !*place.decision) return "";
  const HumanDecision& decision = **place.decision;
  TableRow row = row_at(participant, place);
  row.text("decision").text(std::nullopt).text(std::nullopt);
  row.text(decision.pass ? "pass" : "fail").text(decision.reason);
  add_decision(row, place);
  return row.line();
}

std::string rows_in_file(const ParticipantReport& known, const std::filesystem::path& out) {
  const std::string path = participant_json_path(known.participant_id);
  try {
    return quality_rows(parse_participant_json(read_text_file(out / path, most_json_bytes), path), known);
  } catch (const InputError&) {
    return "";
  }
}

}  // namespace

Quality all_checks(const Quality& full, const Quality& known) {
  Quality all = full;
  for (const QualityCheck& check : known.checks)
    if (std::none_of(full.checks.begin(), full.checks.end(),
                     [&](const QualityCheck& own) { return own.name == check.name && own.sentence == check.sentence; }))
      all.checks.push_back(check);
  return all;
}

TableText quality_table_head() {
  return builder().finished();
}

std::string quality_rows(const ParticipantReport& full, const ParticipantReport& known) {
  const std::string& id = known.participant_id;
  std::string rows;
  for (const VisitRow& visit : full.visits) {
    const auto own = std::find_if(known.visits.begin(), known.visits.end(),
                                  [&](const VisitRow& one) { return one.session == visit.session; });
    const bool is_known = own != known.visits.end();
    const Place place{visit.session, std::nullopt, is_known ? &own->decision : &visit.decision};
    rows += decision_row(id, place);
    rows += rows_of(is_known ? all_checks(visit.quality, own->quality) : visit.quality, id, place);
  }
  for (const ChangeRow& change : full.changes) rows += rows_of(change.quality, id, {change.from, change.to, nullptr});
  rows += rows_of(full.quality, id, {});
  if (!full.sloppy) return rows;
  Quality sloppy;
  sloppy.checks.push_back({"sloppy", std::nullopt, std::nullopt, Verdict::warn, made_sloppy});
  return rows + rows_of(sloppy, id, {});
}

void quality_table(const Trial& trial, const std::filesystem::path& out,
                   const std::function<void(const std::string& piece)>& write) {
  write(quality_table_head().text);
  const auto& reports = trial.reports;
  std::vector<std::string> rows;
  for (std::size_t begin = 0; begin < reports.size(); begin += participants_at_once) {
    rows.assign(std::min(participants_at_once, reports.size() - begin), "");
    parallel_for(
        rows.size(), [&](std::size_t i) { rows[i] = rows_in_file(reports[begin + i], out); }, 16);
    for (const std::string& own : rows) write(own);
  }
}

}  // namespace wane
