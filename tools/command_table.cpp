#include "tools/command_table.h"

namespace wane {

std::vector<const CLI::App*> shown_commands(const CLI::App& command) {
  std::vector<const CLI::App*> shown;
  for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty()) shown.push_back(each);
  return shown;
}

bool is_positional(const CLI::Option& option) {
  return option.get_snames().empty() && option.get_lnames().empty();
}

std::vector<const CLI::Option*> shown_options(const CLI::App& command, bool positional) {
  std::vector<const CLI::Option*> shown;
  for (const CLI::Option* each : command.get_options())
    if (!each->get_group().empty() && is_positional(*each) == positional) shown.push_back(each);
  return shown;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + command.get_name();
}

std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

bool takes_value(const CLI::Option& option) {
  return option.get_type_size() != 0;
}

}  // namespace wane
