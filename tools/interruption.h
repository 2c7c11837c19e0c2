// An end in order: Ctrl-C (SIGINT), a time limit of Slurm (SIGTERM) and a closed terminal (SIGHUP) end the program with
// a sentence that says how to go on, and with nothing half-written.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace wane {

class Interruption {
 public:
  // The signals wait from now on, in this thread and in those it starts, and a thread of its own takes them. Ignored
  // ones (nohup) stay ignored. After the first, the second ends the process at once.
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // What a command says and does when it is interrupted, as long as this lives: `say` shows a sentence on stderr,
  // `leave` is called after the last file was written, with the name of the signal. Both are called from another
  // thread; what they use must outlive this.
  class LastWords {
   public:
    LastWords(Interruption& interruption, std::function<void(const std::string& sentence)> say,
              std::function<void(const std::string& signal)> leave);
    ~LastWords();
    LastWords(const LastWords&) = delete;
    LastWords& operator=(const LastWords&) = delete;

   private:
    Interruption& interruption_;
  };

 private:
  struct Words {
    std::mutex mutex;
    std::function<void(const std::string&)> say;
    std::function<void(const std::string&)> leave;
  };
  [[noreturn]] static void end(int signal, Words& words);
  std::shared_ptr<Words> words_;  // the thread's too: it waits until the process ends
};

// For a process that was forked and has no such thread: the signals end it as usual.
void end_at_signals_as_usual();

}  // namespace wane
