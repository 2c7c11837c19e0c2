#include "tools/faults.h"

#include <chrono>
#include <cmath>
#include <deque>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/sha256.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/template_folder.h"
#include "pipeline/report/error_model_json.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/trial.h"
#include "pipeline/simulation/simulated_dataset.h"
#include "pipeline/validation/fault_dataset.h"
#include "pipeline/validation/fault_report.h"
#include "tools/progress.h"
#include "tools/version.h"

namespace wane {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOtherPeople = 2;  // whose scans are taken for a person's second visit

// The plan, before anything is simulated.
struct FaultsPlan {
  std::vector<std::string> sources;              // of each head, as source_json gives it
  std::vector<std::vector<FaultPerson>> people;  // of each head
};

FaultsPlan plan_of(const FaultsCommand& command) {
  FaultsPlan plan;
  for (std::size_t h = 0; h < command.heads.size(); ++h) {
    plan.sources.push_back(source_json(command.heads[h], command.line));
    plan.people.push_back(fault_people(command.ladder, h));
  }
  return plan;
}

std::vector<std::string> labels_of(const FaultsPlan& plan) {
  std::vector<std::string> labels;
  for (const auto& people : plan.people)
    for (const FaultPerson& person : people) labels.push_back(person.label);
  return labels;
}

// What the planters read heads with; it must outlive them. Heads as they are, or bent into other people's where there
// are not enough of them or where all must be.
class Heads {
 public:
  Heads(const FaultsCommand& command, const FaultsPlan& plan) : command_(command), plan_(plan) {}

  FaultHead head(std::size_t number) {
    FaultHead head;
    head.read = [this, number] { return command_.bend ? bent_head(read(number), seed(number, 0)) : read(number); };
    nlohmann::json others = nlohmann::json::array();
    for (std::size_t other = 1; other <= kOtherPeople; ++other) {
      const std::size_t from = (number + other) % command_.heads.size();
      const bool bend = command_.bend || other >= command_.heads.size();
      head.others.push_back(
          [this, number, other, from, bend] { return bend ? bent_head(read(from), seed(number, other)) : read(from); });
      others.push_back({{"head", nlohmann::json::parse(plan_.sources[from])}, {"bent", bend}});
    }
    nlohmann::json source = nlohmann::json::parse(plan_.sources[number]);
    source["bent"] = command_.bend;
    source["others"] = others;
    head.source = source.dump();
    return head;
  }

 private:
  // Heads that are needed again soon are kept: extracting a brain takes as long as measuring a visit.
  const SourceHead& read(std::size_t number) {
    for (const auto& [kept, head] : kept_)
      if (kept == number) return head;
    if (kept_.size() > kOtherPeople) kept_.pop_front();
    kept_.emplace_back(number, read_head(command_.heads[number], command_.line,
                                         command_.work / "heads" / (head_name(number) + "_brain.nii.gz")));
    return kept_.back().second;
  }
  std::uint64_t seed(std::size_t number, std::size_t other) const {
    return (command_.ladder.seed * 1000 + number + 1) * (kOtherPeople + 1) + other;
  }

