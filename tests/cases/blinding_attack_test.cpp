// An attack on blinded results: whoever holds OUT, and knows the people, the groups, the doses and the form of
// participants.tsv, hashes every arrangement and looks for the hash.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <unordered_set>
#include <vector>

#include "base/sha256.h"
#include "pipeline/report/json_values.h"
#include "tests/cases/group_command.h"

namespace wane::cases {
namespace {

// So many digits make no match by chance, and catch hashes that are cut short.
constexpr std::size_t least_digits = 16;

std::vector<fs::path> every_file_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// The beginning of whatever looks like a hash, in the names and texts of all files, the log and the pages included.
std::unordered_set<std::string> hashes_in(const fs::path& out) {
  std::unordered_set<std::string> found;
  const auto add_from = [&](const std::string& text) {
    std::string digits;
    for (const char c : text + "\n") {
      if (std::isxdigit(static_cast<unsigned char>(c))) {
        digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        continue;
      }
      if (digits.size() >= least_digits) found.insert(digits.substr(0, least_digits));
      digits.clear();
    }
  };
  for (const fs::path& file : every_file_below(out)) {
    add_from(file.filename().string());
    add_from(text_of(file));
  }
  return found;
}

std::string beginning_of_digest(const EVP_MD* kind, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, kind, nullptr);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t n = 0; n < least_digits / 2; ++n) {
    hex += digits[digest[n] >> 4];
    hex += digits[digest[n] & 15];
  }
  return hex;
}

bool holds_a_hash_of(const std::unordered_set<std::string>& hashes, const std::string& text) {
  for (const EVP_MD* kind : {EVP_sha256(), EVP_sha512(), EVP_sha1(), EVP_md5()})
    if (hashes.contains(beginning_of_digest(kind, text))) return true;
  return false;
}

std::string table_of(const std::string& groups) {
  std::string table = "participant_id\tdose_group\tdose\n";
  for (int person = 1; person <= 12; ++person) {
    const std::string group(1, groups[static_cast<std::size_t>(person - 1)]);
    table += id_of(person) + "\t" + group + "\t" + std::to_string(int(doses.at(group))) + "\n";
  }
  return table;
}

// The groups of all twelve, "AAABBBCCCDDD", where a hash in OUT belongs to an arrangement.
std::optional<std::string> groups_found_by_hashing_tables(const std::unordered_set<std::string>& hashes) {
  std::string groups = "AAABBBCCCDDD";
  do {
    if (holds_a_hash_of(hashes, table_of(groups))) return groups;
  } while (std::next_permutation(groups.begin(), groups.end()));
  return std::nullopt;
}

// Those whose group follows from the hash of their own report, which holds it: four trials for each.
std::map<int, std::string> groups_found_by_hashing_reports(const fs::path& out,
                                                           const std::unordered_set<std::string>& hashes) {
  std::map<int, std::string> found;
  for (int person = 1; person <= 12; ++person)
    for (const auto& [group, dose] : doses) {
      auto report = nlohmann::ordered_json::parse(text_of(out / id_of(person) / (id_of(person) + "_atrophy.json")));
      report["dose_group"] = group;
      report["dose"] = int(dose);
      if (holds_a_hash_of(hashes, json_text(report))) found[person] = group;
    }
  return found;
}

class BlindingAttack : public GroupCommand {
 protected:
  // With the pages.
  void report(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"group", bids_, out_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = wane(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ASSERT_TRUE(fs::exists(out_ / "trial.html"));
  }
  // The doses in the participants' reports, as measuring would have put them there.
  void put_doses_into_reports() const {
    for (int person = 1; person <= 12; ++person) {
      const fs::path file = out_ / id_of(person) / (id_of(person) + "_atrophy.json");
      auto report = nlohmann::ordered_json::parse(text_of(file));
      const std::string group = group_of(person, false);
      report["dose_group"] = group;
      report["dose"] = int(doses.at(group));
      write(file, json_text(report));
    }
  }
  void expect_that_no_hash_tells_a_group() const {
    const auto hashes = hashes_in(out_);
    EXPECT_GT(hashes.size(), 20U) << "there are hashes of other things";
    EXPECT_EQ(groups_found_by_hashing_tables(hashes), std::nullopt);
    EXPECT_TRUE(groups_found_by_hashing_reports(out_, hashes).empty());
  }
};

TEST_F(BlindingAttack, FindsEverybodysGroupInResultsThatAreNotBlinded) {
  put_doses_into_reports();
  report();
  const auto hashes = hashes_in(out_);
  EXPECT_EQ(groups_found_by_hashing_tables(hashes), "AAABBBCCCDDD");
  EXPECT_EQ(groups_found_by_hashing_reports(out_, hashes).size(), 12U);
}

TEST_F(BlindingAttack, FindsNobodysGroupInBlindedResults) {
  report({"--blind", key_});
  expect_that_no_hash_tells_a_group();
}

TEST_F(BlindingAttack, FindsNobodysGroupWhereResultsWereReportedBeforeTheyWereBlinded) {
  put_doses_into_reports();
  report();
  report({"--blind", key_});
  expect_that_no_hash_tells_a_group();
  report({"--blind", key_});
  expect_that_no_hash_tells_a_group();
}

// What a job of `wane slurm` printed before.
TEST_F(BlindingAttack, NoJobsLogOfTheTimeBeforeStaysInBlindedResults) {
  const fs::path campaign = out_ / "logs" / "campaign-0001";
  fs::create_directories(campaign);
  const ProgramResult open = wane({"group", bids_, out_});
  ASSERT_TRUE(contains(open.out, "Dose group A, dose 5 million cells")) << open.out;
  for (const char* name : {"group.log", "task-1.log"}) write(campaign / name, open.out + open.err);
  write(campaign / "tasks.tsv", "sub-01\n");
  const ProgramResult result = wane({"group", bids_, out_, "--blind", key_});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_FALSE(contains(result.out + result.err, "million cells")) << "it goes into OUT when a job prints it";
  EXPECT_FALSE(fs::exists(campaign / "group.log"));
  EXPECT_FALSE(fs::exists(campaign / "task-1.log"));
  EXPECT_TRUE(fs::exists(campaign / "tasks.tsv")) << "it names nobody's group";
}

// What is the same for every arrangement cannot tell which one it is. Besides keyed hashes, only the log's times
// differ.
TEST_F(BlindingAttack, BlindedResultsAreTheSameForEveryArrangement) {
  const fs::path measured = scratch_ / "measured";
  fs::copy(out_, measured, fs::copy_options::recursive);
  const auto blinded_files = [&](const std::string& groups, bool rows_by_group) {
    fs::remove_all(out_);
    fs::copy(measured, out_, fs::copy_options::recursive);
    std::istringstream lines(table_of(groups));
    std::vector<std::string> rows;
    for (std::string line; std::getline(lines, line);) rows.push_back(line);
    if (rows_by_group)
      std::stable_sort(rows.begin() + 1, rows.end(),
                       [](const std::string& a, const std::string& b) { return a.substr(7) < b.substr(7); });
    std::string table;
    for (const auto& row : rows) table += row + "\n";
    write_table(table);
    report({"--blind", key_});
    std::map<std::string, std::string> files;
    for (const fs::path& file : every_file_below(out_)) {
      std::string text = text_of(file);
      // std::regex would overflow its stack on a page.
      if (!file.string().ends_with(".html")) {
        text = std::regex_replace(text, std::regex("\"[0-9a-f]{64}\""), "HASH");
        text = std::regex_replace(text, std::regex("\"time\":\"[^\"]*\"|\"process\":[0-9]+"), "WHEN");
      }
      files[file.lexically_relative(out_).string()] = text;
    }
    return files;
  };
  const auto one = blinded_files("AAABBBCCCDDD", false), other = blinded_files("DCBADCBADCBA", true);
  ASSERT_GT(one.size(), 30U);
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, text] : one) {
    if (name.ends_with(".html")) {
      EXPECT_EQ(text.size(), other.at(name).size()) << name;
      continue;
    }
    EXPECT_EQ(text, other.at(name)) << name;
  }
}

