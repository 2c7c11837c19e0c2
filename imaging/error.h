// The kinds of failure that Wane reports, each with the exit code of the commands (README, "Exit codes").
//
// Every message is a sentence that a technician can act on: which file, what is wrong, what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace wane {

class Error : public std::runtime_error {
 public:
  Error(const std::string& message, int exit_code) : std::runtime_error(message), exit_code_(exit_code) {}
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
