// The header of a DICOM file, and the series that is made of one file. What is read is within bounds and on one line,
// wherever the bytes end.
#include "pipeline/import/dicom_header.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "fuzz/properties.h"
#include "pipeline/import/series.h"

using namespace wane;

namespace {

// In memory of its own, so that a byte read beyond the end is seen.
DicomParse parsed(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<char[]> bytes(new char[size]);
  std::copy_n(data, size, bytes.get());
  return parse_dicom_header({bytes.get(), size});
}

void require_values(const DicomHeader& header) {
  for (const auto& [tag, value] : header.values) {
    const std::string text = header.text(tag);
    fuzz::require(one_line(text) == text, "a value is one line of UTF-8");
    const auto numbers = header.numbers(tag);
    fuzz::require(std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::isfinite(n); }),
                  "numbers are finite");
    const auto first = header.number(tag);
    fuzz::require(numbers.empty() || first == numbers.front(), "the first number is the first of all");
  }
}

void require_series(const DicomHeader& header) {
  // The same image twice, and once more where the headers tell of another image.
  DicomHeader other = header;
  other.values[dicom::sop_instance] = "another";
  other.values[dicom::instance_number] = "2";
  const auto series = series_of({{"/in/a", "a", header}, {"/in/b", "b", header}, {"/in/c", "c", other}});
  fuzz::require(series.size() == 1, "files with one header are one series");
  const Series& one = series.front();
  fuzz::require(one.files.size() + one.duplicates == 3, "no file is lost");
  fuzz::require(one.facts.missing_slices <= 2'000'000, "missing slices are counted, not overflown");
  fuzz::require(std::isfinite(one.facts.coverage_mm.value_or(0)), "the coverage is finite");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepted([&] {
    const DicomParse whole = parsed(data, size);
    if (whole.header) {
      require_values(*whole.header);
      if (!whole.header->deflated && !whole.header->directory) require_series(*whole.header);
    }
    parsed(data, size / 2);
    if (size > 0) parsed(data, size - 1);
  });
  return 0;
}
