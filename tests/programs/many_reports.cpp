// Makes a dataset of many participants and the reports that their measurement would have left, for timing `wane group`:
//   wane_many_reports DIR 100000 && /usr/bin/time -v wane group DIR/dataset DIR/out
// Four doses, three visits in two years, loss falling with dose; one in fifty fails a check. The scans are empty files:
// `group` reads none.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/counted_random.h"
#include "base/sha256.h"
#include "pipeline/measurement/volumes.h"
#include "pipeline/report/participant_json.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// As many as a real report has.
Quality checks(int count, const std::string& of, bool first_fails) {
  Quality quality;
  for (int i = 0; i < count; ++i)
    quality.checks.push_back({of + "_check_" + std::to_string(i + 1), 0.123456, 0.5, Verdict::pass, ""});
  if (first_fails) {
    quality.checks[0].verdict = Verdict::fail;
    quality.checks[0].sentence = "The two visits do not show the same person: look for a mix-up in the scans' names.";
  }
  return quality;
}

ParticipantReport report_of(const std::string& id, double rate, const CountedRandom& random, std::uint64_t person) {
  constexpr double noise_ml = 1.0;
  ParticipantReport report;
  report.participant_id = id;
  const double first_ml = 1200 + 100 * random.normal(8 * person + 1);
  for (int visit = 0; visit < 3; ++visit) {
    const std::uint64_t draw = 8 * person + 2 + static_cast<std::uint64_t>(visit);
    const double brain = first_ml * (1 + rate * visit / 100) + noise_ml * random.normal(draw);
    report.visits.push_back({"ses-0" + std::to_string(visit + 1),
                             visit * 365.25,
                             {brain, 0.6 * brain, 0.4 * brain, 300, 1600},
                             {},
                             {},
                             {}});
  }
  for (const auto& [from, to] : {std::pair{0, 1}, std::pair{0, 2}, std::pair{1, 2}}) {
    const VisitRow &a = report.visits[std::size_t(from)], &b = report.visits[std::size_t(to)];
    const double percent = percent_change(a.volumes_ml.brain, b.volumes_ml.brain);
    report.changes.push_back({a.session, b.session, *b.days - *a.days, {percent, percent, percent}, {0.1, 0.2, 0.2}});
    report.changes.back().quality = checks(8, "pair", person % 50 == 0);
  }
  for (auto& visit : report.visits) {
    visit.quality = checks(15, "visit", false);
    visit.fingerprint = sha256_of_text(id + visit.session);
  }
  return report;
}

void make(const fs::path& folder, std::uint64_t people) {
  const CountedRandom random(1);
  std::string table = "participant_id\tdose_group\tdose\n";
  for (std::uint64_t person = 0; person < people; ++person) {
    const std::string number = std::to_string(person + 1);
    const std::string id = "sub-" + std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number;
    const int level = static_cast<int>(person % 4);
    const double rate = -1.2 + 0.2 * level + 0.4 * random.normal(8 * person);
    write(folder / "out" / id / (id + "_atrophy.json"),
          participant_json_text(report_of(id, rate, random, person), {"made", "{}", {}}));
    write(folder / "dataset" / id / "ses-01/anat" / (id + "_ses-01_T1w.nii.gz"), "");
    table += id + "\t" + std::string(1, char('A' + level)) + "\t" + std::to_string(5 << level) + "\n";
  }
  write(folder / "dataset/participants.tsv", table);
}

}  // namespace
}  // namespace wane

int main(int argc, char** argv) {
  const std::uint64_t people = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (people == 0) {
    std::fprintf(stderr, "Usage: wane_many_reports DIR PARTICIPANTS\n");
    return 2;
  }
  wane::make(argv[1], people);
  return 0;
}
