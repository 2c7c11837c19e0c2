// Measured changes beside planted ones, as `wane validate --out OUT --truth DIR` prints them.
#pragma once

#include <string>

#include "pipeline/validation/validation_report.h"

namespace wane {

// A table of the brain and gray matter change from the first to each later visit, what is missing, a line of figures
// for each tissue, and the dose groups' means with whether they come in the planted order.
std::string truth_text(const ValidationReport& report);

}  // namespace wane
