#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "imaging/error.h"
#include "imaging/nifti.h"
#include "pipeline/report/page_images.h"

namespace wane {

using Json = nlohmann::ordered_json;

namespace {

// What names of scanners and sequences are made of. Anything else might be free text, in which people write names.
bool looks_like_a_product(const std::string& text) {
  constexpr std::size_t most_letters = 40;
  constexpr std::string_view others = "_*+./ -";
  if (text.empty() || text.size() > most_letters) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

Json product(std::optional<std::string> text) {
  if (!text) return nullptr;
  // DICOM puts backslashes between several values: "GR\IR".
  std::replace(text->begin(), text->end(), '\\', '/');
  return looks_like_a_product(*text) ? Json(*text) : Json(nullptr);
}

Json sequence_of(const ScanSidecar& sidecar) {
  for (const auto* text : {&sidecar.pulse_sequence_type, &sidecar.sequence_name, &sidecar.scanning_sequence})
    if (const Json name = product(*text); !name.is_null()) return name;
  return nullptr;
}

Json field_strength_of(const ScanSidecar& sidecar) {
  constexpr double strongest_tesla = 20;
  const auto& tesla = sidecar.field_strength_tesla;
  return tesla && *tesla > 0 && *tesla <= strongest_tesla ? Json(*tesla) : Json(nullptr);
}

// Micrometers are enough, and what single precision makes of 0.9 is not shown.
double rounded_mm(double mm) {
  return double(std::llround(mm * 1000)) / 1000;
}

Json voxel_size_of(const std::filesystem::path& scan) {
  try {
    const Vec3 size = inspect_nifti(scan).grid.spacing_mm;
    return Json::array({rounded_mm(size[0]), rounded_mm(size[1]), rounded_mm(size[2])});
  } catch (const InputError&) {
    return nullptr;  // the report says what is wrong with it
  } catch (const ResourceError&) {
    return nullptr;
  }
}

}  // namespace

Json scan_facts_json(const DatasetParticipant& participant, const ParticipantReport& report) {
  Json facts = Json::array();
  for (const VisitRow& row : report.visits) {
    const auto visit = std::find_if(participant.visits.begin(), participant.visits.end(),
                                    [&](const DatasetVisit& each) { return each.session == row.session; });
    const DatasetVisit known = visit == participant.visits.end() ? DatasetVisit{} : *visit;
    facts.push_back({{"session", row.session},
                     {"acquired", known.acquired ? Json(*known.acquired) : Json(nullptr)},
                     {"manufacturer", product(known.sidecar.manufacturer)},
                     {"model", product(known.sidecar.model)},
                     {"field_strength_t", field_strength_of(known.sidecar)},
                     {"sequence", sequence_of(known.sidecar)},
                     {"voxel_size_mm", known.t1w.empty() ? Json(nullptr) : voxel_size_of(known.t1w)}});
  }
  return facts;
}

}  // namespace wane
