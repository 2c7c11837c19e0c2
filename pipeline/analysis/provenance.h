// Where a report comes from: the program, its options, and the exact bytes it was made of.
#pragma once

#include <string>
#include <vector>

namespace wane {

struct InputFile {
  std::string path;    // relative to the dataset, so that the same data give the same report anywhere
  std::string sha256;  // 64 hexadecimal digits; empty where hmac_sha256 stands in its place
  // While a trial is blinded, of files that say or may say who is in which dose group: HMAC-SHA-256 of the digits of
  // sha256 with the secret of the blinding key.
  std::string hmac_sha256 = {};
};

struct Provenance {
  std::string version;         // of the program: "0.1.0+g0123456789"
  std::string options = "{}";  // a JSON object, one member for each stage
  std::vector<InputFile> inputs;
  bool sloppy = false;  // made with --sloppy: numbers to try the program with, no results
  // SHA-256 of the run log's line about a trial's report; nobody else has one.
  std::string log_head_sha256 = {};
};

}  // namespace wane
