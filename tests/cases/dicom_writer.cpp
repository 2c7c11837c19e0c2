#include "tests/cases/dicom_writer.h"

#include <fmt/format.h>
#include <gdcmDataElement.h>
#include <gdcmDict.h>
#include <gdcmDicts.h>
#include <gdcmFile.h>
#include <gdcmGlobal.h>
#include <gdcmTag.h>
#include <gdcmVR.h>
#include <gdcmWriter.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace wane::cases {
namespace {

namespace fs = std::filesystem;

constexpr int size = 48;  // of a slice
constexpr double pixel_mm = 5;
constexpr int air = 3, head = 600;

void put(gdcm::DataSet& data, std::uint32_t tag, std::string text) {
  const gdcm::Tag place(std::uint16_t(tag >> 16), std::uint16_t(tag & 0xffff));
  gdcm::DataElement element(place);
  element.SetVR(gdcm::Global::GetInstance().GetDicts().GetDictEntry(place).GetVR());
  if (text.size() % 2 == 1) text += element.GetVR() == gdcm::VR::UI ? '\0' : ' ';
  element.SetByteValue(text.data(), gdcm::VL(std::uint32_t(text.size())));
  data.Replace(element);
}

void put_number(gdcm::DataSet& data, std::uint32_t tag, std::uint16_t number) {
  gdcm::DataElement element(gdcm::Tag(std::uint16_t(tag >> 16), std::uint16_t(tag & 0xffff)));
  element.SetVR(gdcm::VR::US);
  element.SetByteValue(reinterpret_cast<const char*>(&number), gdcm::VL(2));
  data.Replace(element);
}

// LPS mm around the middle of the head, of which the vertex is at z = 80.
bool in_head(double x, double y, double z, bool face) {
  const auto within = [](double a, double b, double c) { return a * a + b * b + c * c < 1; };
  const bool skull = within(x / 72, y / 92, z / 80);
  const bool jaw = z < -20 && z > -100 && std::abs(x) < 55 && y > -80 && y < 40;
  const bool nose = z < -25 && z > -60 && std::abs(x) < 14 && y > -112 && y < 0;
  const bool cut = !face && z < 0 && y < -45;
  return (skull || jaw || nose) && !cut;
}

// Sagittal slices from right to left; rows run down, columns to the back. Values have a pattern, so that no slice is
// like another.
std::vector<std::uint16_t> slice(const MadeSeries& series, double x) {
  std::vector<std::uint16_t> pixels;
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      const double y = (column - size / 2) * pixel_mm, z = (size / 2 - row) * pixel_mm;
      const int value = in_head(x, y, z - 20, series.face) ? head + int(x) + (row * 7 + column * 3) % 40
                                                           : air + (row * 5 + column * 11) % 4;
      pixels.push_back(std::uint16_t(value));
    }
  return pixels;
}

std::string orientation(const MadeSeries& series, int n) {
  if (!series.three_planes || n % 3 == 0) return "0\\1\\0\\0\\0\\-1";
  return n % 3 == 1 ? "1\\0\\0\\0\\1\\0" : "1\\0\\0\\0\\0\\-1";
}

