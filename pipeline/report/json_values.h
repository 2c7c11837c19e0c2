// How values are written in every report: rounded to what they can mean, never NaN, always in the same order.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/provenance.h"
#include "pipeline/measurement/volumes.h"

namespace wane {

inline constexpr int decimals_ml = 3;
inline constexpr int decimals_percent = 4;
inline constexpr int decimals_days = 3;
inline constexpr int decimals_dose = 6;
inline constexpr int decimals_quality = 6;
inline constexpr int decimals_p = 10;

// To so many decimals, and never -0. Values that are not finite stay as they are.
double rounded(double value, int decimals);

// null where there is no finite value.
nlohmann::ordered_json number_json(std::optional<double> value, int decimals);
nlohmann::ordered_json text_json(const std::optional<std::string>& text);
nlohmann::ordered_json percent_json(const TissueValues& values);  // {"brain", "gray_matter", "white_matter"}

// "schema", "sign_convention" and "version", which every report begins with, and "sloppy" where it is true.
nlohmann::ordered_json report_head(const std::string& schema, const Provenance& provenance);

// [{"path", "sha256"}, ...], in the order given; "hmac_sha256" in place of "sha256" where the hash is keyed.
nlohmann::ordered_json inputs_json(const std::vector<InputFile>& inputs);

// Adds "options" and "inputs", which every report ends with. Throws std::logic_error where the options are not JSON.
void add_provenance(nlohmann::ordered_json& report, const Provenance& provenance);

// Indented by two blanks, newline at the end; bytes that are not UTF-8 are replaced.
std::string json_text(const nlohmann::ordered_json& json);

// The same on one line, without a newline.
std::string json_line(const nlohmann::ordered_json& json);

// Long lists of a report, one line for each entry: a trial of 100 000 participants must not be held as a tree.
class JsonRows {
 public:
  // `depth`: 1 for a member of the report itself, 2 for one of a member of it. No two lists of the same depth may have
  // the same key.
  explicit JsonRows(std::string key, std::size_t depth = 1) : key_(std::move(key)), depth_(depth) {}
  void add(const nlohmann::ordered_json& entry);
  void add_line(const std::string& entry);  // as json_line writes it

  // Puts an empty list under the key, to be filled by json_text.
  void place_in(nlohmann::ordered_json& parent) const;

 private:
  friend std::string json_text(const nlohmann::ordered_json& json, const std::vector<const JsonRows*>& lists);
  std::string key_, lines_;
  std::size_t depth_;
};
std::string json_text(const nlohmann::ordered_json& json, const std::vector<const JsonRows*>& lists);

std::string json_line(const nlohmann::ordered_json& json);

// The list "inputs" for json_text; "options" is left to add_provenance.
JsonRows input_rows(const Provenance& provenance);

}  // namespace wane
