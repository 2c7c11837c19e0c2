#include "pipeline/import/date_texts.h"

#include <algorithm>
#include <array>

namespace wane {
namespace {

struct Date {
  std::string year, month, day;
};

bool is_date(std::string_view text) {
  return text.size() == 8 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Date date_of(std::string_view text) {
  return {std::string(text.substr(0, 4)), std::string(text.substr(4, 2)), std::string(text.substr(6, 2))};
}

std::vector<std::string> orders(const Date& date, const std::string& between) {
  return {date.year + between + date.month + between + date.day, date.day + between + date.month + between + date.year,
          date.month + between + date.day + between + date.year};
}

std::string without_zero(const std::string& number) {
  return number.front() == '0' ? number.substr(1) : number;
}

std::string month_name(const std::string& month) {
  constexpr std::array<const char*, 12> names{"jan", "feb", "mar", "apr", "may", "jun",
                                              "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::size_t number = std::size_t(month[0] - '0') * 10 + std::size_t(month[1] - '0');
  return number >= 1 && number <= names.size() ? names[number - 1] : month;
}

void add(std::vector<std::string>& all, const std::vector<std::string>& more) {
  for (const auto& each : more)
    if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(each);
}

}  // namespace

std::vector<std::string> digits_of_date(std::string_view yyyymmdd) {
  if (!is_date(yyyymmdd)) return {};
  Date date = date_of(yyyymmdd);
  std::vector<std::string> all;
  add(all, orders(date, ""));
  date.year.erase(0, 2);
  add(all, orders(date, ""));
  return all;
}

std::vector<std::string> texts_of_date(std::string_view yyyymmdd) {
  std::vector<std::string> all = digits_of_date(yyyymmdd);
  if (all.empty()) return all;
  const Date full = date_of(yyyymmdd);
  const Date bare{full.year, without_zero(full.month), without_zero(full.day)};
  const Date short_year{full.year.substr(2), full.month, full.day};
  const Date named{full.year, month_name(full.month), full.day};
  const Date named_bare{full.year, month_name(full.month), bare.day};
  for (const char* between : {".", "-", "/", "_", " ", ":"})
    for (const auto& date : {full, bare, short_year, named, named_bare}) add(all, orders(date, between));
  add(all, orders(named, ""));
  return all;
}

}  // namespace wane
