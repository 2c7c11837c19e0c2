// The key file of a blinded trial: which code stands for which dose group.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace wane {

struct KeyFile {
  std::string secret;
  std::map<std::string, std::string> code_of;  // dose group to code

  friend bool operator==(const KeyFile&, const KeyFile&) = default;
};

// Empty where the text is no key. Members that are no text count as missing.
std::optional<KeyFile> parse_key(const std::string& text);
std::string key_text(const KeyFile& key);

// Throws InputError where the file cannot be read or is no key.
KeyFile read_key(const std::filesystem::path& file);

// Written with permissions 0600; where `file` is a link, what it leads to is replaced. make_key leaves alone a file
// that another task put there meanwhile. Throw ResourceError.
void make_key(const std::filesystem::path& file, const KeyFile& key);
void write_key(const std::filesystem::path& file, const KeyFile& key);

// A sentence where others than its owner can read or change the key.
std::optional<std::string> key_exposure(const std::filesystem::path& file);

}  // namespace wane
