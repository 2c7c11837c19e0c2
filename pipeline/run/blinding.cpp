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

#include "imaging/atomic_file.h"
#include "imaging/error.h"
#include "imaging/sha256.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/output_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char* const key_schema = "wane/blinding-key/1";
const char* const state_schema = "wane/blinding/1";

fs::path state_file(const fs::path& out) {
  return out / "blinding.json";
}

std::optional<Json> json_in(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return Json::parse(stream, nullptr, false);
}

// Files that people keep may be edited: a member of another type counts as missing. Empty: there is no such text.
std::string text_in(const Json& json, const char* member) {
  if (!json.is_object() || !json.contains(member) || !json[member].is_string()) return "";
  return json[member];
}

std::string drawn_secret() {
  std::ifstream stream("/dev/urandom", std::ios::binary);
  std::string bytes(32, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw ResourceError("There are no random numbers (/dev/urandom) to make a blinding key with.");
  return sha256_of_text(bytes);
}

struct KeyFile {
  std::string secret;
  std::map<std::string, std::string> code_of;
};

KeyFile key_in(const fs::path& file) {
  const auto json = json_in(file);
  if (!json) throw InputError("The blinding key " + file.string() + " cannot be opened; check its name.");
  const std::string secret = text_in(*json, "secret");
  const bool is_key = text_in(*json, "schema") == key_schema && !secret.empty() && json->contains("codes") &&
                      (*json)["codes"].is_object();
  if (!is_key) throw InputError(file.string() + " is not a blinding key of Wane; name the file that --blind made.");
  KeyFile key{secret, {}};
  for (const auto& [code, group] : (*json)["codes"].items())
    if (group.is_string()) key.code_of[group] = code;
  return key;
}

// Holds the key file against tasks that add codes to it at the same moment. Where a file system has no locks, or the
// file cannot be opened, it holds nothing.
class HeldKey {
 public:
  explicit HeldKey(const fs::path& file) {
    // Writing the key anew puts another file under its name: who waited for the old one waits again.
    constexpr int most_replacements = 1000;
    for (int n = 0; n < most_replacements; ++n) {
      descriptor_ = open(file.c_str(), O_RDWR | O_CLOEXEC);  // some network file systems lock for writers alone
      if (descriptor_ < 0) descriptor_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor_ < 0) return;
      while (flock(descriptor_, LOCK_EX) != 0)
        if (errno != EINTR) return;
      if (is_still(file)) return;
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
};

std::string key_text(const KeyFile& key) {
  Json json = {{"schema", key_schema},
               {"note", "Keep this from everybody who is to be blinded. `wane unblind` needs it."},
               {"secret", key.secret},
               {"codes", Json::object()}};
  for (const auto& [group, code] : key.code_of) json["codes"][code] = group;
  return json.dump(2) + "\n";
}

void write_for_owner(const fs::path& temporary, const std::string& text, const fs::path& file) {
  // Nobody else's from the first byte on. Disks without permissions (a USB stick in a safe) do what they can.
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) throw_cannot_write(file, errno);
  close(descriptor);
  std::ofstream stream(temporary, std::ios::binary);
  if (!(stream << text << std::flush)) throw_cannot_write(file, errno);
}

// Leaves alone what another task put there meanwhile.
void make_key(const fs::path& file, const KeyFile& key) {
  write_new_atomically(file, [&](const fs::path& temporary) { write_for_owner(temporary, key_text(key), file); });
}

void write_key(const fs::path& file, const KeyFile& key) {
  write_atomically(file, [&](const fs::path& temporary) { write_for_owner(temporary, key_text(key), file); });
}

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
  for (const auto& [hash, group] : unknown) {
    const std::string code = "group-" + std::to_string(key.code_of.size() + 1);
    key.code_of[group] = code;
  }
}

void require_outside(const fs::path& file, const fs::path& out) {
  const fs::path relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(out));
  if (!relative.empty() && *relative.begin() != "..")
    throw UsageError("The blinding key " + file.string() +
                     " would lie in the output folder, where those who are blinded find it: name a file elsewhere.");
}