bool names_a_group(const nlohmann::json& json) {
  if (json.is_object() && json.contains("dose_group") && json["dose_group"].is_string() && json["dose_group"] != "n/a")
    return true;
  if (!json.is_structured()) return false;
  return std::any_of(json.begin(), json.end(), names_a_group);
}

TEST_F(BlindingAttack, NobodysCodeAndNoMeanOfAGroupStandsInBlindedResults) {
  put_doses_into_reports();
  report();
  report({"--blind", key_});
  auto trial = json_of(out_ / "trial_atrophy.json");
  ASSERT_EQ(trial["dose_groups"].size(), 4U);
  for (const auto& group : trial["dose_groups"]) {
    EXPECT_EQ(group.size(), 2U) << "neither who nor how many: " << group;
    EXPECT_TRUE(group["dose"].is_null());
  }
  trial.erase("dose_groups");
  EXPECT_FALSE(names_a_group(trial));
  EXPECT_TRUE(trial["left_out"].empty()) << "nobody is left out for being in no group";
  for (const fs::path& file : every_file_below(out_)) {
    const std::string name = file.lexically_relative(out_).string();
    const bool lists_codes = name == "trial_atrophy.json" || name == "trial.html";
    EXPECT_TRUE(lists_codes || !name.ends_with(".json") || !names_a_group(json_of(file))) << name;
    EXPECT_TRUE(lists_codes || !contains(text_of(file), "group-1")) << name;
    EXPECT_FALSE(name.starts_with("dose-groups/")) << name;
  }
  const std::string means = text_of(out_ / "dose_groups.tsv");
  EXPECT_EQ(std::count(means.begin(), means.end(), '\n'), 1) << "the first line names the columns";
}

// A column that Wane does not know may name the arm: no table, page or line of the log takes one along.
TEST_F(BlindingAttack, NoOtherColumnOfTheParticipantsStandsInBlindedResults) {
  std::istringstream lines(table_of("AAABBBCCCDDD"));
  std::string table, line;
  std::getline(lines, line);
  table = line + "\ttreatment_arm\tage\n";
  for (int person = 1; std::getline(lines, line); ++person)
    table += line + "\tsecretarm" + line.substr(7, 1) + "\t" + std::to_string(7000 + person) + "\n";
  write_table(table);
  report();
  ASSERT_TRUE(contains(text_of(out_ / "rates_long.tsv"), "secretarmA"));
  report({"--blind", key_, "--covariates", "age,treatment_arm"});
  for (const fs::path& file : every_file_below(out_)) EXPECT_FALSE(contains(text_of(file), "secretarm")) << file;
  EXPECT_FALSE(contains(text_of(out_ / "rates.tsv"), "treatment_arm"));
}

TEST_F(BlindingAttack, WhoHasTheKeyCanCheckTheInputsOfBlindedResults) {
  report({"--blind", key_});
  const auto inputs = json_of(out_ / "trial_atrophy.json")["inputs"];
  ASSERT_EQ(inputs[0]["path"], "participants.tsv");
  EXPECT_FALSE(inputs[0].contains("sha256"));
  EXPECT_EQ(inputs[0]["hmac_sha256"],
            hmac_sha256(json_of(key_)["secret"].get<std::string>(), sha256_of_file(bids_ / "participants.tsv")));
}

}  // namespace
}  // namespace wane::cases
