#include "pipeline/import/series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/letters.h"
#include "base/natural_order.h"
#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

std::optional<Vector> normal_of(const DicomHeader& header) {
  const auto o = header.numbers(dicom::image_orientation);
  if (o.size() != 6) return std::nullopt;
  return Vector{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
}

constexpr std::array dates{dicom::study_date, dicom::acquisition_date, dicom::series_date, dicom::content_date};

std::optional<int> day_of(const DicomHeader& header) {
  for (const auto tag : dates)
    if (const auto day = plausible_day(header.text(tag), clock_day())) return day;
  return std::nullopt;
}

void add_places(const std::vector<const DicomHeader*>& headers, SeriesFacts& facts) {
  std::vector<Vector> normals;           // of the different orientations
  std::map<long, std::size_t> count_at;  // by place in steps of 0.01 mm
  std::vector<double> places;
  constexpr double same_direction = 0.98;  // within 11 degrees
  for (const auto* header : headers) {
    const auto normal = normal_of(*header);
    const auto position = header->numbers(dicom::image_position);
    if (!normal || position.size() != 3) return;
    const bool known = std::any_of(normals.begin(), normals.end(),
                                   [&](const Vector& n) { return std::abs(dot(n, *normal)) > same_direction; });
    if (!known) normals.push_back(*normal);
    const double place = dot(normals.front(), {position[0], position[1], position[2]});
    if (!std::isfinite(place) || std::abs(place) > 1e6) return;
    if (++count_at[std::lround(place * 100)] == 1) places.push_back(place);
  }
  if (places.empty()) return;
  facts.orientations = normals.size();
  for (const auto& [place, count] : count_at) facts.volumes = std::max(facts.volumes, count);
  if (facts.orientations > 1 || places.size() < 2) return;
  facts.missing_slices = missing_between(places);
  const auto [low, high] = std::minmax_element(places.begin(), places.end());
  const double step = (*high - *low) / double(places.size() - 1 + facts.missing_slices);
  facts.coverage_mm = *high - *low + step;
  facts.slice_thickness_mm = std::max(facts.slice_thickness_mm.value_or(0), step);
}

// What places cannot show: slices that are missing at an end.
std::size_t missing_by_number(const std::vector<const DicomHeader*>& headers) {
  std::set<long> numbers;
  std::size_t made = 0;
  for (const auto* header : headers) {
    const auto number = header->number(dicom::instance_number);
    if (!number || std::abs(*number) > 1e6) return 0;
    numbers.insert(std::lround(*number));
    made = std::max(made, std::size_t(std::clamp(header->number(dicom::images_in_acquisition).value_or(0), 0., 1e6)));
  }
  if (numbers.size() != headers.size() || numbers.size() < 2) return 0;
  const std::size_t from_first = std::size_t(*numbers.rbegin() - *numbers.begin() + 1) - numbers.size();
  // Numbers that go on in steps of two or more count something else.
  const std::size_t holes = from_first >= numbers.size() - 1 ? 0 : from_first;
  return std::max(holes, made > headers.size() && made < 2 * headers.size() ? made - headers.size() : 0);
}

SeriesFacts facts_of(const std::vector<const DicomHeader*>& headers) {
  const DicomHeader& first = *headers.front();
  SeriesFacts facts;
  facts.modality = first.text(dicom::modality);
  facts.description = first.text(dicom::series_description);
  facts.protocol = first.text(dicom::protocol_name);
  facts.sequence_name = first.text(dicom::sequence_name);
  if (facts.sequence_name.empty()) facts.sequence_name = first.text(dicom::pulse_sequence_name);
  facts.scanning_sequence = first.text(dicom::scanning_sequence);
  facts.sequence_variant = first.text(dicom::sequence_variant);
  facts.acquisition_type = first.text(dicom::acquisition_type);
  facts.image_type = first.texts(dicom::image_type);
  facts.complex_component = first.text(dicom::complex_component);
  facts.repetition_time_ms = first.number(dicom::repetition_time);
  facts.echo_time_ms = first.number(dicom::echo_time);
  if (!facts.echo_time_ms) facts.echo_time_ms = first.number(dicom::effective_echo_time);
  facts.inversion_time_ms = first.number(dicom::inversion_time);
  if (!facts.inversion_time_ms) facts.inversion_time_ms = first.number(dicom::inversion_times);
  facts.flip_angle_degrees = first.number(dicom::flip_angle);
  facts.slice_thickness_mm = first.number(dicom::slice_thickness);
  facts.angiography = first.text(dicom::angio_flag) == "Y";
  facts.diffusion = first.number(dicom::b_value).value_or(0) > 0;
  facts.contrast_agent = names_contrast_agent(first.text(dicom::contrast_agent));
  facts.has_image = first.number(dicom::rows).value_or(0) > 0;
  for (const auto* header : headers)
    facts.images += std::size_t(std::clamp(header->number(dicom::number_of_frames).value_or(1), 1., 1e6));
  if (facts.images == headers.size()) {
    add_places(headers, facts);
    if (facts.orientations == 1 && facts.volumes == 1)
      facts.missing_slices = std::max(facts.missing_slices, missing_by_number(headers));
  }
  return facts;
}

Series series_from(std::vector<DicomFile>& files) {
  std::sort(files.begin(), files.end(), [](const DicomFile& a, const DicomFile& b) {
    const double na = a.header.number(dicom::instance_number).value_or(0);
    const double nb = b.header.number(dicom::instance_number).value_or(0);
    return na != nb ? na < nb : a.relative < b.relative;
  });
  Series series;
  std::set<std::string> instances;
  std::vector<const DicomHeader*> headers;
  for (const auto& file : files) {
    const std::string instance = file.header.text(dicom::sop_instance);
    if (!instance.empty() && !instances.insert(instance).second) {
      ++series.duplicates;
      continue;
    }
    series.files.push_back(file.file);
    headers.push_back(&file.header);
    if (series.first.empty() || natural_less(file.relative.generic_string(), series.first.generic_string()))
      series.first = file.relative;
  }
  const DicomHeader& first = *headers.front();
  series.facts = facts_of(headers);
  series.patient_id = first.text(dicom::patient_id);
  series.patient_name = first.text(dicom::patient_name);
  series.birth_date = first.text(dicom::birth_date);
  series.sex = first.text(dicom::sex);
  series.study_uid = first.text(dicom::study_uid);
  series.series_uid = first.text(dicom::series_uid);
  series.series_number = int(std::clamp(first.number(dicom::series_number).value_or(0), -1e9, 1e9));
  series.day = day_of(first);
  for (const auto* header : headers)
    for (const auto tag : dates)
      if (const auto day = plausible_day(header->text(tag), clock_day())) series.days.insert(*day);
  series.time = first.text(dicom::acquisition_time);
  if (series.time.empty()) series.time = first.text(dicom::study_time);
  series.device_serial_number = first.text(dicom::device_serial_number);
  return series;
}

}  // namespace

