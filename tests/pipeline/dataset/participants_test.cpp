#include "pipeline/dataset/participants.h"

#include <gtest/gtest.h>

#include "imaging/error.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

ParticipantsTable read(const std::string& table, const DatasetOptions& options = {}) {
  const TemporaryDataset data;
  data.write("participants.tsv", table);
  return read_participants(data.folder(), options);
}

std::string refusal(const std::string& table, const DatasetOptions& options = {}) {
  try {
    read(table, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Participants, reads_groups_and_doses) {
  const auto table = read("participant_id\tage\tdose_group\tdose\nsub-01\t50\tC\t16\n02\t41\tn/a\tn/a\n");
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_TRUE(table.found);
  EXPECT_EQ(table.entries[0].dose_group, "C");
  EXPECT_EQ(table.entries[0].dose, 16.0);
  EXPECT_EQ(table.entries[1].participant_id, "sub-02");
  EXPECT_FALSE(table.entries[1].dose_group);
  EXPECT_FALSE(table.entries[1].dose);
  EXPECT_TRUE(table.warnings.empty());
  EXPECT_EQ(table.find("sub-03"), nullptr);
  EXPECT_EQ(table.find("sub-01"), &table.entries[0]);
}

TEST(Participants, a_missing_table_is_a_warning) {
  const TemporaryDataset data;
  const auto table = read_participants(data.folder(), {});
  EXPECT_FALSE(table.found);
  ASSERT_EQ(table.warnings.size(), 1u);
  EXPECT_NE(table.warnings[0].find("no participants.tsv"), std::string::npos);
}

TEST(Participants, text_in_dose_names_line_and_text) {
  EXPECT_NE(refusal("participant_id\tdose_group\tdose\nsub-01\tA\tlow\n")
                .find("participants.tsv, line 2: dose 'low' is not a number"),
            std::string::npos);
}

TEST(Participants, nobody_is_listed_twice) {
  EXPECT_NE(refusal("participant_id\tdose\nsub-01\t1\n01\t2\n").find("line 3: sub-01 is already in line 2"),
            std::string::npos);
  EXPECT_NE(refusal("participant_id\tdose\nn/a\t1\n").find("participant_id is empty"), std::string::npos);
  EXPECT_NE(refusal("id\tdose\nsub-01\t1\n").find("has no column 'participant_id'; it has: id, dose"),
            std::string::npos);
}

TEST(Participants, columns_may_have_other_names) {
  DatasetOptions options;
  options.participant_column = "code";
  options.dose_group_column = "arm";
  options.dose_column = "cells";
  const auto table = read("code\tarm\tcells\nP1\tTrA\t0.7\n", options);
  EXPECT_EQ(table.entries[0].participant_id, "sub-P1");
  EXPECT_EQ(table.entries[0].dose_group, "TrA");
  EXPECT_EQ(table.entries[0].dose, 0.7);
  EXPECT_NE(refusal("code\tdose_group\nP1\tA\n", options).find("has no column 'arm'"), std::string::npos);
}

TEST(Participants, missing_usual_columns_are_warned_of) {
  const auto table = read("participant_id\nsub-01\n");
  ASSERT_EQ(table.warnings.size(), 2u);
  EXPECT_NE(table.warnings[0].find("no column 'dose_group'"), std::string::npos);
  EXPECT_NE(table.warnings[1].find("no column 'dose'"), std::string::npos);
}

TEST(Participants, odd_groups_are_warned_of) {
  const auto table = read("participant_id\tdose_group\tdose\nsub-1\tA\t1\nsub-2\tA\t2\nsub-3\ta\t-1\n");
  ASSERT_EQ(table.warnings.size(), 3u);
  EXPECT_NE(table.warnings[0].find("sub-3 is negative"), std::string::npos);
  EXPECT_NE(table.warnings[1].find("'A' has 2 different doses"), std::string::npos);
  EXPECT_NE(table.warnings[2].find("'A' and 'a' differ only in capital letters"), std::string::npos);
}

TEST(Participants, the_unit_of_dose_is_in_the_sidecar) {
  const TemporaryDataset data;
  data.write("participants.tsv", "participant_id\tdose_group\tdose\nsub-01\tA\t5\n");
  data.write("participants.json", R"({"dose": {"Description": "cells", "Units": "million cells"}})");
  EXPECT_EQ(read_participants(data.folder(), {}).dose_unit, "million cells");
  data.write("participants.json", "{broken");
  const auto table = read_participants(data.folder(), {});
  EXPECT_EQ(table.dose_unit, "");
  EXPECT_EQ(table.warnings.size(), 1u);
}

TEST(DatasetOptions, one_table_of_fields_reaches_every_option) {
  DatasetOptions options;
  const auto fields = option_fields(options);
  ASSERT_EQ(fields.size(), 6u);
  *std::get<std::string*>(fields[1].value) = "arm";
  EXPECT_EQ(options.dose_group_column, "arm");
  EXPECT_NO_THROW(options.validate());
  options.dose_column = "arm";
  EXPECT_THROW(options.validate(), UsageError);
  options.dose_column = "";
  EXPECT_THROW(options.validate(), UsageError);
}

TEST(Covariates, are_columns_by_participant_without_the_missing) {
  const TemporaryDataset data;
  data.write("participants.tsv", "participant_id\tage\tsex\nsub-01\t50\tF\n02\tn/a\tM\n");
  const auto covariates = read_covariates(data.folder(), {}, "age, sex");
  ASSERT_EQ(covariates.size(), 2u);
  EXPECT_EQ(covariates[0].value_of, (std::map<std::string, std::string>{{"sub-01", "50"}}));
  EXPECT_EQ(covariates[1].value_of.at("sub-02"), "M");
  EXPECT_TRUE(read_covariates(data.folder(), {}, "").empty());
  try {
    read_covariates(data.folder(), {}, "site");
    FAIL() << "a column that is not there was read";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("has no column 'site'; it has: participant_id, age, sex"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace wane
