// What a person sees on stderr while participants are processed: a bar on a terminal, lines in a log file. With
// --verbose also how long each step took.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "pipeline/run/trial_request.h"
#include "tools/interruption.h"

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
  void page_made(std::size_t pages);  // one more of so many; seen on a terminal only
  void note(const std::string& sentence);
  void warn(const std::string& sentence);
  // The sentence stands alone in the last line; nothing is shown after it.
  void last_words(const std::string& sentence);

 private:
  struct Step {
    std::string name;
    double fraction_done;  // of the participant, at its beginning
    std::chrono::steady_clock::time_point began;
  };
  void draw_bar();
  void erase_bar();
  void say_time_of(const std::string& participant);

  const bool terminal_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point started_;
  std::size_t participants_ = 0;
  std::size_t done_ = 0;
  bool ended_ = false;
  std::map<std::string, Step> under_way_;  // by participant
  const char* counted_ = "participants";
};

// The trial's events as the display shows them; it must outlive them.
TrialEvents events_shown_on(ProgressDisplay& display);

// At an interruption: the sentence, without a bar, and a line in the log of OUT where there is one.
Interruption::LastWords last_words_of(ProgressDisplay& display, const std::filesystem::path& out,
                                      Interruption& interruption);

// The bar in one line of a terminal of so many columns (which a bar of full width would wrap): how far all is, then as
// many of the participants under way as find room. `seconds`: since the beginning; `fraction`: of all that is done.
struct BarState {
  std::size_t done = 0, count = 0;
  const char* counted = "participants";
  double fraction = 0, seconds = 0;
  std::string under_way;  // "  sub-01 align  sub-02 extract"
};
std::string bar_line(const BarState& state, std::size_t columns);

}  // namespace wane
