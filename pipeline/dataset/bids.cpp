#include "pipeline/dataset/bids.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/natural_order.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "pipeline/dataset/date_sources.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/folder_hint.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/scan_filter.h"
#include "pipeline/dataset/sentence_parts.h"
#include "pipeline/dataset/t1w_scans.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// No trial lasts longer; more is a slip of the pen, or one date of a participant that was shifted and one that was not.
constexpr double most_days_between_visits = 30 * 365.25;
constexpr double most_days_since_baseline = 36500;

// What T1w scans in a folder of an annex without its content are.
bool leads_nowhere(const fs::path& file) {
  std::error_code error;
  return fs::is_symlink(file, error) && !fs::exists(file, error);
}

// Entries of a folder whose names begin with `prefix`, in natural order; none where there is no such folder. What
// cannot be listed must not look like a participant without scans: ResourceError.
std::vector<fs::path> entries_of(const fs::path& folder, const std::string& prefix, bool folders) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code status_error;
    if (!it->path().filename().string().starts_with(prefix)) continue;
    if (it->is_directory(status_error) == folders) found.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw ResourceError("The folder " + folder.string() + " cannot be listed: " + error.message() +
                        "; check its permissions and the disk.");
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return natural_less(a.filename().string(), b.filename().string()); });
  return found;
}

// Reads one participant's folder.
class ParticipantReader {
 public:
  // `sidecars`: those in the dataset's folder, which may apply to everybody.
  ParticipantReader(const fs::path& dataset, const fs::path& folder, const DatasetOptions& options,
                    const ScanFilter& filter, const std::vector<fs::path>& sidecars)
      : dataset_(dataset), folder_(folder), options_(options), filter_(filter), sidecars_(sidecars) {
    participant_.participant_id = folder.filename().string();
  }

  // `dataset_warnings` takes up what is wrong with files that belong to more people than this one. `today`: days since
  // 1970-01-01.
  DatasetParticipant read(std::vector<fs::path>& tables, std::vector<std::string>& dataset_warnings, int today) {
    find_scans();
    choose_scans();
    read_sidecars(dataset_warnings);
    date_visits(tables, today);
    order_visits();
    participant_.missing_visits.assign(missing_.begin(), missing_.end());
    return std::move(participant_);
  }

  // T1w scans that are links to files that are not here; known after read().
  const std::vector<fs::path>& dangling() const { return dangling_; }

 private:
  void warn(const std::string& sentence) { participant_.warnings.push_back(sentence); }

  // Names in reports are relative to the dataset, so that the same data give the same report anywhere.
  std::string shown(const fs::path& file) const { return file.lexically_relative(dataset_).generic_string(); }

  void find_scans() {
    for (const auto& session : entries_of(folder_, "ses-", true)) {
      const auto name = session.filename().string();
      if (const auto problem = file_label_problem(name); !problem.empty()) {
        warn("The name of the folder " + one_line(shown(session)) + " " + problem +
             ": the visit is not used; rename the folder.");
        continue;
      }
      if (!filter_.takes_session(name)) continue;
      auto scans = scans_in(session / "anat", name);
      if (scans.empty())
        note_missing(name, shown(session));
      else
        scans_[name] = std::move(scans);
    }
    if (!filter_.takes_session("")) return;
    auto scans = scans_in(folder_ / "anat", "");
    if (scans.empty()) return;
    if (scans_.empty())
      scans_[""] = std::move(scans);
    else
      warn("The scans in " + shown(folder_ / "anat") +
           " belong to no session and are not used; move them to a "
           "session's folder.");
  }

