// The table of faults that scans of a trial come with, each planted alone and in degrees, to see whether it is noticed.
//
// mild: present, and a reader would keep the scan; it may be reported, and need not be. clinical: what readers meet and
// reject, or what moves a brain volume by some tenths of a percent and more. gross: nobody would measure it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "imaging/image.h"
#include "pipeline/simulation/scan_faults.h"

namespace wane {

enum class Degree { mild, clinical, gross };
inline constexpr std::array<Degree, 3> all_degrees = {Degree::mild, Degree::clinical, Degree::gross};
const char* name_of(Degree degree);

// Two visits of one person without noise, and what some faults need beside them.
struct FaultScene {
  KnownScan first, second;
  std::vector<Volume> others;    // visits of two other people, without noise; for another_person alone
  double noise_fraction = 0.02;  // sigma of each visit's Rician noise, as fraction of white matter
};

// How a scan's values are stored: whole numbers 0..4095 as scanners do, whole numbers of 16 bits, or float32.
enum class Storage { scanner, int16, float32 };

struct FaultyScan {
  Volume scan;
  Storage storage = Storage::scanner;
  bool without_forms = false;  // the header says nothing about the orientation
};

struct FaultyPair {
  FaultyScan first, second;
};

// The scan that a fault is planted in.
struct FaultInput {
  const KnownScan& visit;
  bool is_second = true;
  const FaultScene& scene;
  const Volume& first_as_written;
  double strength = 0;
  std::uint64_t seed = 0;
};

enum class NoiseAt { before, after, never };  // the fault; never: the fault brings its own values

struct FaultStrength {
  Degree degree = Degree::clinical;
  double strength = 0;
  const char* reason;        // why this strength has this degree
  bool both_visits = false;  // planted in the first visit too
};

struct FaultKind {
  std::string name;   // lower-case words with underscores
  std::string words;  // what it is, in a few words
  std::string unit;   // of the strength; empty: it has none
  NoiseAt noise = NoiseAt::after;
  std::vector<FaultStrength> strengths;  // those degrees that mean something
  FaultyScan (*plant)(const FaultInput& input);
};

const std::vector<FaultKind>& fault_kinds();

// What looks like a fault and is none: input that must be measured. Each has one strength, of no meaning, and is
// planted in both visits.
const std::vector<FaultKind>& harmless_kinds();

// The two visits as files would hold them, with noise of their own. Throws InputError where the fault cannot be planted
// in this head.
FaultyPair plant_fault(const FaultKind& kind, const FaultStrength& strength, const FaultScene& scene,
                       std::uint64_t seed);

// The seed of a visit's noise (visits from 0, up to four); the fault's own are beyond them.
inline constexpr std::uint64_t noise_seed(std::uint64_t person_seed, std::size_t visit) {
  return 8 * person_seed + visit;
}

// A visit as a scanner would have written it: with noise, in whole numbers 0..4095.
Volume as_written(const KnownScan& visit, double noise_fraction, std::uint64_t seed);

}  // namespace wane
