// One table of fields for each stage's options. The same table drives the command line, the JSON configuration,
// --help, the check of values and the provenance that is written beside results, so that they cannot differ.
#pragma once

#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace wane {

// Who sets an option. Those of experts stand in --help-all.
enum class OptionKind { user, expert };

// Where a default comes from.
struct OptionOrigin {
  enum class Kind {
    choice,     // what most users want, or a judgment that rests on no measurement
    numerical,  // trades accuracy against time or memory: `where` says how much
    published,  // `where` names the paper
    fitted      // to data: `where` names the data
  };
  Kind kind = Kind::choice;
  std::string where{};
};
OptionOrigin numerical(std::string where);
OptionOrigin published(std::string where);
OptionOrigin fitted(std::string where);
// "The default was fitted to real pairs"; empty for a choice without a reason.
std::string in_words(const OptionOrigin& origin);

// Of a number: both ends are allowed.
struct OptionRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::string zero{};  // not empty: 0 is allowed too, and what it then means ("from the scans")
  bool is_limited() const;
  bool allows(double value) const;  // nothing that is not finite
};
std::string in_words(const OptionRange& range);  // "0 (from the scans), or 0.5 to 4"

struct OptionField {
  std::string name;  // as in the configuration; the flag is --STAGE-NAME with '_' as '-'
  std::string unit;  // "mm", "voxels", "" where there is none
  std::string help;  // what it does and why the default is what it is, one sentence
  std::variant<bool*, int*, double*, std::string*> value;  // the field in the options struct
  OptionRange range{};
  OptionOrigin origin{};
  OptionKind kind = OptionKind::user;
  std::vector<std::string> choices{};  // of a text: one of these, where there are any
};

using OptionFields = std::vector<OptionField>;

// Throws UsageError for the first value that its range or its choices do not allow, with the option's name as
// configuration files have it ("align.margin_mm"); the options of an empty `section` are named as flags
// ("--next-years").
void require_allowed_values(const std::string& section, const OptionFields& fields);

// The same of an options struct that has a table of fields.
template <class Options>
void require_allowed_options(const std::string& section, Options options) {
  require_allowed_values(section, option_fields(options));
}

}  // namespace wane
