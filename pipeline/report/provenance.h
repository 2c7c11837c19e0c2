// Where a report comes from: the program, its options, and the exact bytes it was made of.
#pragma once

#include <string>
#include <vector>

namespace wane {

struct InputFile {
  std::string path;    // relative to the dataset, so that the same data give the same report anywhere
  std::string sha256;  // 64 hexadecimal digits
};

struct Provenance {
  std::string version;         // of the program: "0.1.0+g0123456789"
  std::string options = "{}";  // a JSON object, one member for each stage
  std::vector<InputFile> inputs;
  bool sloppy = false;  // made with --sloppy: numbers to try the program with, no results
};

}  // namespace wane
