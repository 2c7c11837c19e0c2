#include "pipeline/dataset/t1w_scans.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "base/natural_order.h"
#include "pipeline/dataset/sentence_parts.h"

namespace wane {
namespace {

using VisitsOfKind = std::map<std::string, std::size_t>;

VisitsOfKind visits_of_kinds(const std::map<std::string, std::vector<T1wScan>>& scans_of_session) {
  VisitsOfKind visits;
  for (const auto& [session, scans] : scans_of_session) {
    std::set<std::string> kinds;
    for (const auto& scan : scans) kinds.insert(scan.kind);
    for (const auto& kind : kinds) ++visits[kind];
  }
  return visits;
}

bool better(const T1wScan& a, const T1wScan& b, const VisitsOfKind& visits) {
  if (a.contrast != b.contrast) return b.contrast;
  if (visits.at(a.kind) != visits.at(b.kind)) return visits.at(a.kind) > visits.at(b.kind);
  if (a.single_echo != b.single_echo) return b.single_echo;
  if (a.kind != b.kind) return natural_less(a.kind, b.kind);
  if (a.run != b.run) return natural_less(b.run, a.run);
  return a.compressed && !b.compressed;
}

// The same order in words.
std::string why_better(const T1wScan& chosen, const T1wScan& other, const VisitsOfKind& visits) {
  if (chosen.contrast != other.contrast) return "made without contrast agent";
  if (visits.at(chosen.kind) != visits.at(other.kind)) return "of the kind that most visits have";
  if (chosen.single_echo != other.single_echo) return "combined from all echoes";
  if (chosen.kind != other.kind) return "the first by name";
  if (chosen.run != other.run) return "the last run";
  return "the compressed file";
}

std::vector<std::string> choice_notes(const std::vector<T1wScan>& best_first, const VisitsOfKind& visits) {
  std::vector<std::string> notes, others, reasons;
  const T1wScan& chosen = best_first.front();
  for (std::size_t i = 1; i < best_first.size(); ++i) {
    others.push_back(best_first[i].file.filename().string());
    add_once(reasons, why_better(chosen, best_first[i], visits));
  }
  if (!others.empty())
    notes.push_back("Of " + std::to_string(best_first.size()) + " T1w scans " + chosen.file.filename().string() +
                    " is measured (" + joined(reasons) + "), not " + joined(others) + ".");
  if (chosen.contrast) notes.push_back("The scan was made with contrast agent, which changes tissue intensities.");
  return notes;
}

std::vector<std::string> entities_in(const std::string& stem) {
  std::vector<std::string> parts;
  std::istringstream stream(stem);
  for (std::string part; std::getline(stream, part, '_');) parts.push_back(part);
  return parts;
}

}  // namespace

std::optional<T1wScan> t1w_scan_named(const std::filesystem::path& file) {
  std::string stem = file.filename().string();
  T1wScan scan;
  scan.file = file;
  scan.compressed = stem.ends_with(".nii.gz");
  if (!scan.compressed && !stem.ends_with(".nii")) return std::nullopt;
  stem.resize(stem.size() - (scan.compressed ? 7 : 4));
  if ((stem != "T1w" && !stem.ends_with("_T1w")) || stem.starts_with('.')) return std::nullopt;
  auto parts = entities_in(stem);
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
      if (part == "part-phase" || part == "part-real" || part == "part-imag") scan.magnitude = false;
    }
  }
  scan.kind = joined(kind, "_");
  return scan;
}

std::map<std::string, T1wChoice> choose_t1w_scans(const std::map<std::string, std::vector<T1wScan>>& scans) {
  const VisitsOfKind visits = visits_of_kinds(scans);
  std::map<std::string, T1wChoice> choices;
  for (const auto& [session, of_session] : scans) {
    auto best_first = of_session;
    std::sort(best_first.begin(), best_first.end(), [&](const auto& a, const auto& b) { return better(a, b, visits); });
    choices[session] = {best_first.front(), choice_notes(best_first, visits)};
  }
  return choices;
}

std::string mixed_kinds_warning(const std::map<std::string, T1wChoice>& choices) {
  std::map<std::string, std::string> session_of_kind;
  for (const auto& [session, choice] : choices) session_of_kind.emplace(choice.scan.kind, session);
  if (session_of_kind.size() < 2) return {};
  std::vector<std::string> words;
  for (const auto& [kind, session] : session_of_kind)
    words.push_back((kind.empty() ? "plain" : kind) + " in " + session);
  return "The visits' T1w scans are of different kinds (" + joined(words) +
         "): part of the measured change may be the scans'.";
}

}  // namespace wane
