#include "pipeline/dataset/bids.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "imaging/error.h"
#include "pipeline/dataset/folder_hint.h"
#include "pipeline/dataset/labels.h"
#include "pipeline/dataset/natural_order.h"
#include "pipeline/dataset/tsv.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

// No trial lasts longer; more is a slip of the pen, or one date of a participant that was shifted and one that was not.
constexpr double most_days_between_visits = 30 * 365.25;
constexpr double most_days_since_baseline = 36500;

struct Scan {
  fs::path file;
  std::string subject, session;  // as the file's name says: "sub-01", "ses-01" or empty
  std::string run;               // "1", or empty
  std::string kind;              // the other entities: "acq-mprage_rec-norm", or empty
  std::string part;              // "mag", "phase", "real", "imag", or empty
  bool contrast = false;         // with contrast agent (ce-)
  bool single_echo = false;      // of a series of echoes (echo-)
  bool compressed = false;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

std::string joined(const std::vector<std::string>& parts, const std::string& between = ", ") {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

// What the name of a T1w scan says; empty for every other file.
std::optional<Scan> scan_named(const fs::path& file) {
  std::string stem = file.filename().string();
  Scan scan;
  scan.file = file;
  scan.compressed = stem.ends_with(".nii.gz");
  if (!scan.compressed && !stem.ends_with(".nii")) return std::nullopt;
  stem.resize(stem.size() - (scan.compressed ? 7 : 4));
  auto parts = split(stem, '_');
  if (parts.back() != "T1w" || parts.front().starts_with('.')) return std::nullopt;
  parts.pop_back();
  std::vector<std::string> kind;
  for (const auto& part : parts) {
    if (part.starts_with("sub-")) {
      scan.subject = part;
    } else if (part.starts_with("ses-")) {
      scan.session = part;
    } else if (part.starts_with("run-")) {
      scan.run = part.substr(4);
    } else {
      kind.push_back(part);
      if (part.starts_with("ce-")) scan.contrast = true;
      if (part.starts_with("echo-")) scan.single_echo = true;
      if (part.starts_with("part-")) scan.part = part.substr(5);
    }
  }
  scan.kind = joined(kind, "_");
  return scan;
}

void add_once(std::vector<std::string>& sentences, const std::string& sentence) {
  if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
}

bool is_magnitude(const Scan& scan) {
  return scan.part != "phase" && scan.part != "real" && scan.part != "imag";
}

// What T1w scans in a folder of an annex without its content are.
bool leads_nowhere(const fs::path& file) {
  std::error_code error;
  return fs::is_symlink(file, error) && !fs::exists(file, error);
}

std::string without_stop(std::string sentence) {
  while (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

// The days of a participant's visits by one of the tables that may give them.
struct DateSource {
  std::string table;                   // what sentences call it
  std::map<std::string, double> days;  // by session, of the visits that have a scan
  std::optional<int> latest_day;       // since 1970-01-01, where the table has dates
  std::string problem;                 // a sentence: why the table, or a part of it, cannot be used
  std::vector<fs::path> files;
};

// Entries of a folder whose names begin with `prefix`, in natural order; none where it cannot be listed.
std::vector<fs::path> entries_of(const fs::path& folder, const std::string& prefix, bool folders) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code status_error;
    if (!it->path().filename().string().starts_with(prefix)) continue;
    if (it->is_directory(status_error) == folders) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return natural_less(a.filename().string(), b.filename().string()); });
  return found;
}

// Reads one participant's folder.
class ParticipantReader {
 public:
  // `sidecars`: those in the dataset's folder, which may apply to everybody.
  ParticipantReader(const fs::path& dataset, const fs::path& folder, const DatasetOptions& options,
                    const std::vector<fs::path>& sidecars)
      : dataset_(dataset), folder_(folder), options_(options), sidecars_(sidecars) {
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
      auto scans = scans_in(session / "anat", name);
      if (scans.empty())
        note_missing(name, shown(session));
      else
        scans_[name] = std::move(scans);
    }
    auto scans = scans_in(folder_ / "anat", "");
    if (scans.empty()) return;
    if (scans_.empty())
      scans_[""] = std::move(scans);
    else
      warn("The scans in " + shown(folder_ / "anat") +
           " belong to no session and are not used; move them to a "
           "session's folder.");
  }

