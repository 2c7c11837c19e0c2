#include "pipeline/dataset/bids.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "imaging/error.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/natural_order.h"
#include "pipeline/dataset/tsv.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

struct Scan {
  fs::path file;
  std::string subject, session;  // as the file's name says: "sub-01", "ses-01" or empty
  std::string run;               // "1", or empty
  std::string kind;              // the other entities: "acq-mprage_rec-norm", or empty
  bool contrast = false;         // with contrast agent (ce-)
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
    }
  }
  scan.kind = joined(kind, "_");
  return scan;
}

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
  ParticipantReader(const fs::path& dataset, const fs::path& folder, const DatasetOptions& options)
      : dataset_(dataset), folder_(folder), options_(options) {
    participant_.participant_id = folder.filename().string();
  }

  DatasetParticipant read(std::vector<fs::path>& tables) {
    find_scans();
    choose_scans();
    date_visits(tables);
    order_visits();
    return std::move(participant_);
  }

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
      if (scan->subject != participant_.participant_id || scan->session != session)
        warn(one_line(shown(file)) +
             " is named for another participant or visit than its folder and is not used; rename or "
             "move it.");
      else if (one_line(file.filename().string()) != file.filename().string())
        warn("The name of " + one_line(shown(file)) +
             " holds control characters or bytes that are not UTF-8: it is not used; rename it.");
      else if (!fs::is_regular_file(file, error))
        warn(shown(file) + " is a link to a file that is not here and is not used; fetch the file first.");
      else
        scans.push_back(*scan);
    }
    return scans;
  }

  void note_missing(const std::string& session, const std::string& place) {
    if (missing_.insert(session).second)
      warn("Visit " + session + " has no T1w scan (" + place + "): the visit is missing.");
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
      if (a.kind != b.kind) {
        const auto visits_a = visits_of_kind[a.kind], visits_b = visits_of_kind[b.kind];
        return visits_a != visits_b ? visits_a > visits_b : natural_less(a.kind, b.kind);
      }
      if (a.run != b.run) return natural_less(b.run, a.run);
      return a.compressed && !b.compressed;
    };
    std::map<std::string, std::string> session_of_kind;
    for (auto& [session, scans] : scans_) {
      std::sort(scans.begin(), scans.end(), better);
      const Scan& chosen = scans.front();
      participant_.visits.push_back({session, std::nullopt, chosen.file, choice_notes(scans)});
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

  static std::vector<std::string> choice_notes(const std::vector<Scan>& best_first) {
    std::vector<std::string> notes;
    const Scan& chosen = best_first.front();
    if (best_first.size() > 1) {
      std::vector<std::string> others;
      for (std::size_t i = 1; i < best_first.size(); ++i) others.push_back(best_first[i].file.filename().string());
      notes.push_back("Of " + std::to_string(best_first.size()) + " T1w scans " + chosen.file.filename().string() +
                      " is measured (no contrast agent first, then the kind that most visits have, then the last "
                      "run), not " +
                      joined(others) + ".");
    }
    if (chosen.contrast) notes.push_back("The scan was made with contrast agent, which changes tissue intensities.");
    return notes;
  }

  void date_visits(std::vector<fs::path>& tables) {
    const auto file = folder_ / (participant_.participant_id + "_sessions.tsv");
    std::error_code error;
    if (!fs::exists(file, error)) {
      if (participant_.visits.size() > 1)
        warn("There is no " + shown(file) +
             " with the days or dates of the visits: rates per year cannot be computed.");
      return;
    }
    try {
      set_days(visit_dates(read_tsv(file, shown(file)), options_), shown(file));
      tables.push_back(file);
    } catch (const InputError& problem) {
      warn(std::string(problem.what()) + " Until then the visits have no dates and rates per year cannot be computed.");
    }
  }

  void set_days(const std::vector<VisitDate>& dates, const std::string& table) {
    for (const auto& date : dates) {
      const auto visit = std::find_if(participant_.visits.begin(), participant_.visits.end(),
                                      [&](const auto& v) { return v.session == date.session; });
      if (visit != participant_.visits.end())
        visit->days = date.days;
      else
        note_missing(date.session, "listed in " + table);
    }
    std::vector<std::string> undated;
    for (const auto& visit : participant_.visits)
      if (!visit.days) undated.push_back(visit.session.empty() ? "the only visit" : visit.session);
    if (undated.empty() || participant_.visits.size() < 2) return;
    const auto dated = participant_.visits.size() - undated.size();
    warn(table + " gives no day or date for " + joined(undated) +
         (dated < 2 ? ": rates per year cannot be computed." : ": rates per year are computed without."));
  }

  void order_visits() {
    auto& visits = participant_.visits;
    const bool all_dated = std::all_of(visits.begin(), visits.end(), [](const auto& v) { return v.days.has_value(); });
    std::sort(visits.begin(), visits.end(), [&](const auto& a, const auto& b) {
      if (all_dated && *a.days != *b.days) return *a.days < *b.days;
      return natural_less(a.session, b.session);
    });
    const DatasetVisit* previous = nullptr;
    for (const auto& visit : visits) {
      if (!visit.days) continue;
      if (previous && *previous->days == *visit.days)
        warn("Visits " + previous->session + " and " + visit.session + " have the same day; check the dates.");
      if (previous && *previous->days > *visit.days)
        warn("Visit " + visit.session + " is dated before " + previous->session +
             ", though its label comes later; check the dates.");
      previous = &visit;
    }
  }

  fs::path dataset_, folder_;
  const DatasetOptions& options_;
  DatasetParticipant participant_;
  std::map<std::string, std::vector<Scan>> scans_;  // by session
  std::set<std::string> missing_;                   // sessions already reported as without scan
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

}  // namespace

