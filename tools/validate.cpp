// wane validate: holds the results of a run against planted truth.
#include <filesystem>
#include <iostream>
#include <memory>

#include "tools/commands.h"
#include "tools/truth.h"

namespace wane {

namespace {

struct Folders {
  std::filesystem::path out, truth;
};

}  // namespace

void add_validate_command(CLI::App& program, int& exit_code) {
  const auto folders = std::make_shared<Folders>();
  CLI::App& command = *program.add_subcommand("validate", "Compare measured changes with planted truth");
  const auto process = std::make_shared<ProcessFlags>(command);
  command.add_option("--out", folders->out, "Results of wane run")->required()->type_name("DIR");
  command.add_option("--truth", folders->truth, "Folder of truths, as wane simulate writes it (DATASET/truth)")
      ->required()
      ->type_name("DIR");
  command.footer("The exit code is 1 where a planted change was not measured (MISSING).");
  command.callback([&exit_code, folders, process] {
    process->start();
    const TruthComparison comparison = compare_with_truth(folders->out, folders->truth);
    std::cout << comparison.text;
    exit_code = comparison.complete ? 0 : 1;
  });
}

}  // namespace wane
