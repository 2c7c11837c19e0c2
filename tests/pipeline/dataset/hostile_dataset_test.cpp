// Tables and folders that were made to do harm: refused in a sentence, within bounded memory, and no label leads out of
// the folder it names.
#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/dataset/bids.h"
#include "pipeline/dataset/file_label.h"
#include "pipeline/dataset/visit_dates.h"
#include "tests/broken/limited_memory.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

std::string refusal(const std::string& table) {
  try {
    participants_in(parse_tsv(table, "participants.tsv"), {}, "");
    return "no error";
  } catch (const InputError& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr std::size_t mebibyte = std::size_t(1) << 20;

TEST(HostileTable, AMillionColumnsAreRefused) {
  std::string header = "participant_id";
  for (int n = 0; n < 1'000'000; ++n) header += "\tc" + std::to_string(n);
  const broken::LimitedMemory limit(64 * mebibyte);
  EXPECT_TRUE(contains(refusal(header + "\n"), "more than 20000 columns")) << refusal(header + "\n");
}

TEST(HostileTable, AsManyColumnsAsASpreadsheetHasAreReadSoon) {
  std::string header = "participant_id", row = "sub-01";
  for (int n = 1; n < 16'384; ++n) {
    header += "\tc" + std::to_string(n);
    row += "\t1";
  }
  EXPECT_EQ(parse_tsv(header + "\n" + row + "\n", "t.tsv").columns.size(), 16'384U);
}

TEST(HostileTable, MoreRowsThanAnyTableHasAreRefused) {
  std::string table = "participant_id\tdose\n";
  while (table.size() < 30 * mebibyte) table += "s\t1\n";
  const broken::LimitedMemory limit(std::size_t(1) << 30);
  EXPECT_TRUE(contains(refusal(table), "more than 10000000 cells")) << refusal(table);
  std::string lines;
  while (lines.size() < 40 * mebibyte) lines += "s\n";
  EXPECT_TRUE(contains(refusal(lines), "more than 10000000 lines")) << refusal(lines);
}

TEST(HostileTable, ARowOfTabsIsRefusedWithoutMemory) {
  const std::string table = "participant_id\tdose\n" + std::string(60 * mebibyte, '\t') + "x\n";
  const broken::LimitedMemory limit(32 * mebibyte);
  EXPECT_TRUE(contains(refusal(table), "columns")) << refusal(table);
}

TEST(HostileTable, ACellOfMegabytesIsNotPrinted) {
  const std::string message = refusal("participant_id\tdose\nsub-01\t" + std::string(10 * mebibyte, '9') + "x\n");
  EXPECT_TRUE(contains(message, "is not a number")) << message;
  EXPECT_LE(message.size(), 1000U);
}

TEST(FileLabel, WhatLeadsElsewhereOrBreaksALineIsNamed) {
  for (const char* label : {"sub-01", "sub-ABC_d.1+2", "ses-Größe", "sub-患者", "sub-..", "sub-a b"})
    EXPECT_EQ(file_label_problem(label), "") << label;
  EXPECT_EQ(file_label_problem("sub-../../x"), "holds a '/'");
  EXPECT_EQ(file_label_problem("sub-/etc/passwd"), "holds a '/'");
  EXPECT_EQ(file_label_problem(".."), "is no name");
  EXPECT_EQ(file_label_problem(""), "is no name");
  EXPECT_EQ(file_label_problem("sub-" + std::string(77, 'x')), "is longer than 80 bytes");
  for (const std::string label : {"sub-\n01", "sub-\t", "sub-\x1b[2J", "sub-\xff", "sub-\x7f"})
    EXPECT_TRUE(contains(file_label_problem(label), "control characters")) << label;
}

TEST(HostileTable, NamesThatLeadElsewhereAreRefused) {
  for (const std::string id : {"../../x", "sub-../../x", "/etc/passwd", "a/b", "x\x1b[2Jy"})
    EXPECT_TRUE(contains(refusal("participant_id\tdose\nsub-01\t1\n" + id + "\t1\n"), "participants.tsv, line 3: "))
        << id;
  // 0xFF alone would be a letter of Windows-1252, 0x81 is none of any encoding that is read.
  EXPECT_TRUE(contains(refusal("participant_id\tdose\nsub-01\t1\nx\x81y\t1\n"), "participants.tsv, line 3, "));
  EXPECT_TRUE(contains(refusal("participant_id\tdose_group\nsub-01\t\x1b]0;x\x07\n"), "control characters"));
}

TEST(HostileTable, VisitsThatLeadElsewhereAreRefused) {
  const Table sessions = parse_tsv("session_id\tdays_since_baseline\nses-01\t0\n../../x\t1\n", "sessions.tsv");
  EXPECT_THROW(visit_dates(sessions, {}), InputError);
}

TEST(HostileFolders, AParticipantWhoseFolderCannotNameFilesIsLeftOut) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.scan("sub-0\n2", "ses-01");
  data.scan("sub-" + std::string(100, 'x'), "ses-01");
  const Dataset dataset = read_dataset(data.folder(), {});
  ASSERT_EQ(dataset.participants.size(), 1U);
  EXPECT_EQ(dataset.participants[0].participant_id, "sub-01");
  ASSERT_EQ(dataset.left_out.size(), 2U);
  for (const LeftOut& left_out : dataset.left_out) {
    EXPECT_TRUE(contains(left_out.reason, "the name of its folder")) << left_out.reason;
    EXPECT_EQ(one_line(left_out.participant_id), left_out.participant_id);
  }
}

TEST(HostileFolders, AVisitWhoseFolderCannotNameFilesIsNotUsed) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.scan("sub-01", "ses-0\x1b[2J");
  data.write("sub-01/ses-01/anat/sub-01_ses-01_acq-\xff_T1w.nii.gz");
  const Dataset dataset = read_dataset(data.folder(), {});
  ASSERT_EQ(dataset.participants.size(), 1U);
  ASSERT_EQ(dataset.participants[0].visits.size(), 1U);
  EXPECT_EQ(dataset.participants[0].visits[0].t1w.filename(), "sub-01_ses-01_T1w.nii.gz");
  int said = 0;
  for (const auto& warning : dataset.participants[0].warnings) {
    said += contains(warning, "not used; rename") ? 1 : 0;
    EXPECT_EQ(one_line(warning), warning);
  }
  EXPECT_EQ(said, 2);
}

TEST(HostileFolders, ASidecarOfAMillionLevelsIsAWarning) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.write("participants.tsv", "participant_id\tdose_group\tdose\nsub-01\tA\t1\n");
  data.write("participants.json", std::string(1'000'000, '['));
  const Dataset dataset = read_dataset(data.folder(), {});
  EXPECT_EQ(dataset.dose_unit, "");
  ASSERT_FALSE(dataset.warnings.empty());
  EXPECT_TRUE(contains(dataset.warnings.front(), "participants.json is not valid JSON"));
}

}  // namespace
}  // namespace wane
