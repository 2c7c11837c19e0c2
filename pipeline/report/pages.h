// The pages that people look at: one JSON object a page, put into the bundle that the build made of pages/src. What
// each object holds, pages/src/page_data.ts says, and schemas/page-*.schema.json.
//
// Texts of sidecars (names of sequences, coils, contrast agents) stand in reports and tables and in no page: nobody
// knows what else people wrote there.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/report/methods.h"

namespace wane {

// The bundle with `data` in the place of its marker. Nothing in `data` can end the script element that it stands in.
// Throws std::logic_error where the bundle has no marker.
std::string page_html(const std::string& bundle, const nlohmann::ordered_json& data);

// By the beginning of its text: made of one of the bundles, of whatever version.
bool is_page(const std::string& beginning);
inline constexpr std::size_t page_beginning_bytes = 1024;

std::string participant_page_name(const std::string& participant_id);  // "sub-01.html"

// TrialPage. `trial_report`: trial_atrophy.json, of which the page has all but the log's head, which tells of the time.
// `with_page`: the participants who have a page.
nlohmann::ordered_json trial_page_json(const TrialAnalysis& analysis, nlohmann::ordered_json trial_report,
                                       const std::set<std::string>& with_page, const Methods& methods);

// The report in OUT with all its checks (`full`), and what counts now: dose, group, decisions, rates and those checks
// that only other participants' reports show, as the trial (`known`) has them.
ParticipantReport as_known_now(ParticipantReport full, const ParticipantReport& known);

// Of ParticipantPage what does not stand in the report.
struct ParticipantPageParts {
  bool blinded = false;
  std::string dose_unit;
  TissueRates rates;                     // of the report as it is known now, with
  RateOptions rate_options;              // these options
  nlohmann::ordered_json scans, viewer;  // scan_facts_json, viewer_json
  std::string picture;                   // picture_data_uri
};

// ParticipantPage. `measured`: sub-XX_atrophy.json as it stands in OUT, which does not change with doses and decisions;
// `now`: as_known_now, whose values take the place of the older ones.
nlohmann::ordered_json participant_page_json(nlohmann::ordered_json measured, const ParticipantReport& now,
                                             ParticipantPageParts parts, const Methods& methods);

// QualityVisit, and what the page is sorted by.
struct QualityVisit {
  Verdict verdict = Verdict::pass;
  bool judged = true;  // false: the participant has no report, and nothing is known of the scan
  nlohmann::ordered_json json;
};

// Of each visit of a participant. `now`: as_known_now. `page`: whether it has one.
std::vector<QualityVisit> quality_visits(const ParticipantReport& now, bool page, bool blinded,
                                         const std::function<std::string(const std::string& session)>& picture);

// Of a visit of a participant who has no report. Nothing is known of the scan, unless the reason names its file.
QualityVisit unmeasured_visit(const LeftOut& participant, const DatasetVisit& visit,
                              const std::optional<HumanDecision>& decision, bool blinded);

// QualityPage, the worst first; visits that were not measured come after those that fail. `dataset_key` names the
// dataset for the browser's store.
nlohmann::ordered_json quality_page_json(std::vector<QualityVisit> visits, bool blinded, const std::string& version,
                                         const std::string& dataset_key, const Methods& methods);

}  // namespace wane
