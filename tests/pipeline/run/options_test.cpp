#include "pipeline/run/options.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/near_names.h"

namespace wane {
namespace {

std::string refusal(const nlohmann::json& config) {
  RunOptions options;
  try {
    apply_config(config, "c.json", options);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ConfigSetsWhatItNamesAndLeavesTheRest) {
  RunOptions options;
  const double margin = options.align.margin_mm;
  apply_config({{"align", {{"spacing_mm", 1.5}}}, {"dataset", {{"dose_column", "cells"}}}}, "c.json", options);
  EXPECT_EQ(options.align.spacing_mm, 1.5);
  EXPECT_EQ(options.dataset.dose_column, "cells");
  EXPECT_EQ(options.align.margin_mm, margin);
}

TEST(Options, WhatIsDumpedReadsBackTheSame) {
  RunOptions options;
  options.align.spacing_mm = 1.25;
  options.dataset.days_column = "days";
  RunOptions read;
  apply_config(options_json(options), "c.json", read);
  EXPECT_EQ(options_json(read), options_json(options));
}

TEST(Options, UnknownNamesAreRefusedWithTheNearestKnown) {
  EXPECT_NE(refusal({{"aling", nlohmann::json::object()}}).find("Did you mean align"), std::string::npos);
  const std::string key = refusal({{"align", {{"spacing", 1.5}}}});
  EXPECT_NE(key.find("\"spacing\""), std::string::npos);
  EXPECT_NE(key.find("spacing_mm"), std::string::npos);
  EXPECT_NE(key.find("c.json"), std::string::npos);
  EXPECT_NE(refusal({{"align", {{"xyzzy", 1.5}}}}).find("Known are"), std::string::npos);
}

TEST(Options, WrongTypesAreRefused) {
  EXPECT_NE(refusal({{"align", {{"spacing_mm", "1.5"}}}}).find("has to be a number (mm)"), std::string::npos);
  EXPECT_NE(refusal({{"measure", {{"iterations", 2.5}}}}).find("a whole number"), std::string::npos);
  EXPECT_NE(refusal({{"dataset", {{"dose_column", 3}}}}).find("a text"), std::string::npos);
  EXPECT_NE(refusal({{"align", 3}}).find("an object"), std::string::npos);
  EXPECT_NE(refusal(nlohmann::json::array()).find("JSON object"), std::string::npos);
}

TEST(Options, WholeNumbersDoForNumbers) {
  EXPECT_EQ(refusal({{"align", {{"spacing_mm", 2}}}}), "");
}

TEST(Options, EveryFieldHasItsOwnFlagAndSomeHelp) {
  RunOptions options;
  std::set<std::string> flags;
  for (const auto& section : option_sections(options))
    for (const auto& field : section.fields) {
      EXPECT_TRUE(flags.insert(flag_name(section, field)).second) << flag_name(section, field);
      EXPECT_FALSE(field.help.empty()) << field.name;
    }
  EXPECT_TRUE(flags.contains("--align-spacing-mm"));
}

TEST(Options, WhatWasLearnedOrPublishedSaysFromWhat) {
  RunOptions options;
  std::size_t learned = 0;
  for (const auto& section : option_sections(options))
    for (const auto& field : section.fields) {
      if (field.origin.kind == OptionOrigin::Kind::choice) continue;
      ++learned;
      EXPECT_GT(field.origin.where.size(), 10U) << section.name << "." << field.name;
    }
  EXPECT_GT(learned, 30U);
}

TEST(Options, ANumberThatIsNoneIsRefusedWhicheverOptionItIs) {
  RunOptions options;
  for (const auto& section : option_sections(options))
    for (const auto& field : section.fields) {
      double* const* number = std::get_if<double*>(&field.value);
      if (!number) continue;
      const double before = **number;
      for (const double senseless : {std::nan(""), std::numeric_limits<double>::infinity(), -1e9}) {
        **number = senseless;
        EXPECT_THROW(options.validate(), UsageError) << section.name << "." << field.name << " = " << senseless;
      }
      **number = before;
    }
}

TEST(Options, DefaultsAndSloppyAreValid) {
  RunOptions options;
  options.validate();
  make_sloppy(options);
  options.validate();
}

TEST(Options, AsCoarseAsSloppyAreSloppyWhoeverSetThem) {
  RunOptions options;
  EXPECT_FALSE(is_sloppy(options));
  make_sloppy(options);
  EXPECT_TRUE(is_sloppy(options));
  RunOptions by_hand;
  by_hand.measure.iterations = options.measure.iterations;
  EXPECT_TRUE(is_sloppy(by_hand));
}

TEST(NearNames, FindsMisspellingsAndPartsOfNames) {
  const std::vector<std::string> names = {"spacing_mm", "margin_mm", "iterations"};
  EXPECT_EQ(near_names("spaceing_mm", names), std::vector<std::string>{"spacing_mm"});
  EXPECT_EQ(near_names("margin", names), std::vector<std::string>{"margin_mm"});
  EXPECT_TRUE(near_names("zebra", names).empty());
}

TEST(FlagName, OptionsOfTheReportsCarryNoPrefix) {
  RunOptions options;
  for (const OptionSection& section : option_sections(options))
    for (const OptionField& field : section.fields) {
      if (field.name == "baseline_after_days") {
        EXPECT_EQ(flag_name(section, field), "--baseline-after-days");
      }
      if (field.name == "dose_column") {
        EXPECT_EQ(flag_name(section, field), "--dataset-dose-column");
      }
    }
}

TEST(GroupOptions, ValuesThatCannotBeAreRefused) {
  RunOptions options;
  options.group.scale = "cubic";
  EXPECT_THROW(options.validate(), UsageError);
  options.group.scale = "log";
  EXPECT_NO_THROW(options.validate());
  options.group.baseline_after_days = -1;
  EXPECT_THROW(options.validate(), UsageError);
  options.group.baseline_after_days = 180;
  options.group.next_visits = 1;
  EXPECT_THROW(options.validate(), UsageError);
}

}  // namespace
}  // namespace wane
