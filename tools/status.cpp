// wane status: how far the measuring is.
#include "pipeline/campaign/status.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include "tools/commands.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

struct StatusCommand {
  explicit StatusCommand(CLI::App& app) : flags(app) {}
  ProcessFlags flags;
  fs::path out;
  bool all = false;
};

}  // namespace

void add_status_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "status", "Print who is done, running, failed and why, and the time left, from the output folder alone");
  const auto command = std::make_shared<StatusCommand>(*app);
  app->add_option("OUT", command->out, "Output folder of wane run, wane slurm or wane participant")
      ->required()
      ->type_name("DIR");
  app->add_flag("--all", command->all, "List every participant, also those that are done or waiting");
  app->footer(
      "Example: wane status results/\nIt may be called at any time and disturbs nobody: watch -n 60 wane status "
      "results/");
  app->callback([command] {
    command->flags.start();
    const ReadStatus read = read_status(command->out);
    for (const std::string& warning : read.warnings) std::cerr << "wane: warning: " << warning << '\n';
    std::cout << status_text(read, command->out, command->all);
  });
}

}  // namespace wane