  std::vector<T1wScan> scans_in(const fs::path& anat, const std::string& session) {
    std::vector<T1wScan> scans;
    for (const auto& file : entries_of(anat, "", false)) {
      const auto scan = t1w_scan_named(file);
      if (!scan || !filter_.takes_scan(file)) continue;
      std::error_code error;
      if (scan->subject != participant_.participant_id || scan->session != session) {
        warn(one_line(shown(file)) +
             " is named for another participant or visit than its folder and is not used; rename or "
             "move it.");
      } else if (one_line(file.filename().string()) != file.filename().string()) {
        warn("The name of " + one_line(shown(file)) +
             " holds control characters or bytes that are not UTF-8: it is not used; rename it.");
      } else if (leads_nowhere(file)) {
        dangling_.push_back(file);
        warn(shown(file) +
             " is a link to a file that is not here and is not used; get its content first (datalad get, or git "
             "annex get).");
      } else if (!fs::is_regular_file(file, error)) {
        warn(shown(file) + " is not a file and is not used; replace it by the scan.");
      } else if (!scan->magnitude) {
        parts_[session].push_back(file.filename().string());
      } else {
        scans.push_back(*scan);
      }
    }
    return scans;
  }

  void note_missing(const std::string& session, const std::string& place) {
    if (!filter_.takes_session(session) || !missing_.insert(session).second) return;
    const auto parts = parts_.find(session);
    warn("Visit " + session + " has no T1w scan (" + place +
         (parts == parts_.end() ? "" : "; phase, real and imaginary parts are not used: " + joined(parts->second)) +
         "): the visit is missing.");
  }

  void choose_scans() {
    const auto choices = choose_t1w_scans(scans_);
    for (const auto& [session, choice] : choices) {
      DatasetVisit visit{session, std::nullopt, choice.scan.file, choice.notes, {}};
      if (const auto parts = parts_.find(session); parts != parts_.end())
        visit.notes.push_back("Phase, real and imaginary parts are not used: " + joined(parts->second) + ".");
      participant_.visits.push_back(std::move(visit));
    }
    if (const auto warning = mixed_kinds_warning(choices); !warning.empty()) warn(warning);
  }

  void read_sidecars(std::vector<std::string>& dataset_warnings) {
    const auto own = sidecar_candidates(folder_);
    std::vector<SidecarProblem> problems;
    for (auto& visit : participant_.visits) {
      std::vector<fs::path> candidates = sidecars_;
      candidates.insert(candidates.end(), own.begin(), own.end());
      const fs::path anat = visit.t1w.parent_path();
      for (const auto& folder : {anat.parent_path(), anat}) {
        if (folder == folder_) continue;
        const auto files = sidecar_candidates(folder);
        candidates.insert(candidates.end(), files.begin(), files.end());
      }
      visit.sidecar = read_sidecar(visit.t1w, candidates, dataset_, problems);
    }
    for (const auto& problem : problems)
      add_once(problem.file.parent_path() == dataset_ ? dataset_warnings : participant_.warnings, problem.sentence);
  }

  void date_visits(std::vector<fs::path>& tables, int today) {
    const ParticipantFolder place{dataset_, folder_, participant_.participant_id};
    ScanOfSession scans;
    for (const auto& visit : participant_.visits) scans[visit.session] = visit.t1w;
    const auto of_sessions = dates_of_sessions(place, scans, {missing_.begin(), missing_.end()}, options_);
    const auto of_scans = dates_of_scans(place, scans, options_);
    const DateSource* const used = better_source(of_sessions, of_scans);
    for (const auto* source : {&of_sessions, &of_scans}) {
      if (!*source) continue;
      tables.insert(tables.end(), (*source)->files.begin(), (*source)->files.end());
      for (const auto& warning : (*source)->warnings) warn(warning);
      for (const auto& session : (*source)->other_sessions) note_missing(session, "listed in " + (*source)->table);
    }
    if (of_sessions && used != &*of_sessions && !of_sessions->problem.empty())
      warn(of_sessions->problem + " The dates of " + used->table + " are used instead.");
    for (auto& visit : participant_.visits) {
      if (used && used->days.contains(visit.session)) visit.days = used->days.at(visit.session);
      if (used && used->calendar_days.contains(visit.session))
        visit.acquired = iso_date(used->calendar_days.at(visit.session));
    }
    tell_of_dates(used);
    if (used && used->latest_day && *used->latest_day > today)
      warn(used->table + " has a date in the future; check the dates.");
  }

