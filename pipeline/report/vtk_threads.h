#pragma once

namespace wane {

// VTK's filters start threads of their own beside those that --threads allows; after this, those of this process do
// not. May be called often and from several threads.
void use_no_threads_of_vtk();

}  // namespace wane