std::optional<int> plausible_day(const std::string& date, int today) {
  constexpr int first_scanners = 3652;  // 1980-01-01
  const auto day = calendar_day(date);
  return day && *day >= first_scanners && *day <= today ? day : std::nullopt;
}

std::set<int> days_of(const Series& series) {
  std::set<int> days = series.days;
  if (series.day) days.insert(*series.day);
  return days;
}

bool names_contrast_agent(const std::string& text) {
  std::string letters = lower_case(text);
  std::erase_if(letters, [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80);
  });
  for (const char* none : {"", "no", "none", "na", "nil", "null", "false", "0", "without", "nocontrast", "nonegiven"})
    if (letters == none) return false;
  return true;
}

std::size_t missing_between(std::vector<double> positions) {
  if (positions.size() < 3) return 0;
  std::sort(positions.begin(), positions.end());
  std::vector<double> steps;
  for (std::size_t n = 1; n < positions.size(); ++n) steps.push_back(positions[n] - positions[n - 1]);
  std::vector<double> sorted = steps;
  std::sort(sorted.begin(), sorted.end());
  const double step = sorted[sorted.size() / 2];
  if (step <= 0) return 0;
  std::size_t missing = 0;
  constexpr double hole = 1.5;  // steps; positions are rounded to a hundredth of a mm
  for (const double each : steps)
    if (each > hole * step) missing += std::size_t(std::lround(std::min(each / step, 1e6))) - 1;
  return missing;
}

std::vector<Series> series_of(std::vector<DicomFile> files) {
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, std::vector<DicomFile>> groups;
  for (auto& file : files) {
    const DicomHeader& header = file.header;
    std::string uid = header.text(dicom::series_uid);
    if (uid.empty()) uid = "folder " + file.relative.parent_path().generic_string();
    groups[{header.text(dicom::patient_id), header.text(dicom::patient_name), header.text(dicom::birth_date), uid}]
        .push_back(std::move(file));
  }
  std::vector<Series> all;
  for (auto& [key, group] : groups) all.push_back(series_from(group));
  std::stable_sort(all.begin(), all.end(), [](const Series& a, const Series& b) {
    const auto folder_a = a.first.parent_path().generic_string(), folder_b = b.first.parent_path().generic_string();
    if (folder_a != folder_b) return natural_less(folder_a, folder_b);
    if (a.series_number != b.series_number) return a.series_number < b.series_number;
    return natural_less(a.first.generic_string(), b.first.generic_string());
  });
  return all;
}

}  // namespace wane
