// wane validate --faults: plants faults in scans, measures them, and says what was noticed.
#pragma once

#include <filesystem>
#include <vector>

#include "pipeline/validation/fault_ladder.h"
#include "tools/heads.h"
#include "tools/interruption.h"

namespace wane {

struct FaultsCommand {
  const CommandLine& line;
  std::filesystem::path work;
  std::vector<HeadFiles> heads;
  bool bend = false;  // the heads are bent into other people's: the template's own head must be
  FaultLadderOptions ladder;
  double memory_gb = 0;
};

// The exit code: 0, or 1 where a gross fault was not caught or somebody's measurement broke. Throws what stops all.
int run_faults(const FaultsCommand& command, Interruption& interruption);

}  // namespace wane