void write_slice(const fs::path& file, const MadeSeries& series, int n) {
  gdcm::Writer writer;
  gdcm::DataSet& data = writer.GetFile().GetDataSet();
  const std::string series_uid = fmt::format("{}.{}", series.study_uid, series.number);
  const std::string instance_uid = fmt::format("{}.{}", series_uid, n + 1);
  const double x = (n - (series.slices - 1) / 2.) * series.slice_mm;
  put(data, 0x00080008, series.image_type);
  put(data, 0x00080016, "1.2.840.10008.5.1.4.1.1.4");
  put(data, 0x00080018, instance_uid);
  if (!series.study_date.empty()) {
    put(data, 0x00080020, series.study_date);
    put(data, 0x00080022, series.study_date);
  }
  put(data, 0x00080030, "101500");
  put(data, 0x00080032, fmt::format("10{:02}00", 15 + series.number % 40));
  put(data, 0x00080060, "MR");
  put(data, 0x00080070, "SIEMENS");
  put(data, 0x00080080, "Hospital of Somewhere");
  put(data, 0x00081030, "Head");
  put(data, 0x0008103e, series.description);
  put(data, 0x00081090, "Prisma");
  put(data, 0x00100010, series.patient_name);
  put(data, 0x00100020, series.patient_id);
  put(data, 0x00100030, series.birth_date);
  put(data, 0x00100040, series.sex);
  if (!series.contrast_agent.empty()) put(data, 0x00180010, series.contrast_agent);
  put(data, 0x00180020, series.scanning_sequence);
  put(data, 0x00180023, series.acquisition_type);
  put(data, 0x00180050, fmt::format("{}", series.slice_mm));
  put(data, 0x00180080, fmt::format("{}", series.tr_ms));
  put(data, 0x00180081, fmt::format("{}", series.te_ms));
  if (series.ti_ms > 0) put(data, 0x00180082, fmt::format("{}", series.ti_ms));
  put(data, 0x00180087, "3");
  put(data, 0x00181000, "166123");
  put(data, 0x00181030, series.description);
  put(data, 0x00181314, fmt::format("{}", series.flip_degrees));
  put(data, 0x00185100, "HFS");
  put(data, 0x0020000d, series.study_uid);
  put(data, 0x0020000e, series_uid);
  put(data, 0x00200011, std::to_string(series.number));
  put(data, 0x00200012, "1");
  put(data, 0x00200013, std::to_string(n + 1));
  put(data, 0x00200032, fmt::format("{}\\{}\\{}", x, -size / 2 * pixel_mm, size / 2 * pixel_mm));
  put(data, 0x00200037, orientation(series, n));
  put(data, 0x00204000, "comment about Jane");
  put_number(data, 0x00280002, 1);
  put(data, 0x00280004, "MONOCHROME2");
  put_number(data, 0x00280010, size);
  put_number(data, 0x00280011, size);
  put(data, 0x00280030, fmt::format("{}\\{}", pixel_mm, pixel_mm));
  put_number(data, 0x00280100, 16);
  put_number(data, 0x00280101, 16);
  put_number(data, 0x00280102, 15);
  put_number(data, 0x00280103, 0);
  for (const auto& [tag, text] : series.more) put(data, tag, text);
  const auto pixels = slice(series, x);
  gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010));
  element.SetVR(gdcm::VR::OW);
  element.SetByteValue(reinterpret_cast<const char*>(pixels.data()), gdcm::VL(std::uint32_t(pixels.size() * 2)));
  data.Insert(element);
  gdcm::FileMetaInformation& head_of_file = writer.GetFile().GetHeader();
  head_of_file.SetDataSetTransferSyntax(series.implicit ? gdcm::TransferSyntax::ImplicitVRLittleEndian
                                                        : gdcm::TransferSyntax::ExplicitVRLittleEndian);
  writer.SetFileName(file.c_str());
  if (!writer.Write()) throw std::runtime_error("GDCM cannot write " + file.string());
}

}  // namespace

void write_series(const fs::path& folder, const MadeSeries& series) {
  fs::create_directories(folder);
  for (int n = 0; n < series.slices; ++n)
    if (!series.missing.contains(n)) write_slice(folder / fmt::format("IM{:03}{:04}", series.number, n), series, n);
}

MadeSeries as_flair(MadeSeries series) {
  series.description = "t2_space_dark-fluid_sag";
  series.scanning_sequence = "SE\\IR";
  series.tr_ms = 5000;
  series.te_ms = 386;
  series.ti_ms = 1800;
  series.flip_degrees = 120;
  return series;
}

MadeSeries as_localizer(MadeSeries series) {
  series.description = "AAHead_Scout";
  series.image_type = "ORIGINAL\\PRIMARY\\M\\ND";
  series.scanning_sequence = "GR";
  series.tr_ms = 8;
  series.te_ms = 3.5;
  series.ti_ms = 0;
  series.three_planes = true;
  series.slices = 9;
  return series;
}

}  // namespace wane::cases
