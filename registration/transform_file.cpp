// ITK's own copy of Eigen has the names of the one used here and does not go with it: ITK's headers take this one too.
#define ITK_USE_SYSTEM_EIGEN

#include "registration/transform_file.h"

#include <itkAffineTransform.h>
#include <itkMatrixOffsetTransformBase.h>
#include <itkTransformFactory.h>
#include <itkTransformFileWriter.h>
#include <itkTxtTransformIO.h>

#include <cerrno>
#include <locale>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text_file.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

using MatrixTransform = itk::MatrixOffsetTransformBase<double, 3, 3>;
// One affine transform has less than 1 kB; a table of displacements is none.
constexpr std::size_t most_transform_bytes = 1u << 20;

using TextFormat = itk::TxtTransformIOTemplate<double>;

// ITK fills its table of classes at the first use and without a lock, and participants are written side by side.
void register_transforms() {
  [[maybe_unused]] static const bool registered = [] {
    itk::TransformFactoryBase::RegisterDefaultTransforms();
    itk::TransformFactory<MatrixTransform>::RegisterTransform();  // not among them, but ANTs writes it
    return true;
  }();
}

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw InputError("The transform file " + name + " " + what +
                   ": give an ITK text file with one affine transform in three dimensions.");
}

std::string trimmed(const std::string& text) {
  constexpr const char* blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The lines "key: value".
std::map<std::string, std::string> entries_of(const std::string& text, const std::string& name) {
  std::istringstream stream(text);
  std::map<std::string, std::string> entries;
  for (std::string line; std::getline(stream, line);) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) refuse(name, "is not an ITK transform text file");
    const bool fresh = entries.emplace(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))).second;
    if (!fresh) refuse(name, "holds more than one transform");
  }
  for (const char* key : {"Transform", "Parameters", "FixedParameters"})
    if (!entries.count(key)) refuse(name, "has no line \"" + std::string(key) + ":\"");
  if (entries.size() > 3) refuse(name, "holds more than one transform");
  return entries;
}

// None where there is anything but numbers.
itk::OptimizerParameters<double> numbers_in(const std::string& text) {
  std::istringstream words(text);
  words.imbue(std::locale::classic());
  std::vector<double> numbers;
  for (double number = 0; words >> number;) numbers.push_back(number);
  if (!words.eof()) numbers.clear();
  itk::OptimizerParameters<double> parameters(numbers.size());
  for (std::size_t n = 0; n < numbers.size(); ++n) parameters[n] = numbers[n];
  return parameters;
}

// A new one; null where `kind`, as "Euler3DTransform_double_3_3", is no matrix transform.
MatrixTransform::Pointer transform_of_kind(std::string kind) {
  TextFormat::CorrectTransformPrecisionType(kind);
  const itk::LightObject::Pointer object = itk::ObjectFactoryBase::CreateInstance(kind.c_str());
  if (object)
    object->UnRegister();  // CreateInstance leaves a reference of nobody's, without which it would be for ever
  return dynamic_cast<MatrixTransform*>(object.GetPointer());
}

// ITK's reader of files is not used: where a line is missing it keeps the identity, and where numbers are missing
// several classes read beyond their end.
MatrixTransform::Pointer transform_in(const std::string& text, const std::string& name) {
  const auto entries = entries_of(text, name);
  const std::string& kind = entries.at("Transform");
  const MatrixTransform::Pointer transform = transform_of_kind(kind);
  if (!transform) refuse(name, "holds a " + kind);
  const auto parameters = numbers_in(entries.at("Parameters"));
  const auto fixed = numbers_in(entries.at("FixedParameters"));
  const std::size_t wanted = transform->GetNumberOfParameters();
  if (parameters.size() != wanted || fixed.size() < 3)
    refuse(name, "does not hold " + std::to_string(wanted) + " parameters and a centre");
  transform->SetFixedParameters(fixed);
  transform->SetParametersByValue(parameters);
  return transform;
}

Affine points_of(const MatrixTransform& transform) {
  Affine points = Affine::Identity();
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) points.linear()(row, column) = transform.GetMatrix()(row, column);
    points.translation()[row] = transform.GetOffset()[row];
  }
  return points;
}

void write_by_itk(const fs::path& file, const Affine& points) {
  const auto transform = itk::AffineTransform<double, 3>::New();
  itk::Matrix<double, 3, 3> matrix;
  itk::Vector<double, 3> translation;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) matrix(row, column) = points.linear()(row, column);
    translation[row] = points.translation()[row];
  }
  transform->SetMatrix(matrix);
  transform->SetTranslation(translation);
  const auto writer = itk::TransformFileWriterTemplate<double>::New();
  writer->SetTransformIO(TextFormat::New());
  writer->SetFileName(file.string());
  writer->SetInput(transform);
  writer->Update();
}

bool holds(const fs::path& file, const Affine& points) {
  try {
    return read_itk_affine(file).matrix() == points.matrix();
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

void write_itk_affine(const fs::path& file, const Affine& points) {
  register_transforms();
  write_atomically(file, [&](const fs::path& temporary) {
    errno = 0;
    try {
      write_by_itk(temporary, points);
    } catch (const itk::ExceptionObject&) {
      throw_cannot_write(file, errno != 0 ? errno : EIO);
    }
    const int reason = errno != 0 ? errno : EIO;
    // ITK does not look whether the disk took what it wrote.
    if (!holds(temporary, points)) throw_cannot_write(file, reason);
  });
}

Affine parse_itk_affine(const std::string& text, const std::string& name) {
  register_transforms();
  try {
    const Affine points = points_of(*transform_in(text, name));
    if (!points.matrix().allFinite()) refuse(name, "holds numbers that are not finite");
    return points;
  } catch (const itk::ExceptionObject&) {
    refuse(name, "cannot be read by ITK");
  } catch (const std::out_of_range&) {  // ITK's, where a kind names neither float nor double
    refuse(name, "holds a transform of unknown kind");
  }
}

Affine read_itk_affine(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) refuse(file.string(), "cannot be opened");
  return parse_itk_affine(read_text_file(file, most_transform_bytes), file.string());
}

}  // namespace wane