  std::vector<Scan> scans_in(const fs::path& anat, const std::string& session) {
    std::vector<Scan> scans;
    for (const auto& file : entries_of(anat, "", false)) {
      const auto scan = scan_named(file);
      if (!scan) continue;
      std::error_code error;
      if (scan->subject != participant_.participant_id || scan->session != session) {
        warn(shown(file) +
             " is named for another participant or visit than its folder and is not used; rename or "
             "move it.");
      } else if (leads_nowhere(file)) {
        dangling_.push_back(file);
        warn(shown(file) +
             " is a link to a file that is not here and is not used; get its content first (datalad get, or git "
             "annex get).");
      } else if (!fs::is_regular_file(file, error)) {
        warn(shown(file) + " is not a file and is not used; replace it by the scan.");
      } else if (!is_magnitude(*scan)) {
        parts_[session].push_back(file.filename().string());
      } else {
        scans.push_back(*scan);
      }
    }
    return scans;
  }

  void note_missing(const std::string& session, const std::string& place) {
    if (!missing_.insert(session).second) return;
    const auto parts = parts_.find(session);
    warn("Visit " + session + " has no T1w scan (" + place +
         (parts == parts_.end() ? "" : "; phase, real and imaginary parts are not used: " + joined(parts->second)) +
         "): the visit is missing.");
  }

  void choose_scans() {
    std::map<std::string, std::size_t> visits_of_kind;
    for (const auto& [session, scans] : scans_) {
      std::set<std::string> kinds;
      for (const auto& scan : scans) kinds.insert(scan.kind);
      for (const auto& kind : kinds) ++visits_of_kind[kind];
    }
    const auto better = [&](const Scan& a, const Scan& b) {
      if (a.contrast != b.contrast) return b.contrast;
      const auto visits_a = visits_of_kind[a.kind], visits_b = visits_of_kind[b.kind];
      if (visits_a != visits_b) return visits_a > visits_b;
      if (a.single_echo != b.single_echo) return b.single_echo;
      if (a.kind != b.kind) return natural_less(a.kind, b.kind);
      if (a.run != b.run) return natural_less(b.run, a.run);
      return a.compressed && !b.compressed;
    };
    // The same order in words: why `chosen` is before `other`.
    const auto reason = [&](const Scan& chosen, const Scan& other) -> std::string {
      if (chosen.contrast != other.contrast) return "made without contrast agent";
      if (visits_of_kind[chosen.kind] != visits_of_kind[other.kind]) return "of the kind that most visits have";
      if (chosen.single_echo != other.single_echo) return "combined from all echoes";
      if (chosen.kind != other.kind) return "the first by name";
      if (chosen.run != other.run) return "the last run";
      return "the compressed file";
    };
    std::map<std::string, std::string> session_of_kind;
    for (auto& [session, scans] : scans_) {
      std::sort(scans.begin(), scans.end(), better);
      const Scan& chosen = scans.front();
      participant_.visits.push_back({session, std::nullopt, chosen.file, choice_notes(session, scans, reason), {}});
      session_of_kind.emplace(chosen.kind, session);
    }
    if (session_of_kind.size() > 1)
      warn("The visits' T1w scans are of different kinds (" + kinds_in_words(session_of_kind) +
           "): part of the measured change may be the scans'.");
  }

  static std::string kinds_in_words(const std::map<std::string, std::string>& session_of_kind) {
    std::vector<std::string> words;
    for (const auto& [kind, session] : session_of_kind)
      words.push_back((kind.empty() ? "plain" : kind) + " in " + session);
    return joined(words);
  }

  template <class Reason>
  std::vector<std::string> choice_notes(const std::string& session, const std::vector<Scan>& best_first,
                                        const Reason& reason) const {
    std::vector<std::string> notes, others, reasons;
    const Scan& chosen = best_first.front();
    for (std::size_t i = 1; i < best_first.size(); ++i) {
      others.push_back(best_first[i].file.filename().string());
      add_once(reasons, reason(chosen, best_first[i]));
    }
    if (!others.empty())
      notes.push_back("Of " + std::to_string(best_first.size()) + " T1w scans " + chosen.file.filename().string() +
                      " is measured (" + joined(reasons) + "), not " + joined(others) + ".");
    if (const auto parts = parts_.find(session); parts != parts_.end())
      notes.push_back("Phase, real and imaginary parts are not used: " + joined(parts->second) + ".");
    if (chosen.contrast) notes.push_back("The scan was made with contrast agent, which changes tissue intensities.");
    return notes;
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
    auto sessions = sessions_source();
    auto scans = scans_source();
    // sessions.tsv is meant for this; scans.tsv is written by converters, whatever else there is.
    const bool use_scans = scans && !scans->days.empty() && (!sessions || scans->days.size() > sessions->days.size());
    const auto& used = use_scans ? scans : sessions ? sessions : scans;
    for (const auto& source : {sessions, scans})
      if (source) tables.insert(tables.end(), source->files.begin(), source->files.end());
    for (auto& visit : participant_.visits)
      if (used)
        if (const auto day = used->days.find(visit.session); day != used->days.end()) visit.days = day->second;
    tell_of_dates(sessions, used, use_scans);
    if (used && used->latest_day && *used->latest_day > today)
      warn(used->table + " has a date in the future; check the dates.");
  }