std::string key_hash(const KeyFile& key) {
  return sha256_of_text("wane blinding key\n" + key.secret);
}

std::string state_text(const char* state, const KeyFile& key) {
  const Json json = {{"schema", state_schema}, {"state", state}, {"key_sha256", key_hash(key)}};
  return json.dump(2) + "\n";
}

bool is_key_of(const KeyFile& key, const fs::path& out) {
  const auto state = json_in(state_file(out));
  return state && text_in(*state, "key_sha256") == key_hash(key);
}

}  // namespace

BlindingState blinding_state(const fs::path& out) {
  const auto json = json_in(state_file(out));
  if (!json) return BlindingState::never;
  // What cannot be read must not unblind.
  return text_in(*json, "state") == "unblinded" ? BlindingState::unblinded : BlindingState::blinded;
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

}  // namespace

BlindingKey blind(const fs::path& file, const Dataset& dataset, const fs::path& out) {
  require_outside(file, out);
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
  KeyFile key = key_in(file);
  if (!first) require_blinded_with(key, file, out);
  const std::size_t known = key.code_of.size();
  add_codes(key, groups_of(dataset));
  if (key.code_of.size() != known) write_key(file, key);
  if (first) {
    fs::create_directories(out, error);
    // Where another task was faster, with this key or with another, its state stays.
    write_new_text_atomically(state_file(out), state_text("blinded", key));
    require_blinded_with(key, file, out);
  }
  return {key.code_of, key_hash(key)};
}

void require_key_of(const fs::path& file, const fs::path& out) {
  if (blinding_state(out) == BlindingState::never)
    throw UsageError("The results in " + out.string() + " are not blinded: there is nothing to unblind.");
  if (!is_key_of(key_in(file), out))
    throw UsageError(file.string() + " is not the key that the results in " + out.string() + " were blinded with.");
}

void unblind(const fs::path& file, const fs::path& out) {
  require_key_of(file, out);
  write_text_atomically(state_file(out), state_text("unblinded", key_in(file)));
}

Dataset blinded(Dataset dataset, const std::optional<BlindingKey>& key) {
  const auto code = [&](const std::optional<std::string>& group) -> std::optional<std::string> {
    if (!group || !key) return std::nullopt;
    return key->code_of.at(*group);
  };
  for (auto& participant : dataset.participants) {
    participant.dose_group = code(participant.dose_group);
    participant.dose.reset();
  }
  for (auto& absent : dataset.left_out) {
    absent.dose_group = code(absent.dose_group);
    absent.dose.reset();
  }
  std::erase_if(dataset.warnings, [](const std::string& warning) { return warning.starts_with("participants.tsv: "); });
  return dataset;
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

  std::vector<std::string> folders;  // listed first: files are renamed below them meanwhile
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(out, error))
    if (const std::string name = entry.path().filename().string(); name.starts_with("sub-")) folders.push_back(name);
  for (const auto& id : folders) {
    const fs::path file = out / participant_json_path(id);
    const auto found = known.find(id);
    const Doses doses = found != known.end() ? found->second : Doses{};
    const auto rewritten = [&]() -> std::optional<Json> {
      auto json = json_in(file);
      if (!json || !json->is_object()) return std::nullopt;
      const Json before = *json;
      if (json->contains("dose_group")) (*json)["dose_group"] = doses.group ? Json(*doses.group) : Json(nullptr);
      if (json->contains("dose")) (*json)["dose"] = number_json(doses.dose, decimals_dose);
      return *json != before ? json : std::nullopt;
    };
    // Locked only where there is something to do, and then looked at again: a task may have written it meanwhile.
    if (!rewritten()) continue;
    const OutputLock lock = wait_for_participant(out, id);
    if (const auto json = rewritten()) write_text_atomically(file, json_text(*json));
  }
}

}  // namespace wane
