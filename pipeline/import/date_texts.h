// How people write a date: by this, dates are found in texts that must hold none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wane {

// Of "19500203": year, month and day in digits alone, in the orders that are in use, with four and two digits of the
// year: "19500203", "03021950", "02031950", "500203", "030250", "020350". Empty where it is not eight digits.
std::vector<std::string> digits_of_date(std::string_view yyyymmdd);

// The same with '.', '-', '/', '_' and blanks between, also without leading zeros where the year has four digits, and
// with English names of months; in lower case.
std::vector<std::string> texts_of_date(std::string_view yyyymmdd);

}  // namespace wane
