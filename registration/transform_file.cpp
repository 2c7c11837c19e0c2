#include "registration/transform_file.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "imaging/atomic_file.h"
#include "imaging/error.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw InputError("The transform file " + file.string() + " " + what +
                   ": give an ITK text file with one affine transform in three dimensions.");
}

std::vector<double> numbers_after(const std::string& text, const std::string& key, const fs::path& file) {
  const std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) refuse(file, "has no line \"" + key + "\"");
  std::istringstream line(text.substr(at + 1 + key.size(), text.find('\n', at + 1) - at - 1 - key.size()));
  std::vector<double> numbers;
  for (double number = 0; line >> number;) numbers.push_back(number);
  return numbers;
}

}  // namespace

void write_itk_affine(const fs::path& file, const Affine& points) {
  std::string text =
      "#Insight Transform File V1.0\n"
      "#Transform 0\n"
      "Transform: AffineTransform_double_3_3\n"
      "Parameters:";
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column) text += " " + shortest(points.linear()(row, column));
  for (int row = 0; row < 3; ++row) text += " " + shortest(points.translation()[row]);
  text += "\nFixedParameters: 0 0 0\n";
  write_text_atomically(file, text);
}

Affine read_itk_affine(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) refuse(file, "cannot be opened");
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  if (text.rfind("#Insight Transform File V1.0", 0) != 0) refuse(file, "is not an ITK transform text file");
  const auto parameters = numbers_after(text, "Parameters:", file);
  const auto centre = numbers_after(text, "FixedParameters:", file);
  if (parameters.size() != 12 || centre.size() != 3) refuse(file, "does not hold 12 parameters and a centre");

  Affine points = Affine::Identity();
  for (int n = 0; n < 9; ++n) points.linear()(n / 3, n % 3) = parameters[n];
  const Vec3 middle(centre[0], centre[1], centre[2]);
  const Vec3 shift(parameters[9], parameters[10], parameters[11]);
  points.translation() = shift + middle - points.linear() * middle;
  if (!points.matrix().allFinite()) refuse(file, "holds numbers that are not finite");
  return points;
}

}  // namespace wane