  // `used`: null where there is no table.
  void tell_of_dates(const DateSource* used) {
    if (used && !used->problem.empty())
      warn(used->problem +
           (used->days.empty() ? " Until then the visits have no dates and rates per year cannot be computed." : ""));
    std::vector<std::string> undated;
    for (const auto& visit : participant_.visits)
      if (!visit.days) undated.push_back(visit.session.empty() ? "the only visit" : visit.session);
    if (undated.empty() || participant_.visits.size() < 2) return;
    const bool no_rate = participant_.visits.size() - undated.size() < 2;
    const std::string table = participant_.participant_id + "/" + participant_.participant_id + "_sessions.tsv";
    const std::string reason = !used ? "there is no " + table + " with the days or dates of the visits"
                               : used->problem.empty() ? used->table + " gives no day or date for " + joined(undated)
                                                       : used->problem;
    if (no_rate) participant_.no_dates_because = without_stop(reason);
    if (used && !used->problem.empty()) return;
    std::string sentence = reason;
    if (!used) sentence.front() = 'T';
    warn(sentence + (no_rate ? ": rates per year cannot be computed." : ": rates per year are computed without."));
  }

  void order_visits() {
    auto& visits = participant_.visits;
    const bool all_dated = std::all_of(visits.begin(), visits.end(), [](const auto& v) { return v.days.has_value(); });
    std::sort(visits.begin(), visits.end(), [&](const auto& a, const auto& b) {
      if (all_dated && *a.days != *b.days) return *a.days < *b.days;
      return natural_less(a.session, b.session);
    });
    participant_.order_known = all_dated;
    const DatasetVisit* previous = nullptr;
    for (const auto& visit : visits) {
      if (!visit.days) continue;
      if (std::abs(*visit.days) > most_days_since_baseline)
        warn("Visit " + visit.session + " is dated " + std::to_string(std::llround(*visit.days / 365.25)) +
             " years from the baseline; check the dates.");
      if (previous) check_interval(*previous, visit);
      previous = &visit;
    }
  }

  void check_interval(const DatasetVisit& previous, const DatasetVisit& visit) {
    if (*previous.days == *visit.days) {
      participant_.order_known = false;
      warn("Visits " + previous.session + " and " + visit.session + " have the same day; check the dates.");
    }
    const auto is_number = [](const std::string& session) {
      return session.size() > 4 && session.find_first_not_of("0123456789", 4) == std::string::npos;
    };
    // All dated, they stand by day: only numbers tell that the order was meant otherwise.
    if (*previous.days < *visit.days && natural_less(visit.session, previous.session) && is_number(previous.session) &&
        is_number(visit.session))
      warn("Visit " + previous.session + " is dated before " + visit.session +
           ", though its number is higher; check the dates.");
    // Not all dated, they stand by label.
    if (*previous.days > *visit.days)
      warn("Visit " + visit.session + " is dated before " + previous.session +
           ", though its label comes later; check the dates.");
    if (std::abs(*visit.days - *previous.days) > most_days_between_visits)
      warn("Between visits " + previous.session + " and " + visit.session + " lie " +
           std::to_string(std::llround(std::abs(*visit.days - *previous.days) / 365.25)) + " years; check the dates.");
  }

  fs::path dataset_, folder_;
  const DatasetOptions& options_;
  const ScanFilter& filter_;
  const std::vector<fs::path>& sidecars_;
  DatasetParticipant participant_;
  std::map<std::string, std::vector<T1wScan>> scans_;      // by session
  std::map<std::string, std::vector<std::string>> parts_;  // by session: names of phase, real and imaginary images
  std::vector<fs::path> dangling_;
  std::set<std::string> missing_;  // sessions already reported as without scan
};

