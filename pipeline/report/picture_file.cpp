#include "pipeline/report/picture_file.h"

#include <vtkImageData.h>
#include <vtkImageResize.h>
#include <vtkJPEGWriter.h>
#include <vtkNew.h>
#include <vtkPNGReader.h>
#include <vtkPNGWriter.h>
#include <vtkSmartPointer.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text_file.h"
#include "pipeline/report/base64.h"

namespace wane {
namespace {

using Json = nlohmann::ordered_json;

// What the PNG's text calls the tiles of outlined visits.
constexpr const char* tiles_key = "wane outlined visits";

std::size_t row_bytes(const Picture& picture) {
  return std::size_t(picture.width) * 3;
}

// VTK counts rows from the bottom.
vtkSmartPointer<vtkImageData> as_vtk(const Picture& picture) {
  auto image = vtkSmartPointer<vtkImageData>::New();
  image->SetDimensions(picture.width, picture.height, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(&picture.rgb[std::size_t(y) * row_bytes(picture)], row_bytes(picture),
                static_cast<unsigned char*>(image->GetScalarPointer(0, picture.height - 1 - y, 0)));
  return image;
}

Picture from_vtk(vtkImageData* image) {
  const int* const size = image->GetDimensions();
  Picture picture{size[0], size[1], std::vector<std::uint8_t>(std::size_t(size[0]) * size[1] * 3)};
  int extent[6];
  image->GetExtent(extent);
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(static_cast<const unsigned char*>(image->GetScalarPointer(extent[0], extent[3] - y, extent[4])),
                row_bytes(picture), &picture.rgb[std::size_t(y) * row_bytes(picture)]);
  return picture;
}

std::string_view bytes_of(vtkUnsignedCharArray* bytes) {
  return {reinterpret_cast<const char*>(bytes->GetPointer(0)), static_cast<std::size_t>(bytes->GetNumberOfValues())};
}

std::string tiles_text(const std::vector<OutlinedVisit>& visits) {
  Json json = Json::array();
  for (const OutlinedVisit& visit : visits) {
    Json planes = Json::array();
    for (const PictureTile& tile : visit.planes) planes.push_back({tile.left, tile.top, tile.width, tile.height});
    json.push_back({{"name", visit.name}, {"planes", planes}});
  }
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::vector<OutlinedVisit> tiles_from(const std::string& text) {
  std::vector<OutlinedVisit> visits;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return visits;
  try {
    for (const Json& visit : json) {
      visits.push_back({visit.at("name"), {}});
      for (std::size_t plane = 0; plane < 3; ++plane) {
        const auto tile = visit.at("planes").at(plane).get<std::array<int, 4>>();
        visits.back().planes[plane] = {tile[0], tile[1], tile[2], tile[3]};
      }
    }
  } catch (const Json::exception&) {
    return {};  // another program's
  }
  return visits;
}

bool lies_in(const PictureTile& tile, const Picture& picture) {
  return tile.left >= 0 && tile.top >= 0 && tile.width > 0 && tile.height > 0 &&
         tile.width <= picture.width - tile.left && tile.height <= picture.height - tile.top;
}

}  // namespace

void write_png(const std::filesystem::path& file, const Picture& picture) {
  // VTK does not look whether the disk took the last of what it writes.
  vtkNew<vtkPNGWriter> writer;
  writer->WriteToMemoryOn();
  if (!picture.outlined_visits.empty()) writer->AddText(tiles_key, tiles_text(picture.outlined_visits).c_str());
  writer->SetInputData(as_vtk(picture));
  writer->Write();
  write_text_atomically(file, bytes_of(writer->GetResult()));
}

std::optional<Picture> read_png(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  vtkNew<vtkPNGReader> reader;
  if (reader->CanReadFile(file.c_str()) == 0) return std::nullopt;
  reader->SetFileName(file.c_str());
  reader->Update();
  vtkImageData* const image = reader->GetOutput();
  if (reader->GetErrorCode() != 0 || image->GetScalarType() != VTK_UNSIGNED_CHAR ||
      image->GetNumberOfScalarComponents() != 3)
    return std::nullopt;
  Picture picture = from_vtk(image);
  int found[2] = {0, 0};
  reader->GetTextChunks(tiles_key, found);
  if (found[1] > found[0]) picture.outlined_visits = tiles_from(reader->GetTextValue(found[0]));
  std::erase_if(picture.outlined_visits, [&](const OutlinedVisit& visit) {
    return !std::all_of(visit.planes.begin(), visit.planes.end(),
                        [&](const PictureTile& tile) { return lies_in(tile, picture); });
  });
  return picture;
}

Picture cut_out(const Picture& picture, const PictureTile& tile) {
  Picture part{tile.width, tile.height, std::vector<std::uint8_t>(std::size_t(tile.width) * tile.height * 3)};
  for (int y = 0; y < tile.height; ++y)
    std::copy_n(&picture.rgb[std::size_t(tile.top + y) * row_bytes(picture) + std::size_t(tile.left) * 3],
                row_bytes(part), &part.rgb[std::size_t(y) * row_bytes(part)]);
  return part;
}

Picture side_by_side(const std::vector<Picture>& pictures, int gap_pixels) {
  Picture all;
  for (const Picture& each : pictures) {
    all.width += each.width + (all.width > 0 ? gap_pixels : 0);
    all.height = std::max(all.height, each.height);
  }
  all.rgb.resize(row_bytes(all) * std::size_t(all.height));
  int left = 0;
  for (const Picture& each : pictures) {
    const int top = (all.height - each.height) / 2;
    for (int y = 0; y < each.height; ++y)
      std::copy_n(&each.rgb[std::size_t(y) * row_bytes(each)], row_bytes(each),
                  &all.rgb[std::size_t(top + y) * row_bytes(all) + std::size_t(left) * 3]);
    left += each.width + gap_pixels;
  }
  return all;
}

Picture at_most_as_wide(Picture picture, int widest_pixels) {
  if (picture.width <= widest_pixels) return picture;
  const int height = std::max(1, int(std::lround(double(picture.height) * widest_pixels / picture.width)));
  vtkNew<vtkImageResize> resize;
  resize->SetInputData(as_vtk(picture));
  resize->SetResizeMethodToOutputDimensions();
  resize->SetOutputDimensions(widest_pixels, height, 1);
  resize->SetNumberOfThreads(1);
  resize->Update();
  return from_vtk(resize->GetOutput());
}

std::string jpeg_data_uri(const Picture& picture) {
  constexpr int quality = 82;  // text in the pictures stays clear of blocks
  vtkNew<vtkJPEGWriter> writer;
  writer->WriteToMemoryOn();
  writer->SetQuality(quality);
  writer->SetInputData(as_vtk(picture));
  writer->Write();
  return "data:image/jpeg;base64," + base64(bytes_of(writer->GetResult()));
}

}  // namespace wane