Dataset read_dataset(const fs::path& folder, const DatasetOptions& options, const std::vector<std::string>& labels) {
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
  for (const auto& path : entries_of(folder, "sub-", true)) {
    const auto id = path.filename().string();
    if (const auto problem = file_label_problem(id); problem.empty())
      folder_of[id] = path;
    else
      dataset.left_out.push_back({one_line(id), std::nullopt, "the name of its folder " + problem});
  }
  for (const auto& [id, path] : folder_of) existing.insert(id);
  for (const auto& entry : table.entries) existing.insert(entry.participant_id);
  if (folder_of.empty())
    throw InputError("No participants were found in " + folder.string() +
                     "; it must hold folders sub-LABEL with T1w scans (sub-01/ses-01/anat/sub-01_ses-01_T1w.nii.gz).");
  const auto wanted = wanted_ids(labels, existing);

  std::vector<std::string> ids(existing.begin(), existing.end());
  std::sort(ids.begin(), ids.end(), natural_less);
  for (const auto& id : ids) {
    if (!wanted.empty() && !wanted.contains(id)) continue;
    const auto* entry = table.find(id);
    const auto group = entry ? entry->dose_group : std::nullopt;
    const auto found = folder_of.find(id);
    if (found == folder_of.end()) {
      dataset.left_out.push_back({id, group, "in participants.tsv, but the dataset has no folder " + id});
      continue;
    }
    auto participant = ParticipantReader(folder, found->second, options).read(dataset.tables);
    if (participant.visits.empty()) {
      dataset.left_out.push_back({id, group, "no T1w scan that can be used in " + id});
      for (const auto& warning : participant.warnings) dataset.warnings.push_back(id + ": " + warning);
      continue;
    }
    add_dose(participant, table);
    if (participant.visits.size() == 1)
      participant.warnings.push_back("There is one visit only: volumes are measured, a change cannot be.");
    dataset.participants.push_back(std::move(participant));
  }
  if (dataset.participants.empty() && labels.empty())
    throw InputError("No T1w scans were found in " + folder.string() +
                     "; they are looked for as sub-*/ses-*/anat/*_T1w.nii.gz and sub-*/anat/*_T1w.nii.gz.");
  return dataset;
}

}  // namespace wane
