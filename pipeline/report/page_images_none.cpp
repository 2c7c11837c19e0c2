// No images yet: stands in until page_images.cpp is there.
#include <nlohmann/json.hpp>

#include "pipeline/report/page_images.h"

namespace wane {

nlohmann::ordered_json viewer_json(const std::filesystem::path&, const ParticipantReport&) {
  return nullptr;
}

nlohmann::ordered_json scan_facts_json(const DatasetParticipant& participant, const ParticipantReport& report) {
  auto facts = nlohmann::ordered_json::array();
  for (const auto& visit : report.visits)
    facts.push_back({{"session", visit.session},
                     {"acquired", nullptr},
                     {"manufacturer", nullptr},
                     {"model", nullptr},
                     {"field_strength_t", nullptr},
                     {"sequence", nullptr},
                     {"voxel_size_mm", nullptr}});
  static_cast<void>(participant);
  return facts;
}

std::string picture_data_uri(const std::filesystem::path&, int) {
  return "";
}

std::string quality_picture_data_uri(const std::filesystem::path&, const ParticipantReport&, const std::string&, int) {
  return "";
}

}  // namespace wane
