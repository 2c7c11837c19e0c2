#include "pipeline/import/dicom_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace wane {
namespace {

constexpr std::uint32_t undefined_length = 0xffffffff;
constexpr std::uint32_t item = 0xfffee000, item_end = 0xfffee00d, sequence_end = 0xfffee0dd;
constexpr std::uint32_t shared_groups = 0x52009229, frame_groups = 0x52009230, pixel_data = 0x7fe00010;
constexpr int most_depth = 16;                  // of sequences in sequences; multi-frame files have 4
constexpr std::size_t most_value_bytes = 4096;  // of the elements that are wanted
constexpr std::size_t most_elements = 200'000;  // a multi-frame file of 1000 slices has 100 000

enum class As { text, u16, f64 };

// How an element's value is written; what is not in this list is passed over.
std::optional<As> wanted(std::uint32_t tag) {
  using namespace dicom;
  switch (tag) {
    case rows:
    case columns:
      return As::u16;
    case effective_echo_time:
    case inversion_times:
    case b_value:
      return As::f64;
    case transfer_syntax:
    case sop_class:
    case sop_instance:
    case image_type:
    case study_date:
    case series_date:
    case acquisition_date:
    case content_date:
    case study_time:
    case acquisition_time:
    case modality:
    case manufacturer:
    case series_description:
    case complex_component:
    case patient_name:
    case patient_id:
    case birth_date:
    case sex:
    case contrast_agent:
    case scanning_sequence:
    case sequence_variant:
    case acquisition_type:
    case sequence_name:
    case angio_flag:
    case slice_thickness:
    case repetition_time:
    case echo_time:
    case inversion_time:
    case spacing_between_slices:
    case device_serial_number:
    case protocol_name:
    case flip_angle:
    case pulse_sequence_name:
    case study_uid:
    case series_uid:
    case series_number:
    case instance_number:
    case image_position:
    case image_orientation:
    case images_in_acquisition:
    case number_of_frames:
    case pixel_spacing:
      return As::text;
    default:
      return std::nullopt;
  }
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\0' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  DicomParse parse() {
    if (!begin()) return {};
    if (header_.deflated) return {std::move(header_), false};
    elements(bytes_.size(), 0, true);
    DicomParse result;
    if (header_.text(dicom::sop_class).empty() && header_.text(dicom::series_uid).empty() && !header_.directory)
      return exhausted_ ? DicomParse{std::nullopt, true} : DicomParse{};
    const bool multi_frame = header_.values.contains(dicom::number_of_frames);
    result.wants_more = exhausted_ && ((last_ >> 16) <= 0x0028 || multi_frame);
    result.header = std::move(header_);
    return result;
  }

 private:
  std::uint32_t u16(std::size_t at) const {
    const auto a = static_cast<unsigned char>(bytes_[at]), b = static_cast<unsigned char>(bytes_[at + 1]);
    return big_ ? std::uint32_t(a) << 8 | b : std::uint32_t(b) << 8 | a;
  }
  std::uint32_t u32(std::size_t at) const { return big_ ? u16(at) << 16 | u16(at + 2) : u16(at + 2) << 16 | u16(at); }
  bool has(std::size_t count) {
    if (bytes_.size() - at_ >= count) return true;
    exhausted_ = true;
    return false;
  }
  bool letters_at(std::size_t at) const {
    const auto capital = [&](std::size_t n) { return bytes_[n] >= 'A' && bytes_[n] <= 'Z'; };
    return at + 1 < bytes_.size() && capital(at) && capital(at + 1);
  }

  // With the preamble of files, or without, as some programs still write them.
  bool begin() {
    if (bytes_.size() >= 132 && bytes_.substr(128, 4) == "DICM") {
      at_ = 132;
      elements_of_group_2();
      return true;
    }
    if (bytes_.size() < 16) return false;
    if (u16(0) != 0x0008 || u16(2) > 0x0020) return false;
    explicit_ = letters_at(4);
    return true;
  }

  void elements_of_group_2() {
    explicit_ = true;
    while (has(8) && u16(at_) == 0x0002 && element(bytes_.size(), 0)) {
    }
    const std::string syntax = header_.text(dicom::transfer_syntax);
    header_.directory = header_.text(0x00020002) == "1.2.840.10008.1.3.10";
    header_.deflated = syntax == "1.2.840.10008.1.2.1.99";
    big_ = syntax == "1.2.840.10008.1.2.2";
    explicit_ = syntax != "1.2.840.10008.1.2";
  }

  // Elements up to `end`, or to the end of an item or sequence.
  void elements(std::size_t end, int depth, bool keep) {
    const bool before = keep_;
    keep_ = keep;
    while (at_ < end && element(end, depth)) {
    }
    keep_ = before;
  }

