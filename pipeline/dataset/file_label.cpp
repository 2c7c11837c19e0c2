#include "pipeline/dataset/file_label.h"

#include "base/error.h"

namespace wane {

std::string file_label_problem(std::string_view label) {
  // File systems allow 255 bytes: two labels, the rest of the name, and the mark of a temporary file.
  constexpr std::size_t longest_bytes = 80;
  if (label.empty() || label == "." || label == "..") return "is no name";
  if (label.size() > longest_bytes) return "is longer than " + std::to_string(longest_bytes) + " bytes";
  if (label.find('/') != std::string_view::npos) return "holds a '/'";
  if (one_line(label) != label) return "holds control characters or bytes that are not UTF-8";
  return "";
}

}  // namespace wane
