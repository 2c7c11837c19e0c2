#include "pipeline/run/output_options.h"

#include <array>

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
  require_allowed_options("", *this);
}

OptionFields option_fields(OutputOptions& options) {
  std::vector<std::string> names;
  for (const DerivativesKept kept : all_kept) names.emplace_back(name_of(kept));
  return {
      {"derivatives",
       "",
       "how many images of each participant are kept: minimal (what the pages are made of), standard (also masks and "
       "images to look at), full (also maps for further analysis)",
       &options.derivatives,
       {},
       {},
       OptionKind::user,
       names},
  };
}

}  // namespace wane
