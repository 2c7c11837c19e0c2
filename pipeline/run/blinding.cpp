#include "pipeline/run/blinding.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/natural_order.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/blinding_key.h"
#include "pipeline/run/log_before_blinding.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/run_log.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char* const state_schema = "wane/blinding/1";

fs::path state_file(const fs::path& out) {
  return out / "blinding.json";
}

std::string drawn_secret() {
  std::ifstream stream("/dev/urandom", std::ios::binary);
  std::string bytes(32, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw ResourceError("There are no random numbers (/dev/urandom) to make a blinding key with.");
  return sha256_of_text(bytes);
}

// Holds the key file against tasks that add codes to it at the same moment. Where a file system has no locks, or the
// file cannot be opened, it holds nothing, and blind() warns of that.
class HeldKey {
 public:
  bool holds() const { return holds_; }

  explicit HeldKey(const fs::path& file) {
    // Writing the key anew puts another file under its name: who waited for the old one waits again.
    constexpr int most_replacements = 1000;
    for (int n = 0; n < most_replacements; ++n) {
      descriptor_ = open(file.c_str(), O_RDWR | O_CLOEXEC);  // some network file systems lock for writers alone
      if (descriptor_ < 0) descriptor_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor_ < 0) return;
      while (flock(descriptor_, LOCK_EX) != 0)
        if (errno != EINTR) return;
      holds_ = is_still(file);
      if (holds_) return;
      close(descriptor_);
    }
    descriptor_ = -1;
  }
  ~HeldKey() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  HeldKey(const HeldKey&) = delete;
  HeldKey& operator=(const HeldKey&) = delete;

 private:
  bool is_still(const fs::path& file) const {
    struct stat held, named;
    if (fstat(descriptor_, &held) != 0 || stat(file.c_str(), &named) != 0) return true;
    return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
  }

  int descriptor_ = -1;
  bool holds_ = false;
};

std::set<std::string> groups_of(const Dataset& dataset) {
  std::set<std::string> groups;
  for (const auto& participant : dataset.participants)
    if (participant.dose_group) groups.insert(*participant.dose_group);
  for (const auto& absent : dataset.left_out)
    if (absent.dose_group) groups.insert(*absent.dose_group);
  return groups;
}

void add_codes(KeyFile& key, const std::set<std::string>& groups) {
  std::vector<std::pair<std::string, std::string>> unknown;  // by a hash that only the secret's holder can tell
  for (const auto& group : groups)
    if (!key.code_of.contains(group)) unknown.emplace_back(sha256_of_text(key.secret + "\n" + group), group);
  std::sort(unknown.begin(), unknown.end());
  std::set<std::string> taken;  // a key that was edited may hold any code
  for (const auto& [group, code] : key.code_of) taken.insert(code);
  for (const auto& [hash, group] : unknown) {
    std::size_t number = key.code_of.size() + 1;
    while (taken.contains("group-" + std::to_string(number))) ++number;
    key.code_of[group] = "group-" + std::to_string(number);
    taken.insert(key.code_of[group]);
  }
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

void require_outside(const fs::path& file, const fs::path& out, const fs::path& dataset) {
  if (lies_in(file, out))
    throw UsageError("The blinding key " + file.string() +
                     " would lie in the output folder, where those who are blinded find it: name a file elsewhere.");
  if (!dataset.empty() && lies_in(file, dataset))
    throw UsageError("The blinding key " + file.string() + " would lie in the dataset " + dataset.string() +
                     ", which is copied and shared with the scans: name a file elsewhere.");
}

// Who has no dose group, whose dose is written strangely.
bool tells_of_the_table(const std::string& warning) {
  return warning.find("participants.tsv") != std::string::npos;
}

std::string key_hash(const KeyFile& key) {
  return sha256_of_text("wane blinding key\n" + key.secret);
}

std::string state_text(const char* state, const KeyFile& key) {
  const Json json = {{"schema", state_schema}, {"state", state}, {"key_sha256", key_hash(key)}};
  return json.dump(2) + "\n";
}

bool is_key_of(const KeyFile& key, const fs::path& out) {
  return text_member(json_in_file(state_file(out)), "key_sha256") == key_hash(key);
}

}  // namespace

BlindingState blinding_state(const fs::path& out) {
  std::error_code error;
  if (fs::symlink_status(state_file(out), error).type() == fs::file_type::not_found) return BlindingState::never;
  // What cannot be read must not unblind.
  return text_member(json_in_file(state_file(out)), "state") == "unblinded" ? BlindingState::unblinded
                                                                            : BlindingState::blinded;
}

namespace {

void require_not_unblinded(const fs::path& out) {
  if (blinding_state(out) == BlindingState::unblinded)
    throw UsageError("The results in " + out.string() +
                     " were unblinded and cannot be blinded again: leave out --blind, or use another output folder.");
}

void require_blinded_with(const KeyFile& key, const fs::path& file, const fs::path& out) {
  require_not_unblinded(out);
  if (!is_key_of(key, out))
    throw UsageError("The results in " + out.string() + " are blinded with another key than " + file.string() +
                     ": give --blind the key that was made then.");
}

BlindingKey known_key(const KeyFile& key, const fs::path& file) {
  BlindingKey known{key.code_of, key.secret, key_hash(key), {}};
  if (auto exposed = key_exposure(file)) known.warnings.push_back(std::move(*exposed));
  return known;
}

}  // namespace