void require_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error))
    throw InputError("The dataset " + folder.string() + " does not exist; give the BIDS folder that holds sub-*.");
  if (!fs::is_directory(folder, error))
    throw InputError("The dataset " + folder.string() + " is not a folder; give the BIDS folder that holds sub-*." +
                     (folder.string().ends_with(".nii") || folder.string().ends_with(".nii.gz")
                          ? " Two scans of one person are compared by `wane pair FIRST.nii.gz SECOND.nii.gz`."
                          : ""));
}

// A trial may have 100 000 participants.
std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t most_listed = 40;
  if (names.size() <= most_listed) return joined(names);
  return joined({names.begin(), names.begin() + most_listed}, ", ") + " and " +
         std::to_string(names.size() - most_listed) + " more";
}

// Whom one label means: the participant of that name, or else all whom it fits as a glob.
std::set<std::string> ids_meant(const std::string& label, const std::set<std::string>& existing) {
  const std::string pattern = label_pattern(label, "sub-");
  if (existing.contains(pattern)) return {pattern};
  std::set<std::string> ids;
  if (!is_glob(pattern)) return ids;
  for (const auto& id : existing)
    if (matches_glob(pattern, id)) ids.insert(id);
  return ids;
}

// Names of folders may hold blanks and commas, which also stand between labels: what names somebody as a whole is not
// taken apart.
void add_ids(const std::string& words, const std::set<std::string>& existing, const std::string& separators,
             std::set<std::string>& wanted) {
  const std::set<std::string> whole = ids_meant(words, existing);
  wanted.insert(whole.begin(), whole.end());
  if (!whole.empty()) return;
  if (!separators.empty()) {
    for (const auto& part : separate_labels(words, separators.front()))
      add_ids(part, existing, separators.substr(1), wanted);
    return;
  }
  std::vector<std::string> names(existing.begin(), existing.end());
  std::sort(names.begin(), names.end(), natural_less);
  throw UsageError("There is no participant '" + words + "' in the dataset; there are: " + first_of(names) + ".");
}

std::set<std::string> wanted_ids(const std::vector<std::string>& labels, const std::set<std::string>& existing) {
  std::set<std::string> wanted;
  for (const auto& words : labels) add_ids(words, existing, ", ", wanted);
  if (wanted.empty() && !labels.empty())
    throw UsageError("The list of participants to measure is empty: give labels, such as 01,02 or 0*.");
  return wanted;
}

void add_dose(DatasetParticipant& participant, const ParticipantsTable& table) {
  if (!table.found) return;
  const auto* entry = table.find(participant.participant_id);
  if (!entry) {
    participant.warnings.push_back(participant.participant_id +
                                   " is not in participants.tsv: measured, but in no dose group.");
    return;
  }
  participant.dose_group = entry->dose_group;
  participant.dose = entry->dose;
  if (!entry->dose_group)
    participant.warnings.push_back("participants.tsv gives no dose group for " + participant.participant_id +
                                   ": measured, but left out of the reports of dose groups.");
}

std::string with_hint(const std::string& sentence, const fs::path& folder) {
  const std::string hint = what_folder_is(folder);
  return hint.empty() ? sentence : sentence + " " + hint;
}

std::string links_in_words(std::size_t count) {
  return count == 1 ? "1 T1w scan is a link to a file that is not here"
                    : std::to_string(count) + " T1w scans are links to files that are not here";
}

std::vector<TableFile> with_hashes(const std::vector<fs::path>& files) {
  constexpr std::size_t files_a_task = 16;
  std::vector<TableFile> tables(files.size());
  parallel_for(
      files.size(),
      [&](std::size_t n) {
        tables[n] = {files[n], sha256_of_file(files[n])};
      },
      files_a_task);
  return tables;
}

}  // namespace

