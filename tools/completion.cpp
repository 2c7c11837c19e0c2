#include "tools/completion.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

#include "tools/command_table.h"

namespace wane {

namespace {

std::string long_and_short_names(const std::vector<const CLI::Option*>& options) {
  std::string names;
  for (const CLI::Option* each : options) {
    for (const auto& name : each->get_snames()) names += (names.empty() ? "-" : " -") + name;
    for (const auto& name : each->get_lnames()) names += (names.empty() ? "--" : " --") + name;
  }
  return names;
}

// Of those whose value is no file: bash offers nothing after them.
std::string names_with_other_values(const std::vector<const CLI::Option*>& options) {
  std::vector<const CLI::Option*> some;
  std::copy_if(options.begin(), options.end(), std::back_inserter(some), [](const CLI::Option* each) {
    return takes_value(*each) && value_name(*each) != "FILE" && value_name(*each) != "DIR" &&
           value_name(*each) != "TEXT";
  });
  return long_and_short_names(some);
}

void write_case(std::ostream& out, const CLI::App& command) {
  const std::string path = full_name(command);
  const auto options = shown_options(command, false);
  std::string commands;
  for (const CLI::App* each : shown_commands(command)) commands += (commands.empty() ? "" : " ") + each->get_name();
  out << "    \"" << path << "\")\n"
      << "      commands=\"" << commands << "\"\n"
      << "      options=\"" << long_and_short_names(options) << "\"\n"
      << "      numbers=\"" << names_with_other_values(options) << "\"\n"
      << "      ;;\n";
  for (const CLI::App* each : shown_commands(command)) write_case(out, *each);
}

void add_command_paths(std::string& paths, const CLI::App& command) {
  for (const CLI::App* each : shown_commands(command)) {
    paths += (paths.empty() ? "\"" : " | \"") + full_name(*each) + "\"";
    add_command_paths(paths, *each);
  }
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  const std::string name = program.get_name();
  std::string paths;
  add_command_paths(paths, program);
  std::ostringstream out;
  out << "# bash completion for " << name << ", made from its table of options\n"
      << "_" << name << "() {\n"
      << "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
      << "  local path=" << name << " commands options numbers i\n"
      << "  COMPREPLY=()\n"
      << "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      << "    case \"$path ${COMP_WORDS[i]}\" in\n"
      << "      " << paths << ") path+=\" ${COMP_WORDS[i]}\" ;;\n"
      << "    esac\n"
      << "  done\n"
      << "  case $path in\n";
  write_case(out, program);
  out << "  esac\n"
      << "  if [[ $word == -* ]]; then\n"
      << "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      << "  elif [[ \" $numbers \" == *\" $before \"* ]]; then\n"
      << "    compopt +o default +o bashdefault 2>/dev/null  # a number or a name, no file\n"
      << "  elif [[ -n $commands ]]; then\n"
      << "    COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
      << "  fi  # else bash offers files\n"
      << "}\n"
      << "complete -o bashdefault -o default -F _" << name << ' ' << name << '\n';
  return out.str();
}

}  // namespace wane