BlindingKey blind(const fs::path& file, const Dataset& dataset, const fs::path& out) {
  require_outside(file, out, dataset.folder);
  require_not_unblinded(out);
  const bool first = blinding_state(out) == BlindingState::never;
  std::error_code error;
  if (!fs::exists(file, error)) {
    if (!first)
      throw UsageError("The results in " + out.string() + " are blinded with another key than " + file.string() +
                       ", which does not exist: give --blind the key that was made then.");
    make_key(file, {drawn_secret(), {}});
  }
  const HeldKey held(file);
  remove_temporary_files(file.has_parent_path() ? file.parent_path() : fs::path("."), LeftBehind::abandoned,
                         file.filename().string());
  KeyFile key = read_key(file);
  if (!first) require_blinded_with(key, file, out);
  const std::size_t known = key.code_of.size();
  add_codes(key, groups_of(dataset));
  if (key.code_of.size() != known) write_key(file, key);
  if (blinding_state(out) == BlindingState::never) {
    fs::create_directories(out, error);
    put_log_away(out, file, key.secret, key_hash(key));
    remove_job_logs(out);
    // Where another task was faster, with this key or with another, its state stays.
    write_new_text_atomically(state_file(out), state_text("blinded", key));
  }
  require_blinded_with(key, file, out);
  BlindingKey result = known_key(key, file);
  if (!held.holds())
    result.warnings.push_back("The blinding key " + file.string() +
                              " cannot be locked: take care that no other Wane uses it at the same moment.");
  if (!first && fs::exists(out / "logs" / "run.jsonl", error) && !tells_of_blinding(out))
    result.warnings.push_back(
        "The results in " + out.string() +
        " were blinded by an older version of Wane, whose log may tell who is in which group: move " +
        (out / "logs" / "run.jsonl").string() + " to where only you can read it.");
  return result;
}

BlindingKey require_key_of(const fs::path& file, const fs::path& out) {
  const BlindingState state = blinding_state(out);
  if (state == BlindingState::never)
    throw UsageError("The results in " + out.string() + " are not blinded: there is nothing to unblind.");
  if (state == BlindingState::unblinded) {
    const std::string who = unblinded_by(out);
    throw UsageError("The results in " + out.string() + " were unblinded already" +
                     (who.empty() ? "; the log does not say by whom" : ", " + who) +
                     ": `wane group` makes their reports anew.");
  }
  const KeyFile key = read_key(file);
  if (!is_key_of(key, out))
    throw UsageError(file.string() + " is not the key that the results in " + out.string() + " were blinded with.");
  return known_key(key, file);
}

void unblind(const fs::path& file, const fs::path& out) {
  require_key_of(file, out);
  write_text_atomically(state_file(out), state_text("unblinded", read_key(file)));
}

Dataset blinded(Dataset dataset) {
  for (auto& participant : dataset.participants) {
    participant.dose_group.reset();
    participant.dose.reset();
    std::erase_if(participant.warnings, tells_of_the_table);
  }
  for (auto& absent : dataset.left_out) {
    absent.dose_group.reset();
    absent.dose.reset();
  }
  std::erase_if(dataset.warnings, tells_of_the_table);
  return dataset;
}

std::vector<std::string> blinded_groups(const Dataset& dataset, const BlindingKey& key) {
  std::set<std::string> codes;
  const auto add = [&](const std::optional<std::string>& group) {
    if (group) codes.insert(key.code_of.at(*group));
  };
  for (const auto& participant : dataset.participants) add(participant.dose_group);
  for (const auto& absent : dataset.left_out) add(absent.dose_group);
  std::vector<std::string> in_order(codes.begin(), codes.end());
  std::sort(in_order.begin(), in_order.end(), natural_less);
  return in_order;
}

InputFile keyed(const InputFile& input, const BlindingKey& key) {
  return {input.path, "", hmac_sha256(key.secret, input.sha256)};
}

void rewrite_doses(const Dataset& dataset, const fs::path& out) {
  struct Doses {
    std::optional<std::string> group;
    std::optional<double> dose;
  };
  std::map<std::string, Doses> known;
  for (const auto& absent : dataset.left_out) known[absent.participant_id] = {absent.dose_group, absent.dose};
  for (const auto& participant : dataset.participants)
    known[participant.participant_id] = {participant.dose_group, participant.dose};

  const bool is_blinded = blinding_state(out) == BlindingState::blinded;
  std::vector<std::string> folders;  // listed first: files are renamed below them meanwhile
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(out, error))
    if (const std::string name = entry.path().filename().string(); name.starts_with("sub-")) folders.push_back(name);
  for (const auto& id : folders) {
    const fs::path file = out / participant_json_path(id);
    require_inside(out, file);
    const auto found = known.find(id);
    const Doses doses = found != known.end() ? found->second : Doses{};
    const auto rewritten = [&]() -> std::optional<Json> {
      Json json = json_in_file(file);
      if (!json.is_object()) return std::nullopt;
      const Json before = json;
      if (json.contains("dose_group")) json["dose_group"] = doses.group ? Json(*doses.group) : Json(nullptr);
      if (json.contains("dose")) json["dose"] = number_json(doses.dose, decimals_dose);
      if (is_blinded && json.contains("warnings") && json["warnings"].is_array()) {
        Json kept = Json::array();
        for (const auto& warning : json["warnings"])
          if (!warning.is_string() || !tells_of_the_table(warning.get<std::string>())) kept.push_back(warning);
        json["warnings"] = std::move(kept);
      }
      return json != before ? std::optional(json) : std::nullopt;
    };
    // Locked only where there is something to do, and then looked at again: a task may have written it meanwhile.
    if (!rewritten()) continue;
    const OutputLock lock = wait_for_participant(out, id);
    if (const auto json = rewritten()) write_text_atomically(file, json_text(*json));
  }
}

}  // namespace wane