  // `used`: empty where neither table is there.
  void tell_of_dates(const std::optional<DateSource>& sessions, const std::optional<DateSource>& used, bool use_scans) {
    if (use_scans && sessions && !sessions->problem.empty())
      warn(sessions->problem + " The dates of " + used->table + " are used instead.");
    if (used && !used->problem.empty())
      warn(used->problem + (used->days.empty() ? " Until then the visits have no dates and rates per year cannot be "
                                                 "computed."
                                               : ""));
    std::vector<std::string> undated;
    for (const auto& visit : participant_.visits)
      if (!visit.days) undated.push_back(visit.session.empty() ? "the only visit" : visit.session);
    if (undated.empty() || participant_.visits.size() < 2) return;
    const bool no_rate = participant_.visits.size() - undated.size() < 2;
    std::string reason = used ? used->problem : "";
    if (reason.empty()) {
      reason = used ? used->table + " gives no day or date for " + joined(undated)
                    : "there is no " + shown(sessions_file()) + " with the days or dates of the visits";
      std::string sentence = reason;
      if (!used) sentence.front() = 'T';
      warn(sentence + (no_rate ? ": rates per year cannot be computed." : ": rates per year are computed without."));
    }
    if (no_rate) participant_.no_dates_because = without_stop(reason);
  }

  fs::path sessions_file() const { return folder_ / (participant_.participant_id + "_sessions.tsv"); }

  // Empty where there is no such table.
  std::optional<DateSource> sessions_source() {
    const fs::path file = sessions_file();
    std::error_code error;
    if (!fs::exists(file, error)) return std::nullopt;
    DateSource source;
    source.table = shown(file);
    try {
      const Table table = read_tsv(file, source.table);
      for (const auto& warning : table.warnings) warn(warning);
      const VisitDates dates = visit_dates(table, options_);
      take_days(dates, source);
      source.latest_day = dates.latest_day;
      source.files.push_back(file);
    } catch (const InputError& problem) {
      source.problem = problem.what();
      source.days.clear();
    }
    return source;
  }

  void take_days(const VisitDates& dates, DateSource& source) {
    std::vector<std::string> sessions;
    for (const auto& visit : participant_.visits) sessions.push_back(visit.session);
    std::set<std::string> scanned(sessions.begin(), sessions.end()), written;
    sessions.insert(sessions.end(), missing_.begin(), missing_.end());
    const KnownLabels known("ses-", sessions);
    for (const auto& date : dates.visits) written.insert(date.session);
    std::vector<std::string> completed;
    for (const auto& date : dates.visits) {
      std::string session = known.meant(date.session).value_or(date.session);
      // Where the other label has a row of its own, the two are two visits.
      if (session != date.session && written.contains(session)) session = date.session;
      if (session != date.session) completed.push_back(date.session.substr(4) + " as " + session);
      if (!scanned.contains(session))
        note_missing(session, "listed in " + source.table);
      else if (date.days)
        source.days[session] = *date.days;
    }
    if (!completed.empty()) warn(source.table + ": " + options_.session_column + " is read " + joined(completed) + ".");
  }

  // sub-01_ses-01_scans.tsv in the session's folder, or sub-01_scans.tsv in the participant's.
  std::optional<DateSource> scans_source() {
    std::map<std::string, int> day_of;
    std::map<fs::path, std::optional<Table>> tables;
    DateSource source;
    for (const auto& visit : participant_.visits) {
      const fs::path of_session = visit.t1w.parent_path().parent_path();
      const std::string& id = participant_.participant_id;
      for (const auto& file : {of_session / (id + "_" + visit.session + "_scans.tsv"), folder_ / (id + "_scans.tsv")}) {
        const auto day = day_in_scans(file, visit.t1w, tables, source);
        if (!day) continue;
        day_of[visit.session] = *day;
        break;
      }
    }
    if (source.files.empty() && source.problem.empty()) return std::nullopt;
    if (!source.files.empty()) source.table = shown(source.files.front());
    if (source.files.size() > 1) source.table += " and its like";
    for (const auto& [session, day] : day_of)
      source.latest_day = source.latest_day ? std::max(*source.latest_day, day) : day;
    const auto earliest = std::min_element(day_of.begin(), day_of.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const auto& [session, day] : day_of) source.days[session] = day - earliest->second;
    return source;
  }