Dataset read_dataset(const fs::path& folder, const DatasetOptions& options, const std::vector<std::string>& labels,
                     std::optional<int> today) {
  options.validate();
  require_folder(folder);
  Dataset dataset;
  dataset.folder = folder;
  const auto table = read_participants(folder, options);
  dataset.dose_unit = table.dose_unit;
  dataset.warnings = table.warnings;
  std::vector<fs::path> tables;
  for (const char* name : {"participants.tsv", "participants.json"})
    if (std::error_code error; fs::is_regular_file(folder / name, error)) tables.push_back(folder / name);

  std::map<std::string, fs::path> folder_of;
  std::set<std::string> existing;
  for (const auto& path : entries_of(folder, "sub-", true)) {
    const auto id = path.filename().string();
    if (const auto problem = file_label_problem(id); problem.empty())
      folder_of[id] = path;
    else
      dataset.left_out.push_back({one_line(id), std::nullopt, "the name of its folder " + problem, std::nullopt});
  }
  for (const auto& [id, path] : folder_of) existing.insert(id);
  for (const auto& entry : table.entries) existing.insert(entry.participant_id);
  if (folder_of.empty())
    throw InputError(with_hint("No participants were found in " + folder.string() +
                                   "; it must hold folders sub-LABEL with T1w scans "
                                   "(sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz).",
                               folder));
  const auto wanted = wanted_ids(labels, existing);
  const ScanFilter filter(options);
  const auto sidecars = sidecar_candidates(folder);

  std::vector<std::string> ids(existing.begin(), existing.end());
  std::sort(ids.begin(), ids.end(), natural_less);
  dataset.all_participant_ids = ids;
  const int last_day = today.value_or(clock_day() + 1);  // it is tomorrow already in the east
  std::size_t dangling = 0;
  fs::path first_dangling;
  for (const auto& id : ids) {
    if (!wanted.empty() && !wanted.contains(id)) continue;
    const auto* entry = table.find(id);
    LeftOut left_out{id, entry ? entry->dose_group : std::nullopt, "", entry ? entry->dose : std::nullopt};
    const auto found = folder_of.find(id);
    if (found == folder_of.end()) {
      left_out.reason = "in participants.tsv, but the dataset has no folder " + id;
      dataset.left_out.push_back(left_out);
      continue;
    }
    ParticipantReader reader(folder, found->second, options, filter, sidecars);
    auto participant = reader.read(tables, dataset.warnings, last_day);
    if (dangling == 0 && !reader.dangling().empty()) first_dangling = reader.dangling().front();
    dangling += reader.dangling().size();
    if (participant.visits.empty()) {
      left_out.reason = "no T1w scan that can be used in " + id;
      if (!filter.takes_all()) left_out.reason += " among the sessions and scans that were asked for";
      if (!reader.dangling().empty()) left_out.reason += ": its scans are links to files that are not here";
      dataset.left_out.push_back(left_out);
      for (const auto& warning : participant.warnings) dataset.warnings.push_back(id + ": " + warning);
      continue;
    }
    add_dose(participant, table);
    if (participant.visits.size() == 1)
      participant.warnings.push_back("There is only one visit: volumes are measured, but no change.");
    dataset.participants.push_back(std::move(participant));
  }
  if (dataset.participants.empty() && dangling > 0)
    throw InputError(links_in_words(dangling) + " (" + first_dangling.lexically_relative(folder).generic_string() +
                     "), and no other T1w scan was found in " + folder.string() +
                     "; get the content first (datalad get, or git annex get).");
  if (dangling > 0)
    dataset.warnings.push_back(links_in_words(dangling) + "; get the content first (datalad get, or git annex get).");
  if (dataset.participants.empty() && labels.empty() && !filter.takes_all())
    throw UsageError("No T1w scan in " + folder.string() +
                     " is of the sessions and scans that were asked for (--session-label, --bids-filter-file).");
  if (dataset.participants.empty() && labels.empty())
    throw InputError(with_hint("No T1w scans were found in " + folder.string() +
                                   "; they are looked for as sub-*/ses-*/anat/*_T1w.nii.gz and "
                                   "sub-*/anat/*_T1w.nii.gz.",
                               folder));
  dataset.tables = with_hashes(tables);
  return dataset;
}

}  // namespace wane
