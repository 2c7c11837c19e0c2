// The tables of tissues say the same in every form. Each is read here as its viewer reads it.
#include "pipeline/report/tissue_labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace wane {
namespace {

struct Entry {
  std::string name;
  int red = 0, green = 0, blue = 0;
  bool operator==(const Entry&) const = default;
};
void PrintTo(const Entry& entry, std::ostream* out) {
  *out << entry.name << " " << entry.red << " " << entry.green << " " << entry.blue;
}
using Entries = std::map<int, Entry>;

std::vector<std::string> rows_of(const std::string& ending) {
  for (const LabelFile& file : tissue_label_files()) {
    if (!file.name.ends_with(ending)) continue;
    std::vector<std::string> rows;
    std::istringstream text(file.text);
    for (std::string row; std::getline(text, row);)
      if (!row.starts_with('#')) rows.push_back(row);
    return rows;
  }
  return {};
}

Entries expected() {
  Entries entries;
  for (const TissueLabel& label : tissue_labels)
    entries[label.index] = {label.name, label.color.red, label.color.green, label.color.blue};
  return entries;
}

TEST(TissueLabels, AreTheNumbersOfTheMaps) {
  EXPECT_EQ(tissue_label_map().dump(), R"({"1":"CSF","2":"GM","3":"WM"})");
  EXPECT_EQ(expected().size(), 3U);
}

TEST(TissueLabels, ForBidsWithColorsInHexadecimal) {
  const auto rows = rows_of("dseg.tsv");
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0], "index\tname\tabbreviation\tcolor\tmapping");
  Entries entries;
  for (std::size_t n = 1; n < rows.size(); ++n) {
    std::istringstream cells(rows[n]);
    std::string index, name, abbreviation, color, mapping;
    for (std::string* cell : {&index, &name, &abbreviation, &color, &mapping})
      ASSERT_TRUE(std::getline(cells, *cell, '\t')) << rows[n];
    ASSERT_EQ(color.size(), 7U) << color;
    const int rgb = std::stoi(color.substr(1), nullptr, 16);
    entries[std::stoi(index)] = {name, rgb >> 16, rgb >> 8 & 255, rgb & 255};
    EXPECT_EQ(tissue_label_map()[index], abbreviation);
    // https://bids-specification.readthedocs.io/en/v1.8.0/derivatives/imaging.html#standardized-labels
    const std::map<std::string, std::string> standard{{"GM", "1"}, {"WM", "2"}, {"CSF", "3"}};
    EXPECT_EQ(standard.at(abbreviation), mapping);
  }
  EXPECT_EQ(entries, expected());
}

TEST(TissueLabels, ForFsleyesInAscendingOrderWithColorsFrom0To1) {
  Entries entries;
  int last = 0;
  for (const std::string& row : rows_of(".lut")) {
    std::istringstream words(row);
    int index = 0;
    double red = -1, green = -1, blue = -1;
    std::string name;
    ASSERT_TRUE(words >> index >> red >> green >> blue >> std::ws && std::getline(words, name)) << row;
    for (const double part : {red, green, blue}) EXPECT_TRUE(part >= 0 && part <= 1) << row;
    EXPECT_GT(index, last);
    last = index;
    const auto byte = [](double part) { return int(std::lround(255 * part)); };
    entries[index] = {name, byte(red), byte(green), byte(blue)};
  }
  EXPECT_EQ(entries, expected());
}

TEST(TissueLabels, ForItkSnapWithNothingAtZero) {
  Entries entries;
  for (const std::string& row : rows_of(".txt")) {
    std::istringstream words(row);
    int index = -1, visible = -1, mesh = -1;
    double opacity = -1;
    Entry entry;
    ASSERT_TRUE(words >> index >> entry.red >> entry.green >> entry.blue >> opacity >> visible >> mesh >> std::ws);
    std::getline(words, entry.name);
    ASSERT_TRUE(entry.name.size() > 2 && entry.name.front() == '"' && entry.name.back() == '"') << row;
    entry.name = entry.name.substr(1, entry.name.size() - 2);
    EXPECT_EQ(visible, index == 0 ? 0 : 1);
    EXPECT_EQ(mesh, visible);
    EXPECT_EQ(opacity, visible);
    if (index != 0) entries[index] = entry;
  }
  EXPECT_EQ(entries, expected());
}

TEST(TissueLabels, ForSlicerWithUnderscoresForBlanks) {
  Entries entries;
  for (const std::string& row : rows_of(".ctbl")) {
    std::istringstream words(row);
    int index = -1, opacity = -1;
    Entry entry;
    std::string rest;
    ASSERT_TRUE(words >> index >> entry.name >> entry.red >> entry.green >> entry.blue >> opacity) << row;
    EXPECT_FALSE(words >> rest) << row;
    EXPECT_EQ(opacity, index == 0 ? 0 : 255);
    std::replace(entry.name.begin(), entry.name.end(), '_', ' ');
    if (index != 0) entries[index] = entry;
  }
  EXPECT_EQ(entries, expected());
}

}  // namespace
}  // namespace wane
