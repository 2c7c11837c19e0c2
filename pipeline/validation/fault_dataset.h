// People with faulty scans on disk, so that what was broken off goes on where it was.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/validation/fault_ladder.h"

namespace wane {

// What is known of a head before anything is simulated.
struct FaultHead {
  std::function<SourceHead()> read;                 // the head itself
  std::vector<std::function<SourceHead()>> others;  // two other people's heads
  std::string source;                               // JSON object: version, and files of all these heads
};

// Makes the people of one head. What several of them need is simulated once, and not before one needs it.
class FaultPlanter {
 public:
  FaultPlanter(FaultHead head, std::vector<FaultVariant> variants);

  // True where DATASET holds the participant as it would be made now.
  bool is_planted(const std::filesystem::path& dataset, const FaultPerson& person) const;
  // Puts the participant with its truth (that of the undisturbed visits) into DATASET by put_person. Throws InputError
  // where the head cannot take it.
  void plant(const std::filesystem::path& dataset, const std::filesystem::path& staging, const FaultPerson& person);

 private:
  const SourceHead& head();
  const SimulatedPerson& simulated(std::size_t variant);
  const std::vector<KnownScan>& known(std::size_t variant);
  const FaultScene& scene();
  Volume visit_of_other(std::size_t number) const;
  std::vector<FaultyScan> visits_of(const FaultPerson& person);
  std::string source_of(const FaultPerson& person) const;

  FaultHead source_;
  std::vector<FaultVariant> variants_;
  std::optional<SourceHead> head_;
  std::map<std::size_t, SimulatedPerson> simulated_;
  std::map<std::size_t, std::vector<KnownScan>> known_;
  std::optional<FaultScene> scene_;
};

}  // namespace wane
