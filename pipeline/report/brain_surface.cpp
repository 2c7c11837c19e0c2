#include "pipeline/report/brain_surface.h"

#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkIdList.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataReader.h>
#include <vtkPolyDataWriter.h>
#include <vtkQuadricDecimation.h>
#include <vtkSmartPointer.h>
#include <vtkWindowedSincPolyDataFilter.h>

#include <algorithm>
#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text_file.h"
#include "imaging/morphology.h"
#include "imaging/resample.h"
#include "pipeline/report/vtk_threads.h"

namespace wane {
namespace {

constexpr float border = 0.5F;

// The part of the grid that holds the brain, with room around it, so that the surface is closed.
Volume solid_brain(const Volume& parenchyma) {
  const Mask brain = holes_filled(largest_component(threshold(parenchyma, border)));
  Box box = bounding_box(brain);
  if (box.empty()) return {};
  constexpr int room_voxels = 2;
  Grid grid = brain.grid;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] -= room_voxels;
    grid.size[axis] = box.high[axis] + room_voxels - box.low[axis] + 1;
  }
  grid.origin_mm = brain.grid.index_to_lps() * Vec3(box.low[0], box.low[1], box.low[2]);
  // Beyond one voxel from the brain the map is set to 0: what is there is no part of it.
  const Mask near = dilated(brain, grid.spacing_mm.maxCoeff() * 1.01);
  Volume solid(grid);
  const auto& size = brain.grid.size;
  parallel_for(std::size_t(grid.size[2]), [&](std::size_t slice) {
    const int k = int(slice) + box.low[2];
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const int x = i + box.low[0], y = j + box.low[1];
        const bool inside = x >= 0 && y >= 0 && k >= 0 && x < size[0] && y < size[1] && k < size[2];
        if (!inside || !near.at(x, y, k)) continue;
        const float value = parenchyma.at(x, y, k);
        // What touches the brain and is not of it stays below one half; ventricles count as full.
        solid.at(i, j, int(slice)) = brain.at(x, y, k) ? (value >= border ? value : 1.F) : std::min(value, 0.49F);
      }
  });
  return solid;
}

// Millimetres along the grid's axes from its first voxel: VTK knows no direction here.
vtkSmartPointer<vtkImageData> as_vtk(const Volume& volume) {
  auto image = vtkSmartPointer<vtkImageData>::New();
  const Grid& grid = volume.grid;
  image->SetDimensions(grid.size[0], grid.size[1], grid.size[2]);
  image->SetSpacing(grid.spacing_mm[0], grid.spacing_mm[1], grid.spacing_mm[2]);
  vtkNew<vtkFloatArray> values;
  values->SetArray(const_cast<float*>(volume.values.data()), vtkIdType(volume.size()), 1);  // a view; 1: not its own
  image->GetPointData()->SetScalars(values);
  return image;
}

vtkSmartPointer<vtkPolyData> smooth_surface(const Volume& solid, int most_triangles) {
  vtkNew<vtkFlyingEdges3D> edges;
  const auto image = as_vtk(solid);
  edges->SetInputData(image);
  edges->SetValue(0, border);
  edges->ComputeNormalsOff();
  edges->ComputeGradientsOff();
  edges->ComputeScalarsOff();
  vtkNew<vtkWindowedSincPolyDataFilter> smoothing;
  smoothing->SetInputConnection(edges->GetOutputPort());
  // Steps of voxels go, gyri stay.
  constexpr int iterations = 15;
  constexpr double pass_band = 0.1;
  smoothing->SetNumberOfIterations(iterations);
  smoothing->SetPassBand(pass_band);
  smoothing->NormalizeCoordinatesOn();
  smoothing->BoundarySmoothingOff();
  smoothing->FeatureEdgeSmoothingOff();
  smoothing->NonManifoldSmoothingOn();
  smoothing->Update();
  const vtkIdType triangles = smoothing->GetOutput()->GetNumberOfCells();
  if (triangles <= most_triangles) return smoothing->GetOutput();
  vtkNew<vtkQuadricDecimation> fewer;
  fewer->SetInputConnection(smoothing->GetOutputPort());
  fewer->SetTargetReduction(1 - double(most_triangles) / double(triangles));
  fewer->VolumePreservationOn();
  fewer->Update();
  return fewer->GetOutput();
}

// Six times the volume inside; negative where corners run clockwise.
double signed_volume(const BrainSurface& surface) {
  double sum = 0;
  const auto point = [&](std::int32_t n) {
    const auto& p = surface.points_ras_mm[std::size_t(n)];
    return Vec3(p[0], p[1], p[2]);
  };
  for (const auto& t : surface.triangles) sum += point(t[0]).dot(point(t[1]).cross(point(t[2])));
  return sum;
}

