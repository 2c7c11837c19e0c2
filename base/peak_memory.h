// How much of the machine's memory this process took at most.
#pragma once

namespace wane {

// Counts anew from what is in use now. False where the kernel does not allow it (/proc/self/clear_refs cannot be
// written): the count then goes on.
bool restart_peak_memory();

// In MiB, resident, since the process began or the count was last restarted. 0 where the kernel does not say.
double peak_memory_mib();

}  // namespace wane
