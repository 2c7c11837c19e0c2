#include "pipeline/run/blinding_key.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char* const key_schema = "wane/blinding-key/1";

// Nobody else's from the first byte on. Disks without permissions (a USB stick in a safe) do what they can.
constexpr unsigned owner_only = S_IRUSR | S_IWUSR;

void write_text(const fs::path& temporary, const std::string& text, const fs::path& file) {
  std::ofstream stream(temporary, std::ios::binary);
  if (!(stream << text << std::flush)) throw_cannot_write(file, errno);
}

fs::path end_of_links(const fs::path& file) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  return error ? file : target;
}

}  // namespace

std::optional<KeyFile> parse_key(const std::string& text) {
  const Json json = parse_ordered_json(text);
  KeyFile key{text_member(json, "secret"), {}};
  const bool is_key = text_member(json, "schema") == key_schema && !key.secret.empty() && json.contains("codes") &&
                      json["codes"].is_object();
  if (!is_key) return std::nullopt;
  for (const auto& [code, group] : json["codes"].items())
    if (group.is_string()) key.code_of[group] = code;
  return key;
}

std::string key_text(const KeyFile& key) {
  Json json = {{"schema", key_schema},
               {"note", "Keep this from everybody who is to be blinded. `wane unblind` needs it."},
               {"secret", key.secret},
               {"codes", Json::object()}};
  for (const auto& [group, code] : key.code_of) json["codes"][code] = group;
  return json.dump(2) + "\n";
}

KeyFile read_key(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error))
    throw InputError("The blinding key " + file.string() + " cannot be opened; check its name.");
  if (auto key = parse_key(read_text_file(file, most_json_bytes))) return *key;
  throw InputError(file.string() + " is not a blinding key of Wane; name the file that --blind made.");
}

void make_key(const fs::path& file, const KeyFile& key) {
  write_new_atomically(
      file, [&](const fs::path& temporary) { write_text(temporary, key_text(key), file); }, owner_only);
}

void write_key(const fs::path& file, const KeyFile& key) {
  write_atomically(
      end_of_links(file), [&](const fs::path& temporary) { write_text(temporary, key_text(key), file); }, owner_only);
}

std::optional<std::string> key_exposure(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return std::nullopt;
  return "The blinding key " + file.string() +
         " can be read or changed by other users of this machine: take their permissions away (chmod 600).";
}

}  // namespace wane
