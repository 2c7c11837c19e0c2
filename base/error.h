// The kinds of failure that Wane reports, each with the exit code of the commands (docs/outputs.md, "Exit codes").
//
// Every message is a sentence that a technician can act on: which file, what is wrong, what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace wane {

// `text` as part of a message: valid UTF-8 in one line of at most 1000 bytes. Control characters (which could command
// the terminal) and bytes that are not UTF-8 become '?'; of a longer text the middle is left out.
std::string one_line(std::string_view text);

class Error : public std::runtime_error {
 public:
  // Names and cells of any file end in messages, so each passes one_line.
  Error(const std::string& message, int exit_code) : std::runtime_error(one_line(message)), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// The command line, configuration or an option's value is wrong (exit code 2).
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, 2) {}
};

// A scan, table or folder given by the user cannot be used (exit code 3).
class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(message, 3) {}
};

// The machine cannot do it: disk, memory, permissions (exit code 5).
class ResourceError : public Error {
 public:
  explicit ResourceError(const std::string& message) : Error(message, 5) {}
};

}  // namespace wane
