#include "pipeline/import/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/letters.h"
#include "base/natural_order.h"
#include "base/sha256.h"
#include "pipeline/dataset/sentence_parts.h"
#include "pipeline/dataset/visit_dates.h"
#include "pipeline/import/date_texts.h"

namespace wane {
namespace {

using Indices = std::vector<std::size_t>;

// A visit's two scans may be made a few days apart, and a poor one is repeated soon.
constexpr int most_days_within_visit = 14;

struct Draft {
  const std::vector<Series>& series;
  const ImportMap& map;
  const ExistingDataset& existing;
  const ImportOptions& options;
  ImportPlan plan;
  std::vector<const MapRow*> rows;                // of the map, one for each series; null: none fits
  std::map<std::string, Indices> of_participant;  // every series that has one; filled once all have theirs

  PlannedSeries& planned(std::size_t n) { return plan.series[n]; }
  bool is_candidate(std::size_t n) const {
    return plan.series[n].taken.suffix != Suffix::none && plan.series[n].action != Action::problem;
  }
  void refuse(std::size_t n, const std::string& why) {
    planned(n).action = Action::problem;
    planned(n).why = why;
  }
  const ExistingDataset::Place* place_there(std::size_t n) const {
    const auto found = existing.of_series.find(series_mark(series[n]));
    return found == existing.of_series.end() ? nullptr : &found->second;
  }
  // Of the dataset as it is; null where it has no such visit.
  const ExistingVisit* visit_there(const std::string& participant, const std::string& session) const {
    const auto visits = existing.visits.find(participant);
    if (visits == existing.visits.end()) return nullptr;
    const auto visit = visits->second.find(session);
    return visit == visits->second.end() ? nullptr : &visit->second;
  }
};

std::string shown(const Series& series) {
  const std::string number = series.nifti ? "" : "series " + std::to_string(series.series_number) + ", ";
  return series.nifti ? one_line(series.first.generic_string())
                      : number + one_line(series.facts.description.empty() ? series.first.parent_path().generic_string()
                                                                           : series.facts.description);
}

// ------------------------------------------------------------------------------------------------ participants

std::string lower_letters_and_digits(const std::string& text) {
  std::string kept = lower_case(text);
  std::erase_if(kept, [](char c) { return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')); });
  return kept;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (const auto kept = lower_letters_and_digits(std::string(1, c)); !kept.empty())
      words.back() += kept;
    else if (static_cast<unsigned char>(c) >= 0x80)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool has_digit(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos;
}

bool holds_date(const std::string& letters_and_digits, const std::string& yyyymmdd) {
  const auto forms = digits_of_date(yyyymmdd);
  return std::any_of(forms.begin(), forms.end(),
                     [&](const std::string& form) { return letters_and_digits.find(form) != std::string::npos; });
}

// A PatientID or label that tells who somebody is.
bool tells_person(const std::string& text, const Series& series) {
  const std::string id = lower_letters_and_digits(text);
  // What anonymization puts is nobody's.
  if (series.birth_date != "19000101" && holds_date(id, series.birth_date)) return true;
  // A code that is put into both elements is no name.
  if (has_digit(id) && lower_letters_and_digits(series.patient_name) == id) return false;
  constexpr std::size_t shortest = 3;
  for (const auto& word : words_of(series.patient_name)) {
    // Labels lose all other letters, and so does what is compared: "Mller" tells of Müller.
    const std::string kept = lower_letters_and_digits(word);
    if (kept.size() >= shortest && !has_digit(kept) && id.find(kept) != std::string::npos) return true;
  }
  return false;
}

bool tells_day_of(const std::string& text, const Series& series) {
  const std::string id = lower_letters_and_digits(text);
  const std::set<int> days = days_of(series);
  return std::any_of(days.begin(), days.end(),
                     [&](int day) { return holds_date(id, lower_letters_and_digits(iso_date(day))); });
}

// Digits that read as a day since 1980, in one of the orders in use; where a scan has no date, folders have it.
bool reads_as_day(const std::string& label) {
  constexpr int last = 84'370;  // 2200-12-31: a later year is none
  const std::string digits = label.substr(0, 8);
  if (digits.size() < 8 || digits.find_first_not_of("0123456789") != std::string::npos) return false;
  const std::string year_last = digits.substr(4), first = digits.substr(0, 2), second = digits.substr(2, 2);
  return plausible_day(digits, last) || plausible_day(year_last + second + first, last) ||
         plausible_day(year_last + first + second, last);
}

// Why what the pattern found must not name files; empty where it may.
std::string why_not_a_label(const std::string& label, bool session, const Draft& draft, std::size_t n) {
  const Series& series = draft.series[n];
  if (tells_person(label, series))
    return "The label '" + label +
           "' that the pattern found holds a part of the person's name or date of birth, which must not name files; "
           "use --map.";
  if (draft.options.keep_dates) return {};
  const auto* row = draft.rows[n];
  const bool told = row && row->study_day &&
                    holds_date(lower_letters_and_digits(label), lower_letters_and_digits(iso_date(*row->study_day)));
  if (!told && !tells_day_of(label, series) && !(session && reads_as_day(label))) return {};
  return "The label '" + label +
         "' that the pattern found holds the date of the visit, which must not name files; use --map, or --keep-dates "
         "where dates may be in the dataset.";
}

void take_place(Draft& draft, std::size_t n, const std::string& participant, const std::string& session) {
  draft.planned(n).participant = participant;
  draft.planned(n).session = session;
}

void find_participant(Draft& draft, std::size_t n) {
  const Series& series = draft.series[n];
  const MapRow* row = draft.rows[n];
  std::string participant, session;
  if (row) {
    participant = row->participant;
    session = row->session;
  } else if (!draft.map.empty() && draft.options.pattern.empty()) {
    draft.refuse(n, series.nifti
                        ? "No row of the map names this file or its folder; add one."
                        : "No row of the map has PatientID '" + series.patient_id + "' or this folder; add one.");
    return;
  }
  if (!draft.options.pattern.empty() && session.empty()) {
    const auto match = match_pattern(draft.options.pattern, series.first);
    if (!match && participant.empty()) {
      draft.refuse(n, "Its path does not look like the pattern '" + draft.options.pattern + "'; use a map for it.");
      return;
    }
    std::string why;
    if (match && participant.empty()) {
      participant = match->participant;
      why = why_not_a_label(participant, false, draft, n);
    }
    if (match) session = match->session;
    if (match && why.empty() && !session.empty()) why = why_not_a_label(session, true, draft, n);
    if (!why.empty()) {
      draft.refuse(n, why);
      return;
    }
  }
  if (participant.empty() && series.nifti) {
    draft.refuse(n, "Nothing says whose scan it is; use --map, or --pattern for names of folders.");
    return;
  }
  if (participant.empty()) {
    participant = label_from(series.patient_id);
    if (participant.empty()) {
      draft.refuse(n, "Its PatientID '" + series.patient_id +
                          "' holds no letters or digits that could name a participant; use --map.");
      return;
    }
    if (tells_person(series.patient_id, series)) {
      draft.refuse(n,
                   "Its PatientID holds a part of the person's name or date of birth, which must not name files; "
                   "use --map.");
      return;
    }
    if (!draft.options.keep_dates && tells_day_of(series.patient_id, series)) {
      draft.refuse(n,
                   "Its PatientID holds the date of the visit, which must not name files; use --map, or --keep-dates "
                   "where dates may be in the dataset.");
      return;
    }
  }
  if (const auto* there = draft.place_there(n)) {
    if (there->participant != participant && (row || !draft.options.pattern.empty())) {
      draft.refuse(n, "It was imported before as sub-" + there->participant + ", and is sub-" + participant +
                          " now; correct the map, or remove the scan from the dataset.");
      return;
    }
    take_place(draft, n, there->participant, there->session);
    return;
  }
  take_place(draft, n, participant, session);
}

// PatientIDs "A-1" and "A1" would share a label.
void refuse_shared_labels(Draft& draft) {
  std::map<std::string, std::set<std::string>> ids;
  const auto by_id = [&](std::size_t n) {
    return draft.is_candidate(n) && !draft.rows[n] && draft.options.pattern.empty() && !draft.series[n].nifti;
  };
  for (std::size_t n = 0; n < draft.series.size(); ++n)
    if (by_id(n)) ids[draft.planned(n).participant].insert(draft.series[n].patient_id);
  for (std::size_t n = 0; n < draft.series.size(); ++n)
    if (by_id(n) && ids[draft.planned(n).participant].size() > 1)
      draft.refuse(n, "PatientIDs " +
                          joined({ids[draft.planned(n).participant].begin(), ids[draft.planned(n).participant].end()}) +
                          " would all become sub-" + draft.planned(n).participant + "; use --map.");
}

std::map<std::string, Indices> by_participant(const Draft& draft) {
  std::map<std::string, Indices> all;
  for (std::size_t n = 0; n < draft.series.size(); ++n)
    if (draft.is_candidate(n)) all[draft.plan.series[n].participant].push_back(n);
  return all;
}

std::string same_name(const std::string& name) {
  auto words = words_of(name);
  std::sort(words.begin(), words.end());
  return joined(words, " ");
}

// Which fact differs between series that are given to one participant; empty where none does.
std::string difference_of_people(const Draft& draft, const Indices& candidates) {
  std::set<std::string> births, sexes, names;
  for (const auto n : candidates) {
    const Series& s = draft.series[n];
    if (!s.birth_date.empty()) births.insert(s.birth_date);
    if (s.sex == "F" || s.sex == "M") sexes.insert(s.sex);
    if (!same_name(s.patient_name).empty()) names.insert(same_name(s.patient_name));
  }
  if (births.size() > 1) return "dates of birth";
  if (sexes.size() > 1) return "sexes";
  // People marry, so that names alone say nothing where a date of birth agrees.
  if (names.size() > 1 && births.empty()) return "names";
  return {};
}

void refuse_mixed_people(Draft& draft) {
  for (const auto& [participant, candidates] : by_participant(draft)) {
    const std::string difference = difference_of_people(draft, candidates);
    if (difference.empty()) continue;
    const bool told = std::all_of(candidates.begin(), candidates.end(),
                                  [&](std::size_t n) { return draft.rows[n] && !draft.rows[n]->folder.empty(); });
    if (told) {
      draft.plan.warnings.push_back("The scans of sub-" + participant + " have different " + difference +
                                    " in their headers; the map says that they are one person.");
      continue;
    }
    for (const auto n : candidates)
      draft.refuse(n, "Scans of sub-" + participant + " seem to be of different people, as their " + difference +
                          " differ; tell them apart by folder in the map.");
  }
}

// Two PatientIDs of what seems to be one person: a follow-up that would not be seen as one.
void warn_of_split_people(Draft& draft) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> participants;
  for (std::size_t n = 0; n < draft.series.size(); ++n) {
    const Series& s = draft.series[n];
    if (draft.is_candidate(n) && !s.birth_date.empty() && !same_name(s.patient_name).empty())
      participants[{same_name(s.patient_name), s.birth_date}].insert("sub-" + draft.planned(n).participant);
  }
  for (const auto& [person, labels] : participants)
    if (labels.size() > 1)
      draft.plan.warnings.push_back(joined({labels.begin(), labels.end()}, " and ") +
                                    " have the same name and date of birth: if they are one person, give them one "
                                    "participant_id in the map.");
}

// ------------------------------------------------------------------------------------------------ sessions

std::optional<int> number_of(const std::string& session) {
  int number = 0;
  const auto [end, error] = std::from_chars(session.data(), session.data() + session.size(), number);
  if (error != std::errc() || end != session.data() + session.size() || number < 0 || number > 1'000'000)
    return std::nullopt;
  return number;
}

std::string next_session(const std::set<std::string>& used) {
  int highest = 0;
  for (const auto& session : used) highest = std::max(highest, number_of(session).value_or(0));
  return fmt::format("{:02}", highest + 1);
}

std::optional<int> day_of(const Draft& draft, std::size_t n) {
  if (draft.series[n].day) return draft.series[n].day;
  return draft.rows[n] ? draft.rows[n]->study_day : std::nullopt;
}

void find_sessions_of(Draft& draft, const std::string& participant, const Indices& candidates) {
  std::set<std::string> used;
  std::map<int, std::string> session_of_day;
  if (const auto found = draft.existing.visits.find(participant); found != draft.existing.visits.end())
    for (const auto& [session, visit] : found->second) used.insert(session);
  for (const auto n : candidates) {
    const std::string& session = draft.planned(n).session;
    if (session.empty()) continue;
    used.insert(session);
    if (const auto day = day_of(draft, n)) session_of_day.emplace(*day, session);
  }
  std::map<int, Indices> dated;
  std::map<std::string, Indices> undated;  // by study
  for (const auto n : candidates) {
    if (!draft.planned(n).session.empty()) continue;
    if (const auto day = day_of(draft, n))
      dated[*day].push_back(n);
    else
      undated[draft.series[n].study_uid].push_back(n);
  }
  const bool only_study = used.empty() && dated.empty() && undated.size() == 1;
  for (auto& [study, group] : undated)
    for (const auto n : group) {
      if (only_study)
        draft.planned(n).session = "01";
      else
        draft.refuse(n, "It has no study date, so that nothing says which visit of sub-" + participant +
                            " it is; give its session, or study_date, in the map.");
    }
  const int latest_known = session_of_day.empty() ? 0 : session_of_day.rbegin()->first;
  for (auto& [day, group] : dated) {
    auto known = session_of_day.find(day);
    if (known == session_of_day.end()) {
      const std::string session = next_session(used);
      used.insert(session);
      if (day < latest_known)
        draft.plan.warnings.push_back("Visit ses-" + session + " of sub-" + participant +
                                      " is older than a visit with a lower number.");
      known = session_of_day.emplace(day, session).first;
    }
    for (const auto n : group) draft.planned(n).session = known->second;
  }
}

using VisitKey = std::pair<std::string, std::string>;

std::map<VisitKey, Indices> by_visit(const Draft& draft) {
  std::map<VisitKey, Indices> all;
  for (std::size_t n = 0; n < draft.series.size(); ++n)
    if (draft.is_candidate(n)) all[{draft.plan.series[n].participant, draft.plan.series[n].session}].push_back(n);
  return all;
}

void refuse_visits_of_several_times(Draft& draft) {
  for (const auto& [key, candidates] : by_visit(draft)) {
    std::optional<int> first, last;
    for (const auto n : candidates)
      if (const auto day = day_of(draft, n)) {
        first = first ? std::min(*first, *day) : *day;
        last = last ? std::max(*last, *day) : *day;
      }
    if (!first || *first == *last) continue;
    const std::string visit = "sub-" + key.first + " ses-" + key.second;
    if (*last - *first <= most_days_within_visit) {
      draft.plan.warnings.push_back(fmt::format("The scans of {} were made within {} days.", visit, *last - *first));
      continue;
    }
    for (const auto n : candidates)
      if (!draft.place_there(n))
        draft.refuse(n, fmt::format("The scans of {} lie {} days apart, which are two visits; give them two sessions "
                                    "in the map.",
                                    visit, *last - *first));
  }
}

// ------------------------------------------------------------------------------------------------ choice

struct Criterion {
  const char* better;  // "X is used instead, ..."
  std::function<double(const Draft&, std::size_t)> score;
};

bool same_kind(const Classification& a, const Classification& b) {
  return a.suffix == b.suffix && a.normalized == b.normalized && a.distortion_corrected == b.distortion_corrected;
}

// Visits of the participant that have a scan of this kind: a change measured across kinds is partly one of the scanner.
double visits_with_kind(const Draft& draft, std::size_t n) {
  const auto& own = draft.plan.series[n];
  std::set<std::string> sessions;
  for (const auto m : draft.of_participant.at(own.participant)) {
    const auto& other = draft.plan.series[m];
    if (draft.is_candidate(m) && same_kind(other.taken, own.taken)) sessions.insert(other.session);
  }
  return double(sessions.size());
}

bool too_thick(const Draft& draft, std::size_t n) {
  return draft.plan.series[n].taken.suffix == Suffix::t1w &&
         draft.series[n].facts.slice_thickness_mm.value_or(0) > draft.options.thickest_t1w_slice_mm + 0.05;
}

double time_of(const Series& series) {
  double seconds = 0;
  std::from_chars(series.time.data(), series.time.data() + series.time.size(), seconds);
  return double(series.day.value_or(0)) * 1e6 + seconds;
}

const std::vector<Criterion>& criteria() {
  static const std::vector<Criterion> all{
      {"which can be read",
       [](const Draft& d, std::size_t n) { return -double(!d.series[n].facts.unusable_because.empty()); }},
      {"whose slices are all there",
       [](const Draft& d, std::size_t n) { return -double(d.series[n].facts.missing_slices > 0); }},
      {"which has thinner slices", [](const Draft& d, std::size_t n) { return -double(too_thick(d, n)); }},
      {"which has no contrast agent",
       [](const Draft& d, std::size_t n) { return -double(d.plan.series[n].taken.contrast); }},
      {"which is an original image",
       [](const Draft& d, std::size_t n) { return -double(d.plan.series[n].taken.derived); }},
      {"which is of the kind that more visits have", visits_with_kind},
      {"which is corrected for distortion in more dimensions",
       [](const Draft& d, std::size_t n) { return double(d.plan.series[n].taken.distortion_corrected); }},
      {"in which the coil's brightness is evened out",
       [](const Draft& d, std::size_t n) { return double(d.plan.series[n].taken.normalized); }},
      {"which is 3D", [](const Draft& d, std::size_t n) { return double(d.plan.series[n].taken.three_d); }},
      {"which has thinner slices",
       [](const Draft& d, std::size_t n) {
         return -double(int(d.series[n].facts.slice_thickness_mm.value_or(0) * 10 + 0.5));
       }},
      {"which was repeated later", [](const Draft& d, std::size_t n) { return time_of(d.series[n]); }},
      {"which has the higher series number",
       [](const Draft& d, std::size_t n) { return double(d.series[n].series_number); }},
  };
  return all;
}

// The series to use; the others are told why not.
std::size_t best_of(Draft& draft, Indices group) {
  std::vector<std::pair<std::size_t, const char*>> dropped;
  for (const auto& criterion : criteria()) {
    double best = criterion.score(draft, group.front());
    for (const auto n : group) best = std::max(best, criterion.score(draft, n));
    Indices kept;
    for (const auto n : group) {
      if (criterion.score(draft, n) >= best)
        kept.push_back(n);
      else
        dropped.emplace_back(n, criterion.better);
    }
    group = kept;
  }
  for (std::size_t m = 1; m < group.size(); ++m) dropped.emplace_back(group[m], "which comes first");
  for (const auto& [n, better] : dropped) {
    draft.planned(n).action = Action::not_needed;
    draft.planned(n).why = "Another is used, " + std::string(better) + ": " + shown(draft.series[group.front()]) + ".";
  }
  return group.front();
}

void use(Draft& draft, std::size_t n) {
  const SeriesFacts& facts = draft.series[n].facts;
  PlannedSeries& planned = draft.planned(n);
  if (!facts.unusable_because.empty()) {
    draft.refuse(n, facts.unusable_because);
    return;
  }
  if (facts.missing_slices > 0) {
    draft.refuse(n, fmt::format("{} of its slices {} missing ({} are there); export the series again.",
                                facts.missing_slices, facts.missing_slices == 1 ? "is" : "are", facts.images));
    return;
  }
  if (too_thick(draft, n)) {
    draft.refuse(n, fmt::format("Its slices of {:.3g} mm are too thick to measure atrophy "
                                "(--thickest-t1w-slice-mm {:.3g}).",
                                *facts.slice_thickness_mm, draft.options.thickest_t1w_slice_mm));
    return;
  }
  planned.action = Action::import;
  planned.why = "To " + scan_path(planned.participant, planned.session, planned.taken.suffix) + ".nii.gz.";
  if (planned.taken.contrast)
    planned.warnings.push_back("It was made with contrast agent, which changes volumes; there is none without.");
  if (planned.taken.derived) planned.warnings.push_back("It was computed from other images; the original is not here.");
  if (draft.series[n].duplicates > 0)
    planned.warnings.push_back(
        fmt::format("{} of its files hold images twice; one each is used.", draft.series[n].duplicates));
}

void choose(Draft& draft) {
  for (const auto& [key, candidates] : by_visit(draft)) {
    for (const Suffix suffix : {Suffix::t1w, Suffix::flair}) {
      Indices group, there;
      for (const auto n : candidates) {
        if (draft.planned(n).taken.suffix != suffix) continue;
        (draft.place_there(n) ? there : group).push_back(n);
      }
      for (const auto n : there) {
        draft.planned(n).action = Action::there;
        draft.planned(n).why = "Imported before.";
      }
      if (group.empty()) continue;
      const ExistingVisit* visit = draft.visit_there(key.first, key.second);
      if (visit && visit->suffixes.contains(suffix_text(suffix))) {
        for (const auto n : group)
          draft.planned(n).why = fmt::format("The dataset has a {} scan of this visit.", suffix_text(suffix));
        continue;
      }
      use(draft, best_of(draft, group));
    }
  }
}

// ------------------------------------------------------------------------------------------------ visits

bool is_in_dataset(const PlannedSeries& series) {
  return series.action == Action::import || series.action == Action::there;
}

std::map<VisitKey, PlannedVisit> visits_of(const Draft& draft) {
  std::map<VisitKey, PlannedVisit> visits;
  for (std::size_t n = 0; n < draft.series.size(); ++n) {
    const auto& planned = draft.plan.series[n];
    if (!is_in_dataset(planned)) continue;
    PlannedVisit& visit = visits[{planned.participant, planned.session}];
    visit.participant = planned.participant;
    visit.session = planned.session;
    const auto day = day_of(draft, n);
    const bool t1w = planned.taken.suffix == Suffix::t1w;
    if (day && (!visit.calendar_day || t1w)) {
      visit.calendar_day = day;
      visit.time = draft.series[n].time;
    }
  }
  return visits;
}

std::optional<int> baseline_day(const Draft& draft, const std::string& participant,
                                const std::map<VisitKey, PlannedVisit>& visits) {
  for (const auto n : draft.of_participant.at(participant))
    if (draft.rows[n] && draft.rows[n]->baseline_day) return draft.rows[n]->baseline_day;
  const auto found = draft.existing.visits.find(participant);
  const bool known_before = found != draft.existing.visits.end() && !found->second.empty();
  std::optional<int> earliest;
  for (auto it = visits.lower_bound({participant, ""}); it != visits.end() && it->first.first == participant; ++it) {
    const auto& [key, visit] = *it;
    if (!visit.calendar_day) continue;
    earliest = earliest ? std::min(*earliest, *visit.calendar_day) : *visit.calendar_day;
    const ExistingVisit* there = draft.visit_there(participant, key.second);
    if (there && there->days) return *visit.calendar_day - int(*there->days);
  }
  if (!known_before) return earliest;
  // Were all visits of the dataset here, the earliest would be the baseline.
  for (const auto& [session, visit] : found->second)
    if (!visits.contains({participant, session})) return std::nullopt;
  return earliest;
}

// --keep-dates adds to tables and changes none of their rows: where it cannot write a date, that is said.
void warn_of_dates_not_kept(Draft& draft, const std::map<VisitKey, PlannedVisit>& visits) {
  if (!draft.options.keep_dates) return;
  std::set<std::string> told;
  for (const auto& [key, visit] : visits) {
    if (!visit.calendar_day) continue;
    const std::string id = "sub-" + key.first;
    if (draft.existing.tables_without_dates.contains(key.first)) {
      if (told.insert(id).second)
        draft.plan.warnings.push_back("--keep-dates writes no dates of " + id + ": " + id +
                                      "_sessions.tsv is there and has no column acq_time.");
      continue;
    }
    const ExistingVisit* there = draft.visit_there(key.first, key.second);
    if (there && there->listed && !there->dated)
      draft.plan.warnings.push_back("--keep-dates writes no date of " + id + " ses-" + key.second + ": " + id +
                                    "_sessions.tsv lists the visit already, without acq_time.");
  }
}

void plan_visits(Draft& draft) {
  auto visits = visits_of(draft);
  warn_of_dates_not_kept(draft, visits);
  for (auto& [key, visit] : visits) {
    const auto baseline = baseline_day(draft, key.first, visits);
    if (baseline && visit.calendar_day) visit.days = *visit.calendar_day - *baseline;
    if (const ExistingVisit* there = draft.visit_there(key.first, key.second); there && there->listed) continue;
    const std::string name = "sub-" + key.first + " ses-" + key.second;
    if (!visit.calendar_day)
      draft.plan.warnings.push_back(name +
                                    " has no study date, so that no rate per year can be computed from it; "
                                    "give study_date in the map.");
    else if (!baseline)
      draft.plan.warnings.push_back("The days of " + name +
                                    " since baseline are not known, as the first visit is not in this folder; give "
                                    "baseline_date in the map.");
    else if (*visit.days < 0)
      draft.plan.warnings.push_back(name + " is older than the baseline: its days are negative.");
    draft.plan.visits.push_back(visit);
  }
  std::map<std::string, NewParticipant> participants;
  for (std::size_t n = 0; n < draft.series.size(); ++n) {
    const auto& planned = draft.plan.series[n];
    if (!is_in_dataset(planned)) continue;
    NewParticipant& participant = participants[planned.participant];
    participant.participant = planned.participant;
    if (!draft.rows[n]) continue;
    if (participant.dose_group.empty()) participant.dose_group = draft.rows[n]->dose_group;
    if (participant.dose.empty()) participant.dose = draft.rows[n]->dose;
  }
  for (const auto& [label, participant] : participants) draft.plan.participants.push_back(participant);
  for (const auto& [key, visit] : visits) {
    const Indices& series = draft.of_participant.at(key.first);
    const bool t1w = std::any_of(series.begin(), series.end(), [&](std::size_t n) {
      const PlannedSeries& s = draft.plan.series[n];
      return s.session == key.second && s.taken.suffix == Suffix::t1w && is_in_dataset(s);
    });
    const ExistingVisit* there = draft.visit_there(key.first, key.second);
    if (!t1w && !(there && there->suffixes.contains("T1w")))
      draft.plan.warnings.push_back("sub-" + key.first + " ses-" + key.second +
                                    " has no T1w scan that can be used: its atrophy cannot be measured.");
  }
}

// ------------------------------------------------------------------------------------------------

// A NIfTI file that the map names itself is what the map says, or T1w where nothing says otherwise.
void take_by_map(Draft& draft, std::size_t n) {
  const Series& series = draft.series[n];
  const MapRow* row = draft.rows[n];
  Classification& taken = draft.planned(n).taken;
  if (!series.nifti || !row || !series.facts.has_image) return;
  const bool named = row->folder == series.first.generic_string();
  if (named && row->suffix != Suffix::none)
    taken.suffix = row->suffix;
  else if (named && taken.taken_for == "unknown")
    taken.suffix = Suffix::t1w;
  else
    return;
  taken.taken_for = suffix_text(taken.suffix);
  taken.why = "the map names this file";
}

}  // namespace

std::string series_mark(const Series& series) {
  constexpr std::size_t length = 16;  // of hexadecimal digits: two series of 10^9 agree once in 40 times
  return sha256_of_text("wane import\n" + series.series_uid).substr(0, length);
}

std::string scan_path(const std::string& participant, const std::string& session, Suffix suffix) {
  const std::string name = "sub-" + participant + "_ses-" + session + "_" + suffix_text(suffix);
  return "sub-" + participant + "/ses-" + session + "/anat/" + name;
}

ImportPlan plan_import(const std::vector<Series>& series, const ImportMap& map, const ExistingDataset& existing,
                       const ImportOptions& options) {
  Draft draft{series, map, existing, options, {}, {}, {}};
  for (const auto& each : series) {
    draft.plan.series.emplace_back();
    draft.plan.series.back().taken = classify(each.facts);
    draft.rows.push_back(row_of(map, each));
  }
  for (std::size_t n = 0; n < series.size(); ++n) {
    take_by_map(draft, n);
    if (draft.is_candidate(n)) find_participant(draft, n);
  }
  for (std::size_t n = 0; n < series.size(); ++n)
    if (!draft.planned(n).participant.empty()) draft.of_participant[draft.planned(n).participant].push_back(n);
  refuse_shared_labels(draft);
  refuse_mixed_people(draft);
  warn_of_split_people(draft);
  for (const auto& [participant, candidates] : by_participant(draft)) find_sessions_of(draft, participant, candidates);
  refuse_visits_of_several_times(draft);
  choose(draft);
  plan_visits(draft);
  for (auto& planned : draft.plan.series)
    if (planned.why.empty()) planned.why = "Not needed.";
  return std::move(draft.plan);
}

std::size_t count_of(const ImportPlan& plan, Action action) {
  return std::size_t(std::count_if(plan.series.begin(), plan.series.end(),
                                   [&](const PlannedSeries& s) { return s.action == action; }));
}

}  // namespace wane
