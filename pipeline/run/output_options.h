// How much of a participant's images is kept in OUT (docs/outputs.md, "How much is kept").
#pragma once

#include <optional>
#include <string>

#include "base/option_field.h"

namespace wane {

// Each holds at least what the one before it holds, as exactly.
// minimal: the report, and what its page is made of. standard: also the images that people look at and take masks from.
// full: also what is needed to analyze images further.
enum class DerivativesKept { minimal, standard, full };

const char* name_of(DerivativesKept kept);
std::optional<DerivativesKept> derivatives_named(const std::string& name);

struct OutputOptions {
  std::string derivatives = "full";
  void validate() const;  // throws UsageError
};
OptionFields option_fields(OutputOptions& options);

}  // namespace wane
