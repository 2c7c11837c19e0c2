// What a person sees on stderr while participants are processed: a bar on a terminal, lines in a log file.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "pipeline/run/trial.h"

namespace wane {

class ProgressDisplay {
 public:
  ProgressDisplay();  // looks whether stderr is a terminal
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  // All may be called from any thread.
  void begin(std::size_t participants);
  void step(const std::string& participant, const std::string& step, int index, int count);
  void finished(const std::string& participant);
  void note(const std::string& sentence);
  void warn(const std::string& sentence);

 private:
  void draw_bar();
  void erase_bar();

  const bool terminal_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point started_;
  std::size_t participants_ = 0;
  std::size_t done_ = 0;
  std::map<std::string, std::pair<std::string, double>> under_way_;  // participant: step, fraction done
};

// The trial's events as the display shows them; it must outlive them.
TrialEvents events_shown_on(ProgressDisplay& display);

}  // namespace wane
