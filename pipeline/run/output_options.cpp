#include "pipeline/run/output_options.h"

#include <array>

#include "base/error.h"

namespace wane {

namespace {

constexpr std::array all_kept = {DerivativesKept::minimal, DerivativesKept::standard, DerivativesKept::full};

}  // namespace

const char* name_of(DerivativesKept kept) {
  switch (kept) {
    case DerivativesKept::minimal:
      return "minimal";
    case DerivativesKept::standard:
      return "standard";
    case DerivativesKept::full:
      return "full";
  }
  return "";
}

std::optional<DerivativesKept> derivatives_named(const std::string& name) {
  for (const DerivativesKept kept : all_kept)
    if (name == name_of(kept)) return kept;
  return std::nullopt;
}

void OutputOptions::validate() const {
  if (!derivatives_named(derivatives))
    throw UsageError("--derivatives is '" + derivatives +
                     "', but it has to be one of: minimal, standard, full (docs/outputs.md, \"How much is kept\").");
}

OptionFields option_fields(OutputOptions& options) {
  return {
      {"derivatives", "",
       "how many images of each participant are kept: minimal (what the pages are made of), standard (also masks and "
       "images to look at), full (also maps for further analysis)",
       &options.derivatives},
  };
}

}  // namespace wane
