#include "tools/manual.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <sstream>

#include "tools/command_table.h"

namespace wane {

namespace {

// Lines of a footer that are longer than this were broken by hand to fit a screen: they go on in the next line.
constexpr std::size_t kLongestUnbrokenLine = 90;

// In the order in which they first appear.
std::vector<std::string> groups_of(const std::vector<const CLI::Option*>& options) {
  std::vector<std::string> groups;
  for (const CLI::Option* each : options)
    if (std::find(groups.begin(), groups.end(), each->get_group()) == groups.end()) groups.push_back(each->get_group());
  return groups;
}

// "wane-run"
std::string page_name(const CLI::App& command) {
  std::string name = full_name(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Text that roff prints as it is. Hyphens become minus signs, so that options can be copied from the page.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  if (!escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'')) escaped.insert(0, "\\&");
  return escaped;
}

std::string bold(const std::string& text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string with_period(std::string text) {
  if (!text.empty() && std::string(".!?").find(text.back()) == std::string::npos) text += '.';
  return text;
}

std::string with_small_first_letter(std::string text) {
  const bool is_word = text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]));
  if (is_word) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string with_capital_first_letter(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

// What follows the name of the value in "INT:INT in [1 - 200]": "[1 - 200]".
std::string value_range(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto colon = type.find(':');
  if (colon == std::string::npos) return "";
  const std::string range = type.substr(colon + 1);
  const std::string before = value_name(option) + " in ";
  return range.starts_with(before) ? range.substr(before.size()) : range;
}

bool takes_many(const CLI::Option& option) {
  return option.get_expected_max() >= CLI::detail::expected_max_vector_size;
}

std::string tag_of(const CLI::Option& option) {
  if (is_positional(option)) return italic(option.get_name(true)) + (takes_many(option) ? " ..." : "");
  std::string tag;
  for (const auto& name : option.get_snames()) tag += (tag.empty() ? "" : ", ") + bold("-" + name);
  for (const auto& name : option.get_lnames()) tag += (tag.empty() ? "" : ", ") + bold("--" + name);
  if (takes_value(option)) tag += " " + italic(value_name(option)) + (takes_many(option) ? " ..." : "");
  return tag;
}

std::string names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* each : options) names.push_back(each->get_name());
  std::sort(names.begin(), names.end());  // the set is one of addresses
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string explanation_of(const CLI::Option& option) {
  std::string text = with_period(option.get_description());
  if (takes_value(option)) {
    if (!option.get_default_str().empty()) text += " Default: " + option.get_default_str() + ".";
    if (!value_range(option).empty()) text += " Allowed: " + value_range(option) + ".";
    if (option.get_required() && !is_positional(option)) text += " Required.";
  }
  if (!option.get_needs().empty()) text += " Only with " + names_of(option.get_needs()) + ".";
  if (!option.get_excludes().empty()) text += " Not together with " + names_of(option.get_excludes()) + ".";
  return text;
}

void write_options(std::ostream& out, const std::vector<const CLI::Option*>& options) {
  for (const CLI::Option* each : options)
    out << ".TP\n" << tag_of(*each) << '\n' << roff(explanation_of(*each)) << '\n';
}

void write_option_groups(std::ostream& out, const std::vector<const CLI::Option*>& options) {
  if (options.empty()) return;
  out << ".SH OPTIONS\n";
  for (const auto& group : groups_of(options)) {
    if (group != "Options") out << ".SS " << roff(group) << '\n';
    std::vector<const CLI::Option*> members;
    std::copy_if(options.begin(), options.end(), std::back_inserter(members),
                 [&](const CLI::Option* each) { return each->get_group() == group; });
    write_options(out, members);
  }
}

void write_synopsis(std::ostream& out, const CLI::App& command) {
  out << ".SH SYNOPSIS\n" << bold(full_name(command));
  if (!shown_commands(command).empty()) out << ' ' << italic("COMMAND");
  for (const CLI::Option* each : shown_options(command, true)) {
    const std::string name = italic(each->get_name(true)) + (takes_many(*each) ? " ..." : "");
    out << ' ' << (each->get_required() ? name : "[" + name + "]");
  }
  out << " [" << italic("OPTIONS") << "]\n";
}

void write_commands(std::ostream& out, const CLI::App& command) {
  const auto commands = shown_commands(command);
  if (commands.empty()) return;
  out << ".SH COMMANDS\n";
  for (const CLI::App* each : commands)
    out << ".TP\n" << bold(each->get_name()) << '\n' << roff(with_period(each->get_description())) << '\n';
}

void write_notes(std::ostream& out, const std::string& notes) {
  if (notes.empty()) return;
  out << ".SH NOTES\n";
  std::istringstream lines(notes);
  std::string line;
  bool begins_paragraph = true;
  std::size_t length_before = 0;
  while (std::getline(lines, line)) {
    if (line.empty()) {
      out << ".PP\n";
      begins_paragraph = true;
      continue;
    }
    if (!begins_paragraph && length_before <= kLongestUnbrokenLine) out << ".br\n";
    out << roff(line) << '\n';
    begins_paragraph = false;
    length_before = line.size();
  }
}

void write_see_also(std::ostream& out, const CLI::App& command) {
  std::vector<std::string> names;
  if (command.get_parent() != nullptr) names.push_back(page_name(*command.get_parent()));
  for (const CLI::App* each : shown_commands(command)) names.push_back(page_name(*each));
  if (names.empty()) return;
  out << ".SH SEE ALSO\n";
  for (std::size_t i = 0; i < names.size(); ++i)
    out << bold(names[i]) << "(1)" << (i + 1 < names.size() ? ",\n" : "\n");
}

std::string page_of(const CLI::App& command, const std::string& purpose, const std::string& version) {
  std::ostringstream out;
  out << ".TH " << roff(upper_case(page_name(command))) << " 1 \"\" \"wane " << roff(version) << "\" \"Wane\"\n"
      << ".SH NAME\n"
      << roff(page_name(command)) << " \\- " << roff(with_small_first_letter(purpose)) << '\n';
  write_synopsis(out, command);
  out << ".SH DESCRIPTION\n" << roff(with_period(with_capital_first_letter(purpose))) << '\n';
  write_commands(out, command);
  const auto arguments = shown_options(command, true);
  if (!arguments.empty()) out << ".SH ARGUMENTS\n";
  write_options(out, arguments);
  write_option_groups(out, shown_options(command, false));
  write_notes(out, command.get_footer());
  write_see_also(out, command);
  return out.str();
}

void add_pages(std::vector<ManualPage>& pages, const CLI::App& command, const std::string& version) {
  for (const CLI::App* each : shown_commands(command)) {
    pages.push_back({page_name(*each), page_of(*each, each->get_description(), version)});
    add_pages(pages, *each, version);
  }
}

}  // namespace

std::vector<ManualPage> manual_pages(const CLI::App& program, const std::string& purpose, const std::string& version) {
  std::vector<ManualPage> pages{{page_name(program), page_of(program, purpose, version)}};
  add_pages(pages, program, version);
  return pages;
}

}  // namespace wane
