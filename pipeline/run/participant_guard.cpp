#include "pipeline/run/participant_guard.h"

#include <filesystem>
#include <new>

#include "base/error.h"

namespace wane {
namespace {

constexpr int exit_code_resources = 5;

}  // namespace

ParticipantOutcome out_of_memory(const std::string& participant_id) {
  return {participant_id, ParticipantState::failed,
          "There was not enough memory: run fewer participants at once (--memory) or use a machine with more.",
          exit_code_resources};
}

ParticipantOutcome outcome_of(const std::string& participant_id, const std::function<ParticipantState()>& work) {
  try {
    return {participant_id, work(), "", 0};
  } catch (const Error& error) {
    return {participant_id, ParticipantState::failed, error.what(), error.exit_code()};
  } catch (const std::filesystem::filesystem_error& error) {
    return {participant_id, ParticipantState::failed,
            "Cannot reach '" + error.path1().string() + "': " + error.code().message() +
                "; check the path, its permissions and the disk.",
            exit_code_resources};
  } catch (const std::bad_alloc&) {
    return out_of_memory(participant_id);
  } catch (const std::exception& error) {
    return {participant_id, ParticipantState::failed,
            std::string("This is a bug in Wane, please report it: ") + error.what(), exit_code_bug};
  } catch (...) {
    return {participant_id, ParticipantState::failed, "This is a bug in Wane, please report it.", exit_code_bug};
  }
}

}  // namespace wane
