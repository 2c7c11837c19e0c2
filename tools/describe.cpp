// wane describe: writes manual pages and bash completion. The build runs it; --help does not list it.
#include <filesystem>
#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "tools/commands.h"
#include "tools/completion.h"
#include "tools/manual.h"
#include "tools/version.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

// Without the commit: pages change when the program's options do.
std::string release_number() {
  const std::string version = program_version();
  return version.substr(0, version.find('+'));
}

void describe(const CLI::App& program, const std::string& purpose, const fs::path& folder) {
  const fs::path manual = folder / "man/man1";
  fs::create_directories(manual);
  for (const ManualPage& page : manual_pages(program, purpose, release_number()))
    write_text_atomically(manual / (page.name + ".1"), page.text);
  const fs::path completions = folder / "bash-completion/completions";
  fs::create_directories(completions);
  write_text_atomically(completions / program.get_name(), bash_completion(program));
}

}  // namespace

void add_describe_command(CLI::App& program, const std::string& purpose) {
  CLI::App* command =
      program.add_subcommand("describe", "Write the manual pages and the completion for bash")->group("");
  const auto folder = std::make_shared<fs::path>();
  command->add_option("FOLDER", *folder, "Gets man/man1 and bash-completion/completions")->required()->type_name("DIR");
  command->callback([&program, purpose, folder] { describe(program, purpose, *folder); });
}

}  // namespace wane