  const FaultsCommand& command_;
  const FaultsPlan& plan_;
  std::deque<std::pair<std::size_t, SourceHead>> kept_;  // the last ones read
};

void say_plan(const FaultsCommand& command, std::size_t people, ProgressDisplay& display) {
  display.note(std::to_string(people) + " people, most with two visits (" +
               std::to_string(people / command.heads.size()) + " for each of " + std::to_string(command.heads.size()) +
               (command.heads.size() == 1 ? " head" : " heads") + "), are simulated and then measured in " +
               command.work.string() +
               "; at 2 mm a person takes about 15 seconds of a core. If this is interrupted, run the same command "
               "again to continue.");
}

void plant(const FaultsCommand& command, const FaultsPlan& plan, ProgressDisplay& display) {
  const fs::path dataset = command.work / "dataset";
  display.begin(labels_of(plan).size());
  Heads heads(command, plan);
  for (std::size_t h = 0; h < plan.people.size(); ++h) {
    FaultPlanter planter(heads.head(h), fault_variants(command.ladder, h));
    const auto begin = std::chrono::steady_clock::now();
    std::size_t planted = 0;
    for (const FaultPerson& person : plan.people[h]) {
      display.step(person.label, "simulate", 0, 1);
      if (!planter.is_planted(dataset, person)) {
        planter.plant(dataset, command.work / "unfinished", person);
        ++planted;
      }
      display.finished(person.label);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    display.note("Head " + head_name(h) + ": " + std::to_string(planted) + " people were simulated in " +
                 std::to_string(std::lround(seconds.count())) + " seconds.");
  }
}

std::vector<ParticipantOutcome> measure(const FaultsCommand& command, const FaultsPlan& plan,
                                        ProgressDisplay& display) {
  TrialRequest request;
  request.out = command.work / "out";
  request.template_folder = command.line.template_folder();
  request.error_model = command.line.error_model();
  request.options = command.line.options();
  request.threads = command.line.threads();
  request.memory_gb = command.memory_gb;
  request.program_version = program_version();
  request.command_line = given_command_line();
  const Dataset dataset = read_dataset(command.work / "dataset", request.options.dataset, labels_of(plan));
  return process_trial(dataset, request, events_shown_on(display));
}

FaultScores scores_of(const FaultsCommand& command, const FaultsPlan& plan, std::vector<InputFile>& inputs) {
  std::vector<FaultOutcome> outcomes;
  for (const auto& people : plan.people)
    for (const FaultPerson& person : people)
      outcomes.push_back(fault_outcome(person, command.work / "out", command.work / "dataset/truth", inputs));
  return fault_scores(std::move(outcomes));
}

Provenance provenance_of(const FaultsCommand& command, const std::vector<InputFile>& results) {
  const nlohmann::ordered_json faults = {{"voxel_mm", command.ladder.voxel_mm},
                                         {"seed", command.ladder.seed},
                                         {"only", command.ladder.only},        // empty: all
                                         {"degrees", command.ladder.degrees},  // empty: all
                                         {"bend", command.bend}};
  return heads_provenance(command.line, command.heads, "faults", faults, results);
}

std::string caption(const FaultsCommand& command, std::size_t people) {
  std::string heads;
  for (const HeadFiles& files : command.heads) heads += (heads.empty() ? "" : ", ") + files.head.filename().string();
  std::ostringstream text;
  text << "Faults planted in the second visit of a pair with 1 % of brain lost, at " << command.ladder.voxel_mm
       << " mm; wane " << program_version() << ",\n"
       << people << " simulated people from " << heads << (command.bend ? ", bent into other heads" : "")
       << ".\nCaught: the participant failed, or a check warns or fails (in parentheses: failed). Worst silent error: "
          "brain / gray matter, percent.\n\n    "
       << given_command_line() << "\n\n";
  return text.str();
}

void write_table(const fs::path& folder, const std::string& name, const TableText& table) {
  write_text_atomically(folder / (name + ".json"), table.dictionary);
  write_text_atomically(folder / (name + ".tsv"), table.text);
}

}  // namespace

int run_faults(const FaultsCommand& command, Interruption& interruption) {
  // What is wrong is said before anybody waits for simulations that cannot be measured.
  command.ladder.validate();
  read_template(command.line.template_folder());
  read_error_model(command.line.error_model());
  require_validation_folder(command.work);
  require_output_folder(command.work / "out");
  const FaultsPlan plan = plan_of(command);
  const std::size_t people = labels_of(plan).size();
  ProgressDisplay display;
  const Interruption::LastWords last_words = last_words_of(display, command.work / "out", interruption);
  const OutputLock lock = begin_validation(command.work, "Faults planted in scans", display);
  say_plan(command, people, display);
  plant(command, plan, display);
  measure(command, plan, display);  // who fails is a finding here, and is read from the results
  std::vector<InputFile> inputs;
  const FaultScores scores = scores_of(command, plan, inputs);
  const std::string markdown = caption(command, people) + faults_markdown(scores);
  write_table(command.work, "fault_rates", fault_rates_table(scores));
  write_table(command.work, "fault_people", fault_people_table(scores));
  write_text_atomically(command.work / "faults.md", markdown);
  write_text_atomically(
      command.work / "faults.json",
      faults_json_text(scores, validation_heads(command.heads, command.bend), provenance_of(command, inputs)));
  std::cout << markdown << "\nFiles:\n";
  for (const char* name : {"faults.json", "fault_rates.tsv", "fault_people.tsv", "faults.md"})
    std::cout << "  " << (command.work / name).string() << '\n';
  return exit_code_of(scores);
}

}  // namespace wane
