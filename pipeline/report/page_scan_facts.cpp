#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/letters.h"
#include "imaging/nifti.h"
#include "pipeline/report/page_images.h"

namespace wane {

using Json = nlohmann::ordered_json;

namespace {

// People write anything into a sidecar: names, dates of birth. So only words that scanners and sequences are known to
// be called by reach a page; one word more, and the whole text stays away.
using Words = std::vector<std::string_view>;

const Words manufacturer_words = {"siemens", "healthineers", "healthcare", "philips", "medical", "systems",   "ge",
                                  "general", "electric",     "toshiba",    "canon",   "hitachi", "fujifilm",  "united",
                                  "imaging", "uih",          "bruker",     "biospin", "marconi", "hyperfine", "esaote"};

const Words model_words = {
    // Siemens
    "magnetom", "prisma", "prismafit", "fit", "skyra", "trio", "triotim", "tim", "verio", "vida", "lumina", "sola",
    "altea", "amira", "aera", "avanto", "espree", "essenza", "symphony", "symphonytim", "sonata", "vision", "harmony",
    "allegra", "terra", "biograph", "mmr", "spectra", "connectom", "cima", "impact",
    // Philips
    "achieva", "dstream", "tx", "ingenia", "elition", "ambition", "ingenuity", "intera", "gyroscan", "nt", "panorama",
    "multiva", "x", "s", "cx",
    // GE
    "signa", "discovery", "optima", "genesis", "excite", "hd", "hde", "hdx", "hdxt", "twinspeed", "premier",
    "architect", "pioneer", "artist", "voyager", "explorer", "creator", "brivo", "edge",
    // others
    "vantage", "titan", "galan", "orian", "elan", "umr", "omega", "jupiter", "echelon", "oval", "oasis", "airis",
    "swoop", "mr", "pet"};

const Words sequence_words = {
    "mprage",   "mp",       "rage",      "mp2rage",  "memprage",   "mpr",           "me",    "spgr",        "fspgr",
    "efspgr",   "irspgr",   "irfspgr",   "ir",       "prep",       "fast",          "bravo", "tfe",         "ffe",
    "t1tfe",    "t1ffe",    "flash",     "turbo",    "turboflash", "turbofield",    "field", "space",       "cube",
    "vista",    "vibe",     "lava",      "thrive",   "mdeft",      "ute",           "petra", "gr",          "gre",
    "gradient", "echo",     "se",        "fse",      "tse",        "tir",           "fl",    "tfl",         "ep",
    "rm",       "spoiled",  "inversion", "recovery", "prepared",   "magnetization", "rapid", "acquisition", "t1",
    "t1w",      "weighted", "sag",       "sagittal", "cor",        "coronal",       "tra",   "axial",       "iso"};

// "tfl3d1", "16ns", "mr750w", "3d", "1.5t", and one number of at most three digits, too short for a date.
bool is_code(const std::string& word) {
  static const std::regex code(
      "(t?fl|spc|tse|tir|gre)[23]d([0-9]{1,2}(rr|r|ns)?)?|[0-9]{0,2}ns|mr[0-9]{3}w?|[23]d|"
      "[0-9](\\.[0-9])?t");
  return std::regex_match(word, code);
}

bool is_short_number(const std::string& word) {
  static const std::regex number("[0-9]{1,3}|[0-9]\\.[0-9]");
  return std::regex_match(word, number);
}

bool is_made_of(const std::string& text, const Words& known) {
  constexpr std::size_t most_letters = 40;
  constexpr std::string_view between = "_*+/, -";
  if (text.size() > most_letters) return false;
  std::size_t words = 0, numbers = 0;
  for (std::size_t at = 0; (at = text.find_first_not_of(between, at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(between, at), text.size());
    const std::string word = lower_case(text.substr(at, end - at));
    at = end;
    if (std::find(known.begin(), known.end(), word) != known.end() || is_code(word))
      ++words;
    else if (!is_short_number(word) || ++numbers > 1)
      return false;
  }
  return words > 0;
}

Json product(std::optional<std::string> text, const Words& known) {
  if (!text) return nullptr;
  // DICOM puts backslashes between several values: "GR\IR".
  std::replace(text->begin(), text->end(), '\\', '/');
  return is_made_of(*text, known) ? Json(*text) : Json(nullptr);
}

Json sequence_of(const ScanSidecar& sidecar) {
  for (const auto* text : {&sidecar.pulse_sequence_type, &sidecar.sequence_name, &sidecar.scanning_sequence})
    if (const Json name = product(*text, sequence_words); !name.is_null()) return name;
  return nullptr;
}

Json field_strength_of(const ScanSidecar& sidecar) {
  constexpr double strongest_tesla = 20;
  const auto& tesla = sidecar.field_strength_tesla;
  return tesla && *tesla > 0 && *tesla <= strongest_tesla ? Json(*tesla) : Json(nullptr);
}

// Micrometers are enough, and what single precision makes of 0.9 is not shown.
double rounded_mm(double mm) {
  return double(std::llround(mm * 1000)) / 1000;
}

Json voxel_size_of(const std::filesystem::path& scan) {
  try {
    const Vec3 size = inspect_nifti(scan).grid.spacing_mm;
    return Json::array({rounded_mm(size[0]), rounded_mm(size[1]), rounded_mm(size[2])});
  } catch (const InputError&) {
    return nullptr;  // the report says what is wrong with it
  } catch (const ResourceError&) {
    return nullptr;
  }
}

}  // namespace

Json scan_facts_json(const DatasetParticipant& participant, const ParticipantReport& report) {
  Json facts = Json::array();
  for (const VisitRow& row : report.visits) {
    const auto visit = std::find_if(participant.visits.begin(), participant.visits.end(),
                                    [&](const DatasetVisit& each) { return each.session == row.session; });
    const DatasetVisit known = visit == participant.visits.end() ? DatasetVisit{} : *visit;
    facts.push_back({{"session", row.session},
                     {"acquired", known.acquired ? Json(*known.acquired) : Json(nullptr)},
                     {"manufacturer", product(known.sidecar.manufacturer, manufacturer_words)},
                     {"model", product(known.sidecar.model, model_words)},
                     {"field_strength_t", field_strength_of(known.sidecar)},
                     {"sequence", sequence_of(known.sidecar)},
                     {"voxel_size_mm", known.t1w.empty() ? Json(nullptr) : voxel_size_of(known.t1w)}});
  }
  return facts;
}

}  // namespace wane
