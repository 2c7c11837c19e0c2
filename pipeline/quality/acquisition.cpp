#include "pipeline/quality/acquisition.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

namespace wane {
namespace {

// Times and angles are rounded by converters; a change of protocol is larger.
constexpr double rounding = 0.01;

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// What the two sidecars tell differently, in words; and how many values both have.
struct Differences {
  std::vector<std::string> words;
  std::size_t compared = 0;

  void text(const char* what, const std::optional<std::string>& a, const std::optional<std::string>& b) {
    if (!a || !b) return;
    ++compared;
    if (*a != *b) words.push_back(std::string(what) + " " + *a + " and " + *b);
  }
  void number(const char* what, const std::optional<double>& a, const std::optional<double>& b, const char* unit) {
    if (!a || !b) return;
    ++compared;
    if (std::abs(*a - *b) > rounding * std::max(std::abs(*a), std::abs(*b)))
      words.push_back(std::string(what) + " " + shown(*a) + " and " + shown(*b) + " " + unit);
  }
};

Differences differences_of(const ScanSidecar& a, const ScanSidecar& b) {
  Differences found;
  found.text("manufacturer", a.manufacturer, b.manufacturer);
  found.text("scanner", a.model, b.model);
  found.number("field strength", a.field_strength_tesla, b.field_strength_tesla, "T");
  found.text("serial number", a.device_serial_number, b.device_serial_number);
  found.text("coil", a.receive_coil_name, b.receive_coil_name);
  found.text("sequence", a.scanning_sequence, b.scanning_sequence);
  found.text("sequence name", a.sequence_name, b.sequence_name);
  found.text("software", a.software_versions, b.software_versions);
  found.number("repetition time", a.repetition_time_s, b.repetition_time_s, "s");
  found.number("echo time", a.echo_time_s, b.echo_time_s, "s");
  found.number("inversion time", a.inversion_time_s, b.inversion_time_s, "s");
  found.number("flip angle", a.flip_angle_degrees, b.flip_angle_degrees, "degrees");
  found.number("slice thickness", a.slice_thickness_mm, b.slice_thickness_mm, "mm");
  return found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "; ") + word;
  return text;
}

bool names_agent(const std::optional<std::string>& agent) {
  return agent && !agent->empty() && *agent != "none" && *agent != "None" && *agent != "NONE" && *agent != "n/a";
}

}  // namespace

void judge_acquisition(Quality& quality, const ScanSidecar& from_sidecar, const ScanSidecar& to_sidecar,
                       const std::string& from, const std::string& to) {
  std::erase_if(quality.checks, [](const QualityCheck& check) {
    return check.name == "acquisition" || check.name == "contrast_agent_recorded";
  });
  const Differences found = differences_of(from_sidecar, to_sidecar);
  if (found.compared > 0) {
    const bool changed = !found.words.empty();
    quality.checks.push_back({"acquisition", double(found.words.size()), 0.0, changed ? Verdict::warn : Verdict::pass,
                              changed ? "The acquisition of " + from + " and " + to + " differs (" +
                                            joined(found.words) + "): part of the measured change may be the scanner's."
                                      : ""});
  }
  const bool first = names_agent(from_sidecar.contrast_agent), second = names_agent(to_sidecar.contrast_agent);
  if (first == second) return;
  if ((first ? to_sidecar : from_sidecar).files.empty())
    quality.checks.push_back(
        {"contrast_agent_recorded", std::nullopt, std::nullopt, Verdict::warn,
         "The sidecar of " + (first ? from : to) + " names a contrast agent (" +
             *(first ? from_sidecar : to_sidecar).contrast_agent +
             "), and the other visit has no sidecar: check whether an agent was given there too."});
  else
    quality.checks.push_back({"contrast_agent_recorded", std::nullopt, std::nullopt, Verdict::fail,
                              "The sidecar of " + (first ? from : to) + " names a contrast agent (" +
                                  *(first ? from_sidecar : to_sidecar).contrast_agent +
                                  ") and that of the other visit does not: the two cannot be compared. Use a scan "
                                  "without it, or with it at both visits."});
}

}  // namespace wane
