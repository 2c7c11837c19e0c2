#include "pipeline/dataset/participants.h"

#include <gtest/gtest.h>

#include "base/error.h"
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

TEST(Participants, rows_that_agree_are_one) {
  const auto by_session = read(
      "participant_id\tsession_id\tdose_group\tdose\nsub-01\tses-01\tA\t1\nsub-01\tses-02\tA\t1.0\n"
      "sub-02\tses-01\tn/a\tn/a\nsub-02\tses-02\tB\t2\n");
  ASSERT_EQ(by_session.entries.size(), 2u);
  EXPECT_EQ(by_session.find("sub-01")->dose, 1.0);
  EXPECT_EQ(by_session.find("sub-02")->dose_group, "B") << "what one row lacks the other gives";
  EXPECT_TRUE(by_session.warnings.empty());
  const auto doubled = read("participant_id\tdose_group\tdose\nsub-01\tA\t1\nsub-01\tA\t1\n");
  EXPECT_EQ(doubled.entries.size(), 1u);
  ASSERT_EQ(doubled.warnings.size(), 1u);
  EXPECT_NE(doubled.warnings[0].find("sub-01 has more than one row"), std::string::npos);
}

TEST(Participants, rows_that_disagree_are_refused_with_both_lines) {
  EXPECT_NE(refusal("participant_id\tdose\nsub-01\t1\n01\t2\n")
                .find("lines 2 and 3: the rows of sub-01 disagree: dose is '1' and '2'"),
            std::string::npos);
  EXPECT_NE(refusal("participant_id\tdose_group\nsub-01\tA\nsub-02\tA\nsub-01\tB\n")
                .find("lines 2 and 4: the rows of sub-01 disagree: dose_group is 'A' and 'B'"),
            std::string::npos);
  EXPECT_NE(refusal("participant_id\tdose\nn/a\t1\n").find("participant_id is empty"), std::string::npos);
  EXPECT_NE(refusal("id\tdose\nsub-01\t1\n").find("has no column 'participant_id'; it has: id, dose"),
            std::string::npos);
}

TEST(Participants, letters_of_another_encoding_become_utf8) {
  const auto table = read("participant_id\tdose_group\tdose\nsub-01\t5 \xB5g\t1\n");
  EXPECT_EQ(table.entries[0].dose_group, "5 \xC2\xB5g");
  ASSERT_EQ(table.warnings.size(), 1u);
  EXPECT_EQ(table.warnings[0],
            "participants.tsv: the text is not UTF-8 and is read as Windows-1252 (line 2, column 10: '5 \xC2\xB5g'); "
            "check that the letters are right, and save it as UTF-8 text.");
}

TEST(Participants, labels_that_lost_their_zeros_are_completed) {
  const TemporaryDataset data;
  for (const char* id : {"sub-01", "sub-02", "sub-3", "sub-03"}) data.scan(id, "ses-01");
  data.write("participants.tsv", "participant_id\tdose\n1\t5\n2\t6\n3\t7\n9\t8\n");
  const auto table = read_participants(data.folder(), {});
  EXPECT_EQ(table.find("sub-01")->dose, 5.0);
  EXPECT_EQ(table.find("sub-02")->dose, 6.0);
  EXPECT_EQ(table.find("sub-3")->dose, 7.0) << "there is a folder of just this name";
  EXPECT_EQ(table.find("sub-9")->dose, 8.0) << "there is no folder of this number";
  ASSERT_EQ(table.warnings.size(), 2u);
  EXPECT_EQ(table.warnings[0],
            "participants.tsv: '1' in line 2 is read as sub-01, the participant of that number, and so are 1 more "
            "rows; write the whole labels.");
}

TEST(Participants, a_label_with_a_row_of_its_own_is_another_participant) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.write("participants.tsv", "participant_id\tdose\n1\t5\n01\t6\n");
  const auto table = read_participants(data.folder(), {});
  EXPECT_EQ(table.find("sub-01")->dose, 6.0);
  EXPECT_EQ(table.find("sub-1")->dose, 5.0);
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
  ASSERT_EQ(fields.size(), 8u);
  *std::get<std::string*>(fields[1].value) = "arm";
  EXPECT_EQ(options.dose_group_column, "arm");
  EXPECT_NO_THROW(options.validate());
  options.dose_column = "arm";
  EXPECT_THROW(options.validate(), UsageError);
  options.dose_column = "";
  EXPECT_THROW(options.validate(), UsageError);
}

}  // namespace
}  // namespace wane