  // False at the end of what is to be read.
  bool element(std::size_t end, int depth) {
    if (++count_ > most_elements || !has(8)) return false;
    const std::uint32_t tag = u16(at_) << 16 | u16(at_ + 2);
    if (tag == item_end || tag == sequence_end) {
      at_ += 8;
      return false;
    }
    if (depth == 0) {
      if (tag >= pixel_data) return false;
      last_ = tag;
    }
    std::uint32_t length = 0;
    bool sequence = false, unknown = false;
    if (explicit_ && letters_at(at_ + 4)) {
      const std::string_view type = bytes_.substr(at_ + 4, 2);
      constexpr std::array<std::string_view, 11> wide{"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT"};
      sequence = type == "SQ";
      unknown = type == "UN";
      if (std::find(wide.begin(), wide.end(), type) != wide.end()) {
        if (!has(12)) return false;
        length = u32(at_ + 8);
        at_ += 12;
      } else {
        length = u16(at_ + 6);
        at_ += 8;
      }
    } else {
      length = u32(at_ + 4);
      at_ += 8;
      sequence = tag == shared_groups || tag == frame_groups;
    }
    const bool groups = depth == 0 && (tag == shared_groups || tag == frame_groups);
    if (length == undefined_length || groups || (keep_ && depth > 0 && sequence))
      return sequence_of(tag, length, end, depth, unknown);
    if (keep_ || (tag >> 16) == 2) take(tag, length);
    return skip(length, end);
  }

  bool skip(std::uint32_t length, std::size_t end) {
    if (length > end - std::min(end, at_)) {
      exhausted_ = exhausted_ || end == bytes_.size();
      at_ = end;
      return false;
    }
    at_ += length;
    return true;
  }

  bool sequence_of(std::uint32_t tag, std::uint32_t length, std::size_t end, int depth, bool unknown) {
    if (depth >= most_depth) {
      count_ = most_elements;
      return false;
    }
    const bool was_explicit = explicit_;
    if (unknown) explicit_ = false;  // as the standard has it
    const bool of_interest = keep_ && (depth > 0 || tag == shared_groups || tag == frame_groups);
    const std::size_t last = length == undefined_length ? end : std::min<std::size_t>(end, at_ + length);
    bool first = true;
    while (at_ < last && has(8) && count_ < most_elements) {
      const std::uint32_t inner = u16(at_) << 16 | u16(at_ + 2);
      const std::uint32_t item_length = u32(at_ + 4);
      if (inner != item) {
        if (inner == sequence_end) at_ += 8;
        break;
      }
      at_ += 8;
      ++count_;
      const std::size_t item_last =
          item_length == undefined_length ? last : std::min<std::size_t>(last, at_ + item_length);
      elements(item_last, depth + 1, of_interest && first);
      if (item_length != undefined_length) {
        if (item_length > bytes_.size()) exhausted_ = true;
        at_ = item_last;
      }
      first = false;
    }
    explicit_ = was_explicit;
    if (length != undefined_length) {
      exhausted_ = exhausted_ || length > end;
      at_ = last;
    }
    return true;
  }

  void take(std::uint32_t tag, std::uint32_t length) {
    const bool meta = tag == 0x00020002;
    const auto as = meta ? As::text : wanted(tag).value_or(As::text);
    if ((!meta && !wanted(tag)) || length > most_value_bytes || length > bytes_.size() - at_) return;
    if (header_.values.contains(tag)) return;  // what stands outside of sequences comes first
    std::string& value = header_.values[tag];
    if (as == As::text) {
      value = trimmed(bytes_.substr(at_, length));
      return;
    }
    const std::size_t width = as == As::u16 ? 2 : 8;
    for (std::size_t n = 0; n + width <= length; n += width) {
      double number = u16(at_ + n);
      if (as == As::f64) {
        const std::uint64_t low = u32(at_ + n), high = u32(at_ + n + 4);
        number = std::bit_cast<double>(big_ ? low << 32 | high : high << 32 | low);
      }
      std::array<char, 40> digits{};
      const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
      value += (value.empty() ? "" : "\\") + std::string(digits.data(), written.ptr);
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0, count_ = 0;
  bool explicit_ = true, big_ = false, exhausted_ = false, keep_ = true;
  std::uint32_t last_ = 0;
  DicomHeader header_;
};

std::optional<double> as_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::string DicomHeader::text(std::uint32_t tag) const {
  const auto found = values.find(tag);
  return found == values.end() ? std::string() : one_line(found->second);
}

std::vector<std::string> DicomHeader::texts(std::uint32_t tag) const {
  std::vector<std::string> parts;
  const std::string all = text(tag);
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\\', begin), all.size());
    parts.emplace_back(trimmed(std::string_view(all).substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

std::vector<double> DicomHeader::numbers(std::uint32_t tag) const {
  std::vector<double> numbers;
  for (const auto& part : texts(tag)) {
    const auto number = as_number(part);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<double> DicomHeader::number(std::uint32_t tag) const {
  const auto parts = texts(tag);
  return parts.empty() ? std::nullopt : as_number(parts.front());
}

DicomParse parse_dicom_header(std::string_view bytes) {
  return Parser(bytes).parse();
}

}  // namespace wane
