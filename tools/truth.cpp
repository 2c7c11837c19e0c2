#include "tools/truth.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "imaging/error.h"
#include "pipeline/measurement/volumes.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Tissue {
  const char* heading;
  const char* in_report;
  const char* in_truth;
};
constexpr Tissue kTissues[] = {{"brain", "brain", "brain_change_percent"},
                               {"gray matter", "gray_matter", "gm_change_percent"},
                               {"white matter", "white_matter", "wm_change_percent"}};

// The truth's percents are of the first visit's volume.
double of_the_mean(double percent_of_first) {
  return percent_change(100, 100 + percent_of_first);
}

struct Pair {
  double planted = 0, measured = 0;
  double error() const { return measured - planted; }
};

struct Row {
  std::string participant, group, visit;
  bool last_visit = false;
  Pair tissue[3];  // in the order of kTissues
};

json read_json(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw InputError("Cannot read " + file.string() + ".");
  try {
    return json::parse(in);
  } catch (const json::exception&) {
    throw InputError(file.string() + " is not valid JSON.");
  }
}

std::vector<fs::path> truth_files(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw InputError("There is no folder " + folder.string() + " with planted truths.");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  if (files.empty()) throw InputError("There is no truth (*.json) in " + folder.string() + ".");
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<json> change_between(const json& report, const std::string& from, const std::string& to) {
  for (const json& change : report.at("changes"))
    if (change.at("from") == from && change.at("to") == to) return change.at("percent");
  return std::nullopt;
}

std::string dose_group_of(const json& report) {
  const auto group = report.find("dose_group");
  return group != report.end() && group->is_string() ? group->get<std::string>() : "-";
}

void add_rows(const json& truth, const json& report, std::vector<Row>& rows, std::vector<std::string>& missing) {
  const json& visits = truth.at("visits");
  const std::string label = truth.at("label");
  for (std::size_t v = 1; v < visits.size(); ++v) {
    const std::string session = visits[v].at("session");
    const auto percent = change_between(report, visits[0].at("session"), session);
    if (!percent) {
      missing.push_back(label + " " + session + ": no change in its report");
      continue;
    }
    Row row{label, dose_group_of(report), session, v + 1 == visits.size(), {}};
    for (int t = 0; t < 3; ++t)
      row.tissue[t] = {of_the_mean(visits[v].at(kTissues[t].in_truth)), percent->at(kTissues[t].in_report)};
    rows.push_back(row);
  }
}

std::string signed_percent(double value) {
  std::ostringstream text;
  text << std::showpos << std::fixed << std::setprecision(3) << value;
  return text.str();
}

void print_pair(std::ostream& out, const Pair& pair) {
  for (const double value : {pair.planted, pair.measured, pair.error()}) out << std::setw(10) << signed_percent(value);
}

void print_rows(std::ostream& out, const std::vector<Row>& rows) {
  out << "Change from the first visit in percent of the mean volume (negative = loss)\n"
      << std::left << std::setw(14) << "participant" << std::setw(8) << "group" << std::setw(8) << "visit"
      << std::right;
  for (int t = 0; t < 2; ++t)
    out << std::setw(10) << (t ? "GM plan" : "planted") << std::setw(10) << "measured" << std::setw(10) << "error";
  out << '\n';
  for (const Row& row : rows) {
    out << std::left << std::setw(14) << row.participant << std::setw(8) << row.group << std::setw(8) << row.visit
        << std::right;
    print_pair(out, row.tissue[0]);
    print_pair(out, row.tissue[1]);
    out << '\n';
  }
}

void print_summary(std::ostream& out, const std::vector<Row>& rows, int t) {
  double absolute = 0, bias = 0, worst = 0, cross = 0, square = 0;
  for (const Row& row : rows) {
    const Pair& pair = row.tissue[t];
    absolute += std::abs(pair.error());
    bias += pair.error();
    worst = std::max(worst, std::abs(pair.error()));
    cross += pair.planted * pair.measured;
    square += pair.planted * pair.planted;
  }
  const double n = double(rows.size());
  out << std::left << std::setw(13) << kTissues[t].heading << std::right << std::fixed << std::setprecision(3)
      << " MAE " << absolute / n << " %, bias " << signed_percent(bias / n) << " %, worst " << worst << " %, slope ";
  if (square > 1e-9)
    out << cross / square;
  else
    out << "- (nothing planted)";
  out << " (n " << rows.size() << ")\n";
}

struct GroupMean {
  std::string group;
  Pair brain;
  int people = 0;
};

std::vector<GroupMean> group_means(const std::vector<Row>& rows) {
  std::map<std::string, GroupMean> groups;
  for (const Row& row : rows) {
    if (!row.last_visit || row.group == "-") continue;
    GroupMean& mean = groups[row.group];
    mean.group = row.group;
    mean.brain.planted += row.tissue[0].planted;
    mean.brain.measured += row.tissue[0].measured;
    ++mean.people;
  }
  std::vector<GroupMean> means;
  for (auto& [name, mean] : groups) {
    mean.brain.planted /= mean.people;
    mean.brain.measured /= mean.people;
    means.push_back(mean);
  }
  return means;
}

void print_groups(std::ostream& out, std::vector<GroupMean> means) {
  if (means.size() < 2) return;
  out << "\nBrain change by dose group, mean at the last visit, percent\n"
      << std::left << std::setw(8) << "group" << std::right << std::setw(4) << "n" << std::setw(10) << "planted"
      << std::setw(10) << "measured" << std::setw(10) << "error" << '\n';
  for (const GroupMean& mean : means) {
    out << std::left << std::setw(8) << mean.group << std::right << std::setw(4) << mean.people;
    print_pair(out, mean.brain);
    out << '\n';
  }
  std::sort(means.begin(), means.end(), [](auto& a, auto& b) { return a.brain.planted < b.brain.planted; });
  const bool in_order =
      std::is_sorted(means.begin(), means.end(), [](auto& a, auto& b) { return a.brain.measured < b.brain.measured; });
  out << "The dose groups "
      << (in_order ? "come out in the planted order.\n" : "do NOT come out in the planted order.\n");
}

}  // namespace

TruthComparison compare_with_truth(const fs::path& out_dir, const fs::path& truth_dir) {
  std::vector<Row> rows;
  std::vector<std::string> missing;
  for (const fs::path& file : truth_files(truth_dir)) {
    try {
      const json truth = read_json(file);
      const std::string label = truth.at("label");
      const fs::path report = out_dir / label / (label + "_atrophy.json");
      if (!fs::exists(report)) {
        missing.push_back(label + ": no report in " + out_dir.string());
        continue;
      }
      add_rows(truth, read_json(report), rows, missing);
    } catch (const json::exception& error) {
      throw InputError(file.string() + " or the report of its participant lacks a field: " + error.what() + ".");
    }
  }
  if (rows.empty())
    throw InputError("No change in " + out_dir.string() + " can be compared: there is no report for any truth in " +
                     truth_dir.string() + ".");
  std::ostringstream out;
  print_rows(out, rows);
  for (const std::string& line : missing) out << "MISSING " << line << '\n';
  out << '\n';
  for (int t = 0; t < 3; ++t) print_summary(out, rows, t);
  print_groups(out, group_means(rows));
  return {out.str(), missing.empty()};
}

}  // namespace wane
