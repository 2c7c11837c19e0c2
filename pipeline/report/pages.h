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

#include "pipeline/report/methods.h"
#include "pipeline/report/trial_analysis.h"

namespace wane {

// The bundle with `data` in the place of its marker. Nothing in `data` can end the script element that it stands in.
// Throws std::logic_error where the bundle has no marker.
std::string page_html(const std::string& bundle, const nlohmann::ordered_json& data);

// By the beginning of its text: made of one of the bundles, of whatever version.
bool is_page(const std::string& beginning);
inline constexpr std::size_t page_beginning_bytes = 1024;

std::string participant_page_name(const std::string& participant_id);  // "sub-01.html"

// TrialPage. `trial_report`: trial_atrophy.json; while blinded its means of groups are left out, because means that are
// clearly in order unblind. `with_page`: the participants who have a page.
nlohmann::ordered_json trial_page_json(const TrialAnalysis& analysis, nlohmann::ordered_json trial_report,
                                       const std::set<std::string>& with_page, const Methods& methods);

// Of ParticipantPage what does not stand in the report.
struct ParticipantPageParts {
  bool blinded = false;
  std::string dose_unit;
  nlohmann::ordered_json scans, viewer;  // scan_facts_json, viewer_json
  std::string picture;                   // picture_data_uri
};

// ParticipantPage. `report`: sub-XX_atrophy.json.
nlohmann::ordered_json participant_page_json(nlohmann::ordered_json report, ParticipantPageParts parts,
                                             const Methods& methods);

// QualityVisit, and what the page is sorted by.
struct QualityVisit {
  Verdict verdict = Verdict::pass;
  nlohmann::ordered_json json;
};

// Of each visit of a participant. `full`: the report with all its checks; `known`: the trial's, which knows the
// decisions that count now and what only the other participants' reports show. `page`: whether it has one.
std::vector<QualityVisit> quality_visits(const ParticipantReport& full, const ParticipantReport& known, bool page,
                                         bool blinded,
                                         const std::function<std::string(const std::string& session)>& picture);

// Of a visit of a participant who has no report.
QualityVisit unmeasured_visit(const LeftOut& participant, const std::string& session, std::optional<double> days,
                              bool blinded);

// QualityPage. `dataset_key` names the dataset for the browser's store.
nlohmann::ordered_json quality_page_json(std::vector<QualityVisit> visits, bool blinded, const std::string& version,
                                         const std::string& dataset_key, const Methods& methods);

}  // namespace wane
