#include "base/option_field.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace wane {
namespace {

std::string plain(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string full_name(const std::string& section, const std::string& name) {
  if (!section.empty()) return section + "." + name;
  std::string flag = "--" + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

// "must lie between 10 and 100 mm"
std::string demand(const OptionRange& range, const std::string& unit) {
  const std::string units = unit.empty() ? "" : " " + unit;
  std::string text = "must ";
  if (!range.zero.empty()) text += "be 0 (" + range.zero + ") or ";
  if (std::isinf(range.least) && std::isinf(range.most)) return text + "be a finite number.";
  if (std::isinf(range.most)) return text + "be at least " + plain(range.least) + units + ".";
  if (std::isinf(range.least)) return text + "be at most " + plain(range.most) + units + ".";
  return text + "lie between " + plain(range.least) + " and " + plain(range.most) + units + ".";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void require_allowed(const std::string& name, const OptionField& field) {
  const auto require_number = [&](double value) {
    if (!field.range.allows(value)) throw UsageError(name + " " + demand(field.range, field.unit));
  };
  if (double* const* number = std::get_if<double*>(&field.value)) require_number(**number);
  if (int* const* number = std::get_if<int*>(&field.value)) require_number(**number);
  std::string* const* text = std::get_if<std::string*>(&field.value);
  if (!text || field.choices.empty()) return;
  if (std::find(field.choices.begin(), field.choices.end(), **text) == field.choices.end())
    throw UsageError(name + " is '" + **text + "', but it has to be one of: " + joined(field.choices) + ".");
}

}  // namespace

OptionOrigin numerical(std::string where) {
  return {OptionOrigin::Kind::numerical, std::move(where)};
}

OptionOrigin published(std::string where) {
  return {OptionOrigin::Kind::published, std::move(where)};
}

OptionOrigin fitted(std::string where) {
  return {OptionOrigin::Kind::fitted, std::move(where)};
}

std::string in_words(const OptionOrigin& origin) {
  switch (origin.kind) {
    case OptionOrigin::Kind::numerical:
      return "The default trades accuracy for time: " + origin.where;
    case OptionOrigin::Kind::published:
      return "The default is published: " + origin.where;
    case OptionOrigin::Kind::fitted:
      return "The default was fitted to " + origin.where;
    case OptionOrigin::Kind::choice:
      break;
  }
  return origin.where.empty() ? "" : "The default is a choice: " + origin.where;
}

bool OptionRange::is_limited() const {
  return std::isfinite(least) || std::isfinite(most);
}

bool OptionRange::allows(double value) const {
  if (!std::isfinite(value)) return false;
  return (!zero.empty() && value == 0) || (value >= least && value <= most);
}

std::string in_words(const OptionRange& range) {
  std::string text = range.zero.empty() ? "" : "0 (" + range.zero + "), or ";
  if (std::isinf(range.most)) return text + "from " + plain(range.least);
  if (std::isinf(range.least)) return text + "up to " + plain(range.most);
  return text + plain(range.least) + " to " + plain(range.most);
}

void require_allowed_values(const std::string& section, const OptionFields& fields) {
  for (const OptionField& field : fields) require_allowed(full_name(section, field.name), field);
}

}  // namespace wane
