// Values that R computed: reference/make_reference.R, recorded in reference/reference.json.
#pragma once

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/statistics/mixed_model.h"

namespace wane::reference {

inline const nlohmann::json& all() {
  static const nlohmann::json json = [] {
    std::ifstream stream(WANE_SOURCE_DIR "/tests/pipeline/statistics/reference/reference.json");
    if (!stream) throw std::runtime_error("the recorded values of R are missing");
    return nlohmann::json::parse(stream);
  }();
  return json;
}

inline const nlohmann::json& set(const std::string& name) {
  return all().at("sets").at(name);
}

inline std::vector<double> numbers(const nlohmann::json& json) {
  return json.get<std::vector<double>>();
}

// y ~ years * dose, as R orders the columns: 1, years, dose, years x dose.
inline std::vector<ModelSubject> subjects(const nlohmann::json& visits) {
  std::vector<ModelSubject> result;
  const auto ids = visits.at("id").get<std::vector<std::string>>();
  const auto dose = numbers(visits.at("dose")), years = numbers(visits.at("years")), y = numbers(visits.at("y"));
  for (std::size_t begin = 0; begin < ids.size();) {
    std::size_t end = begin;
    while (end < ids.size() && ids[end] == ids[begin]) ++end;
    const auto rows = static_cast<Eigen::Index>(end - begin);
    ModelSubject subject{Eigen::MatrixXd(rows, 4), Eigen::VectorXd(rows), Eigen::VectorXd(rows)};
    for (Eigen::Index r = 0; r < rows; ++r) {
      const std::size_t i = begin + static_cast<std::size_t>(r);
      subject.fixed.row(r) << 1, years[i], dose[i], years[i] * dose[i];
      subject.years(r) = years[i];
      subject.values(r) = y[i];
    }
    result.push_back(subject);
    begin = end;
  }
  return result;
}

}  // namespace wane::reference
