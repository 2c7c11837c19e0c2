#include "tools/progress.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "imaging/error.h"

namespace wane {

namespace {

std::string minutes_and_seconds(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

ProgressDisplay::ProgressDisplay()
    : terminal_(isatty(STDERR_FILENO) == 1), started_(std::chrono::steady_clock::now()) {}

ProgressDisplay::~ProgressDisplay() {
  erase_bar();
}

void ProgressDisplay::begin(std::size_t participants) {
  const std::lock_guard lock(mutex_);
  started_ = std::chrono::steady_clock::now();
  participants_ = participants;
  done_ = 0;
  draw_bar();
}

void ProgressDisplay::step(const std::string& participant, const std::string& step, int index, int count) {
  const std::lock_guard lock(mutex_);
  under_way_[participant] = {step, static_cast<double>(index) / count};
  if (!terminal_) spdlog::info("{}: {} ({} of {})", participant, step, index + 1, count);
  draw_bar();
}

void ProgressDisplay::finished(const std::string& participant) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(participant);
  ++done_;
  if (!terminal_) spdlog::info("{}: finished ({} of {} participants)", participant, done_, participants_);
  draw_bar();
}

void ProgressDisplay::note(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  spdlog::info(one_line(sentence));
  draw_bar();
}

void ProgressDisplay::warn(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  spdlog::warn(one_line(sentence));
  draw_bar();
}

void ProgressDisplay::draw_bar() {
  if (!terminal_ || participants_ == 0) return;
  double done = static_cast<double>(done_);
  std::string names;
  for (const auto& [participant, state] : under_way_) {
    done += state.second;
    names += fmt::format("  {} {}", participant, state.first);
  }
  const double fraction = std::min(1.0, done / static_cast<double>(participants_));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(fraction * kWidth);
  // An estimate from the first moments is a wild guess and is not shown.
  const std::string left =
      fraction > 0.02 && seconds > 5 ? ", about " + minutes_and_seconds(seconds / fraction - seconds) + " left" : "";
  const std::string line =
      fmt::format("[{}{}] {}/{} participants, {}{}{}", std::string(filled, '#'), std::string(kWidth - filled, '.'),
                  done_, participants_, minutes_and_seconds(seconds), left, names);
  std::fprintf(stderr, "\r\033[K%s", line.substr(0, 120).c_str());
  std::fflush(stderr);
}

void ProgressDisplay::erase_bar() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

TrialEvents events_shown_on(ProgressDisplay& display) {
  return {[&](std::size_t participants) { display.begin(participants); },
          [&](const std::string& participant, const char* step, int index, int count) {
            display.step(participant, step, index, count);
          },
          [&](const std::string& participant) { display.finished(participant); },
          [&](const std::string& sentence) { display.note(sentence); },
          [&](const std::string& sentence) { display.warn(sentence); }};
}

}  // namespace wane
