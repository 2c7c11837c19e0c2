#include "tools/interruption.h"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <system_error>
#include <thread>
#include <utility>

#include "base/atomic_file.h"

namespace wane {

namespace {

struct EndingSignal {
  int number;
  const char* name;
};
constexpr std::array<EndingSignal, 3> ending_signals{{{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}}};

constexpr const char* how_to_go_on =
    "Interrupted. Run the same command again to continue; participants that are finished are kept.";
constexpr const char* without_participants = "Interrupted. Run the same command again.";

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t signals_to_take() {
  sigset_t set;
  sigemptyset(&set);
  for (const auto& signal : ending_signals)
    if (!is_ignored(signal.number)) sigaddset(&set, signal.number);
  return set;
}

const char* name_of(int signal) {
  for (const auto& known : ending_signals)
    if (known.number == signal) return known.name;
  return "";
}

}  // namespace

void end_at_signals_as_usual() {
  sigset_t set;
  sigemptyset(&set);
  for (const auto& signal : ending_signals) sigaddset(&set, signal.number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Interruption::Interruption() : words_(std::make_shared<Words>()) {
  const sigset_t set = signals_to_take();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  try {
    std::thread([words = words_, set] {
      int signal = 0;
      while (sigwait(&set, &signal) != 0) {
      }
      end_at_signals_as_usual();  // the next one, which this thread then takes
      end(signal, *words);
    }).detach();
  } catch (const std::system_error&) {
    end_at_signals_as_usual();  // no thread can be had; the next run removes what is left
  }
}

void Interruption::end(int signal, Words& words) {
  const std::lock_guard lock(words.mutex);
  try {
    if (words.say)
      words.say(how_to_go_on);
    else
      std::cerr << "wane: " << without_participants << std::endl;
  } catch (const std::exception&) {  // of writing to the screen, which is where it would be said
  }
  end_writing_of_files();
  try {
    if (words.leave) words.leave(name_of(signal));
  } catch (const std::exception& error) {
    std::cerr << "wane: " << error.what() << std::endl;  // a log that cannot be written; the end is the same
  }
  _exit(128 + signal);
}

Interruption::LastWords::LastWords(Interruption& interruption, std::function<void(const std::string&)> say,
                                   std::function<void(const std::string&)> leave)
    : interruption_(interruption) {
  const std::lock_guard lock(interruption_.words_->mutex);
  interruption_.words_->say = std::move(say);
  interruption_.words_->leave = std::move(leave);
}

Interruption::LastWords::~LastWords() {
  const std::lock_guard lock(interruption_.words_->mutex);
  interruption_.words_->say = nullptr;
  interruption_.words_->leave = nullptr;
}

}  // namespace wane