BrainSurface taken_from(vtkPolyData* mesh) {
  BrainSurface surface;
  for (vtkIdType n = 0; n < mesh->GetNumberOfPoints(); ++n) {
    double p[3];
    mesh->GetPoint(n, p);
    surface.points_ras_mm.push_back({float(p[0]), float(p[1]), float(p[2])});
  }
  vtkNew<vtkIdList> corners;
  vtkCellArray* const cells = mesh->GetPolys();
  for (cells->InitTraversal(); cells->GetNextCell(corners);) {
    if (corners->GetNumberOfIds() != 3) continue;
    surface.triangles.push_back(
        {std::int32_t(corners->GetId(0)), std::int32_t(corners->GetId(1)), std::int32_t(corners->GetId(2))});
  }
  return surface;
}

void move_to_ras(BrainSurface& surface, const Grid& grid) {
  for (auto& point : surface.points_ras_mm) {
    const Vec3 lps = grid.origin_mm + grid.direction * Vec3(point[0], point[1], point[2]);
    point = {float(-lps[0]), float(-lps[1]), float(lps[2])};
  }
  if (signed_volume(surface) >= 0) return;
  for (auto& triangle : surface.triangles) std::swap(triangle[1], triangle[2]);
}

vtkSmartPointer<vtkPolyData> as_vtk(const SurfaceFile& file) {
  auto mesh = vtkSmartPointer<vtkPolyData>::New();
  vtkNew<vtkPoints> points;
  points->SetDataTypeToFloat();
  for (const auto& p : file.surface.points_ras_mm) points->InsertNextPoint(p[0], p[1], p[2]);
  vtkNew<vtkCellArray> cells;
  for (const auto& t : file.surface.triangles) {
    const vtkIdType corners[] = {t[0], t[1], t[2]};
    cells->InsertNextCell(3, corners);
  }
  mesh->SetPoints(points);
  mesh->SetPolys(cells);
  for (const VertexValues& each : file.values) {
    vtkNew<vtkFloatArray> values;
    values->SetName(each.name.c_str());
    for (const float value : each.values) values->InsertNextValue(value);
    mesh->GetPointData()->AddArray(values);
  }
  return mesh;
}

}  // namespace

BrainSurface brain_surface(const Volume& parenchyma, int most_triangles) {
  use_no_threads_of_vtk();
  // Triangles are 3 mm wide in the end: finer voxels would cost seconds and show no more.
  constexpr double finest_voxel_mm = 2.0;
  const Volume solid = solid_brain(downsampled(parenchyma, finest_voxel_mm));
  if (solid.empty()) return {};
  BrainSurface surface = taken_from(smooth_surface(solid, most_triangles));
  move_to_ras(surface, solid.grid);
  return surface;
}

std::vector<float> values_at_vertices(const BrainSurface& surface, const Volume& map) {
  const LinearSampler sample(map);
  const Affine to_index = map.grid.lps_to_index();
  std::vector<float> values;
  values.reserve(surface.points_ras_mm.size());
  for (const auto& p : surface.points_ras_mm) {
    const Vec3 index = to_index * Vec3(-p[0], -p[1], p[2]);
    values.push_back(sample(float(index[0]), float(index[1]), float(index[2])));
  }
  return values;
}

void write_surface(const std::filesystem::path& file, const SurfaceFile& surface) {
  vtkNew<vtkPolyDataWriter> writer;
  writer->SetInputData(as_vtk(surface));
  // The version that all readers know; its second line tells 3D Slicer how to take the points.
  writer->SetFileVersion(vtkDataWriter::VTK_LEGACY_READER_VERSION_4_2);
  writer->SetHeader("Brain surface in midpoint space; SPACE=RAS");
  writer->SetFileTypeToBinary();
  writer->WriteToOutputStringOn();
  if (writer->Write() == 0) throw ResourceError("VTK could not make '" + file.string() + "'; is there enough memory?");
  write_text_atomically(file, writer->GetOutputStdString());
}

SurfaceFile read_surface(const std::filesystem::path& file) {
  constexpr std::size_t most_bytes = std::size_t(1) << 28;
  const std::string bytes = read_text_file(file, most_bytes);
  if (!bytes.starts_with("# vtk DataFile"))
    throw InputError("'" + file.string() + "' is no VTK surface; measure the participant again.");
  vtkNew<vtkPolyDataReader> reader;
  reader->ReadFromInputStringOn();
  reader->SetBinaryInputString(bytes.data(), int(bytes.size()));
  reader->Update();
  vtkPolyData* const mesh = reader->GetOutput();
  SurfaceFile result{taken_from(mesh), {}};
  if (result.surface.empty())
    throw InputError("'" + file.string() + "' holds no triangles; measure the participant again.");
  for (int n = 0; n < mesh->GetPointData()->GetNumberOfArrays(); ++n) {
    vtkDataArray* const values = mesh->GetPointData()->GetArray(n);
    if (!values || values->GetNumberOfComponents() != 1) continue;
    result.values.push_back({values->GetName() ? values->GetName() : "", {}});
    for (vtkIdType v = 0; v < values->GetNumberOfTuples(); ++v)
      result.values.back().values.push_back(float(values->GetComponent(v, 0)));
  }
  return result;
}

}  // namespace wane