  std::optional<int> day_in_scans(const fs::path& file, const fs::path& scan,
                                  std::map<fs::path, std::optional<Table>>& tables, DateSource& source) {
    std::error_code error;
    if (!fs::exists(file, error)) return std::nullopt;
    try {
      const auto [place, is_new] = tables.emplace(file, std::nullopt);
      if (is_new) {
        place->second = read_tsv(file, shown(file));
        for (const auto& warning : place->second->warnings) warn(warning);
        source.files.push_back(file);
      }
      if (!place->second) return std::nullopt;
      return scan_day(*place->second, scan.lexically_relative(file.parent_path()).generic_string(), options_);
    } catch (const InputError& problem) {
      if (source.problem.empty()) source.problem = problem.what();
      return std::nullopt;
    }
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
  const std::vector<fs::path>& sidecars_;
  DatasetParticipant participant_;
  std::map<std::string, std::vector<Scan>> scans_;         // by session
  std::map<std::string, std::vector<std::string>> parts_;  // by session: names of phase, real and imaginary images
  std::vector<fs::path> dangling_;
  std::set<std::string> missing_;  // sessions already reported as without scan
};

void require_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error))
    throw InputError("The dataset " + folder.string() + " does not exist; give the BIDS folder that holds sub-*.");
  if (!fs::is_directory(folder, error))
    throw InputError("The dataset " + folder.string() + " is not a folder; give the BIDS folder that holds sub-*.");
}

std::set<std::string> wanted_ids(const std::vector<std::string>& labels, const std::set<std::string>& existing) {
  std::set<std::string> wanted;
  for (const auto& label : labels) {
    const auto id = with_prefix(label, "sub-");
    if (!existing.contains(id)) {
      std::vector<std::string> names(existing.begin(), existing.end());
      std::sort(names.begin(), names.end(), natural_less);
      throw UsageError("There is no participant '" + label + "' in the dataset; there are: " + joined(names) + ".");
    }
    wanted.insert(id);
  }
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

int clock_day() {
  const auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return static_cast<int>(now.time_since_epoch().count()) + 1;  // it is tomorrow already in the east
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
  for (const char* name : {"participants.tsv", "participants.json"})
    if (std::error_code error; fs::is_regular_file(folder / name, error)) dataset.tables.push_back(folder / name);

  std::map<std::string, fs::path> folder_of;
  std::set<std::string> existing;
  for (const auto& path : entries_of(folder, "sub-", true)) folder_of[path.filename().string()] = path;
  for (const auto& [id, path] : folder_of) existing.insert(id);
  for (const auto& entry : table.entries) existing.insert(entry.participant_id);
  if (folder_of.empty())
    throw InputError(with_hint("No participants were found in " + folder.string() +
                                   "; it must hold folders sub-LABEL with T1w scans "
                                   "(sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz).",
                               folder));
  const auto wanted = wanted_ids(labels, existing);
  const auto sidecars = sidecar_candidates(folder);

  std::vector<std::string> ids(existing.begin(), existing.end());
  std::sort(ids.begin(), ids.end(), natural_less);
  dataset.all_participant_ids = ids;
  const int last_day = today.value_or(clock_day());
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
    ParticipantReader reader(folder, found->second, options, sidecars);
    auto participant = reader.read(dataset.tables, dataset.warnings, last_day);
    if (dangling == 0 && !reader.dangling().empty()) first_dangling = reader.dangling().front();
    dangling += reader.dangling().size();
    if (participant.visits.empty()) {
      left_out.reason = "no T1w scan that can be used in " + id;
      if (!reader.dangling().empty()) left_out.reason += ": its scans are links to files that are not here";
      dataset.left_out.push_back(left_out);
      for (const auto& warning : participant.warnings) dataset.warnings.push_back(id + ": " + warning);
      continue;
    }
    add_dose(participant, table);
    if (participant.visits.size() == 1)
      participant.warnings.push_back("There is one visit only: volumes are measured, a change cannot be.");
    dataset.participants.push_back(std::move(participant));
  }
  if (dataset.participants.empty() && dangling > 0)
    throw InputError(links_in_words(dangling) + " (" + first_dangling.lexically_relative(folder).generic_string() +
                     "), and no other T1w scan was found in " + folder.string() +
                     "; get the content first (datalad get, or git annex get).");
  if (dangling > 0)
    dataset.warnings.push_back(links_in_words(dangling) + "; get the content first (datalad get, or git annex get).");
  if (dataset.participants.empty() && labels.empty())
    throw InputError(with_hint("No T1w scans were found in " + folder.string() +
                                   "; they are looked for as sub-*/ses-*/anat/*_T1w.nii.gz and "
                                   "sub-*/anat/*_T1w.nii.gz.",
                               folder));
  return dataset;
}

}  // namespace wane
