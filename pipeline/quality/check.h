// A quality check and its verdict: what was looked at, what was found, and whether the result may be used.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace wane {

// In order of weight. `warn`: a person should look; the result counts. `fail`: the result is not used.
enum class Verdict { pass, warn, fail };

inline const char* name_of(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::warn ? "warn" : "fail";
}

struct QualityCheck {
  std::string name;             // "same_person": the key in reports, tables and docs/quality.md
  std::optional<double> value;  // what was found; empty where the check has no number
  std::optional<double> limit;  // the nearest limit that decides the verdict
  Verdict verdict = Verdict::pass;
  std::string sentence;  // for people; empty where the check passed and there is nothing to say
};

// All checks of one visit, one pair of visits, or one person.
struct Quality {
  std::vector<QualityCheck> checks;

  Verdict verdict() const {
    Verdict worst = Verdict::pass;
    for (const QualityCheck& check : checks) worst = std::max(worst, check.verdict);
    return worst;
  }
};

}  // namespace wane
