// The configuration of a run: what was set comes back when it is written out.
#include "pipeline/run/config.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "fuzz/properties.h"

using namespace wane;

namespace {

// The options of the stages need all of Wane; a section with a field of each type stands for them.
struct Options {
  DatasetOptions dataset;
  GroupOptions group;
  bool yes = false;
  int iterations = 30;
  double spacing_mm = 1;
  std::string name;

  std::vector<OptionSection> sections() {
    return {{"dataset", "", option_fields(dataset)},
            {"group", "", option_fields(group)},
            {"align",
             "",
             {{"yes", "", "", &yes},
              {"iterations", "", "", &iterations},
              {"spacing_mm", "mm", "", &spacing_mm},
              {"name", "", "", &name}}}};
  }

  nlohmann::json json() {
    nlohmann::json json;
    for (const auto& section : sections())
      for (const auto& field : section.fields)
        std::visit([&](const auto* value) { json[section.name][field.name] = *value; }, field.value);
    return json;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  const bool set = fuzz::accepted(
      [&] { set_options(parse_config(fuzz::text_of(data, size), "config.json"), "config.json", options.sections()); });
  if (!set) return 0;
  fuzz::accepted([&] { options.dataset.validate(); });
  fuzz::accepted([&] { options.group.validate(); });
  Options again;
  set_options(parse_config(options.json().dump(), "again.json"), "again.json", again.sections());
  fuzz::require(again.json() == options.json(), "options come back as they were written");
  return 0;
}
