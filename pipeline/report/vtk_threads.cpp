// Compiled as C++17: the header of VTK 9.1 is not valid C++20 (constructors of template specializations).
#include "pipeline/report/vtk_threads.h"

#include <vtkSMPTools.h>

#include <mutex>

namespace wane {

void use_no_threads_of_vtk() {
  static std::once_flag once;
  std::call_once(once, [] { vtkSMPTools::SetBackend("Sequential"); });
}

}  // namespace wane
