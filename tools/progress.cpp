#include "tools/progress.h"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/run_log.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

std::string minutes_and_seconds(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// Looked at anew each time: windows are resized.
std::size_t terminal_columns() {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return size.ws_col;
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
  counted_ = "participants";
  done_ = 0;
  draw_bar();
}

void ProgressDisplay::step(const std::string& participant, const std::string& step, int index, int count) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  say_time_of(participant);
  under_way_[participant] = {step, static_cast<double>(index) / count, std::chrono::steady_clock::now()};
  if (!terminal_) spdlog::info("{}: {} ({} of {})", participant, step, index + 1, count);
  draw_bar();
}

void ProgressDisplay::finished(const std::string& participant) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  say_time_of(participant);
  under_way_.erase(participant);
  ++done_;
  if (!terminal_) spdlog::info("{}: finished ({} of {} participants)", participant, done_, participants_);
  if (done_ >= participants_) {
    erase_bar();
    participants_ = 0;
  }
  draw_bar();
}

void ProgressDisplay::page_made(std::size_t pages) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (participants_ == 0) {
    started_ = std::chrono::steady_clock::now();
    participants_ = pages;
    counted_ = "pages";
    done_ = 0;
  }
  if (++done_ >= participants_) {
    erase_bar();
    participants_ = 0;
  }
  draw_bar();
}

void ProgressDisplay::note(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  erase_bar();
  spdlog::info(one_line(sentence));
  draw_bar();
}

void ProgressDisplay::warn(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  erase_bar();
  spdlog::warn(one_line(sentence));
  draw_bar();
}

void ProgressDisplay::last_words(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  erase_bar();
  ended_ = true;
  std::fprintf(stderr, "wane: %s\n", sentence.c_str());
  std::fflush(stderr);
}

void ProgressDisplay::say_time_of(const std::string& participant) {
  const auto before = under_way_.find(participant);
  if (before == under_way_.end() || !spdlog::should_log(spdlog::level::debug)) return;
  erase_bar();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - before->second.began;
  spdlog::debug("{}: {} took {:.1f} s", participant, before->second.name, time.count());
}

void ProgressDisplay::draw_bar() {
  if (!terminal_ || ended_ || participants_ == 0) return;
  BarState state{done_, participants_, counted_, static_cast<double>(done_), 0, ""};
  for (const auto& [participant, step] : under_way_) {
    state.fraction += step.fraction_done;
    state.under_way += fmt::format("  {} {}", participant, step.name);
  }
  state.fraction = std::min(1.0, state.fraction / static_cast<double>(participants_));
  state.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  std::fprintf(stderr, "\r\033[K%s", bar_line(state, terminal_columns()).c_str());
  std::fflush(stderr);
}

void ProgressDisplay::erase_bar() {
  if (terminal_ && !ended_) std::fputs("\r\033[K", stderr);
}

std::string bar_line(const BarState& state, std::size_t columns) {
  constexpr std::size_t widest_bar = 24, narrow = 80, narrowest_bar = 10, fewest_words = 60;
  const std::size_t width = columns <= narrow ? narrowest_bar : widest_bar;
  const auto filled = static_cast<std::size_t>(state.fraction * static_cast<double>(width));
  // An estimate from the first moments is a wild guess and is not shown.
  const std::string left = state.fraction > 0.02 && state.seconds > 5
                               ? minutes_and_seconds(state.seconds / state.fraction - state.seconds) + " left"
                               : "";
  const std::string begin =
      fmt::format("[{}{}] {}/{}", std::string(filled, '#'), std::string(width - filled, '.'), state.done, state.count);
  const std::string line = columns < fewest_words
                               ? fmt::format("{}, {}", begin, left.empty() ? minutes_and_seconds(state.seconds) : left)
                               : fmt::format("{} {}, {}{}{}", begin, state.counted, minutes_and_seconds(state.seconds),
                                             left.empty() ? "" : ", about " + left, state.under_way);
  return line.substr(
      0, std::max<std::size_t>(columns, 1) - 1);  // a line that fills the last column wraps on some terminals
}

Interruption::LastWords last_words_of(ProgressDisplay& display, const fs::path& out, Interruption& interruption) {
  return {interruption, [&display](const std::string& sentence) { display.last_words(sentence); },
          [out](const std::string& signal) {
            std::error_code error;
            if (!fs::exists(out / "logs", error)) return;
            try {
              require_output_folder(out);  // it may not have been looked at yet
            } catch (const Error&) {
              return;
            }
            RunLog(out).add("interrupted", {{"signal", signal}});
          }};
}

TrialEvents events_shown_on(ProgressDisplay& display) {
  return {[&](std::size_t participants) { display.begin(participants); },
          [&](const std::string& participant, const char* step, int index, int count) {
            display.step(participant, step, index, count);
          },
          [&](const std::string& participant) { display.finished(participant); },
          [&](const std::string& sentence) { display.note(sentence); },
          [&](const std::string& sentence) { display.warn(sentence); },
          [&](std::size_t pages) { display.page_made(pages); }};
}

}  // namespace wane
