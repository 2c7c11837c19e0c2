// Holds JSON against the JSON Schema files that Wane ships, by an independent validator (Debian: python3-jsonschema).
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace wane {

inline constexpr const char* kPython = "/usr/bin/python3 -W ignore";

inline bool command_succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class Schemas : public testing::Test {
 protected:
  void SetUp() override {
    if (!command_succeeds(std::string(kPython) + " -c 'import jsonschema'"))
      GTEST_SKIP() << "python3-jsonschema is not installed";
    std::string name = (std::filesystem::temp_directory_path() / "wane-schemas-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  void TearDown() override {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }

  bool conforms(const std::string& text, const std::string& schema) const {
    const auto file = (folder / "report.json").string();
    std::ofstream(file) << text;
    return command_succeeds(std::string(kPython) + " -m jsonschema -i '" + file +
                            "' '" WANE_BINARY_DIR "/share/wane/schemas/" + schema + ".schema.json'");
  }

  std::filesystem::path folder;
};

}  // namespace wane
