#include <filesystem>
#include <string>

namespace wane {

void throw_broken_assertion(const char* condition, const char* file, int line) {
  throw BrokenAssertion("a condition of Eigen does not hold: " + std::string(condition) + " (" +
                        std::filesystem::path(file).filename().string() + ", line " + std::to_string(line) + ")");
}

}  // namespace wane
