#include "pipeline/dataset/bids.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "imaging/error.h"
#include "pipeline/dataset/visit_dates.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

bool says(const std::vector<std::string>& sentences, const std::string& words) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const auto& s) { return s.find(words) != std::string::npos; });
}

std::vector<std::string> sessions(const DatasetParticipant& participant) {
  std::vector<std::string> names;
  for (const auto& visit : participant.visits) names.push_back(visit.session);
  return names;
}

std::vector<std::string> ids(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const auto& participant : dataset.participants) names.push_back(participant.participant_id);
  return names;
}

using Names = std::vector<std::string>;

const char* const table_of_three = "participant_id\tdose_group\tdose\nsub-1\tA\t5\nsub-2\tB\t10\nsub-10\tn/a\tn/a\n";

TEST(Bids, finds_people_and_visits_in_natural_order) {
  const TemporaryDataset data;
  data.write("participants.tsv", table_of_three);
  for (const char* id : {"sub-10", "sub-2", "sub-1"})
    for (const char* session : {"ses-10", "ses-9"}) data.scan(id, session);
  data.write("derivatives/wane/sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz");
  data.write("sourcedata/sub-5/ses-1/anat/sub-5_ses-1_T1w.nii.gz");
  data.write("sub-1/ses-9/anat/sub-1_ses-9_FLAIR.nii.gz");
  data.write("sub-1/ses-9/anat/sub-1_ses-9_T1w.json");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_EQ(ids(dataset), (Names{"sub-1", "sub-2", "sub-10"}));
  EXPECT_EQ(sessions(dataset.participants[0]), (Names{"ses-9", "ses-10"}));
  EXPECT_EQ(dataset.participants[1].dose, 10.0);
  EXPECT_EQ(dataset.participants[0].visits[0].t1w, data.folder() / "sub-1/ses-9/anat/sub-1_ses-9_T1w.nii.gz");
  EXPECT_TRUE(says(dataset.participants[2].warnings, "gives no dose group for sub-10"));
  EXPECT_TRUE(says(dataset.participants[0].warnings, "rates per year cannot be computed"));
  EXPECT_TRUE(dataset.left_out.empty());
  EXPECT_EQ(dataset.tables, (std::vector<std::filesystem::path>{data.folder() / "participants.tsv"}));
}

TEST(Bids, scans_without_sessions_are_one_visit) {
  const TemporaryDataset data;
  data.write("sub-01/anat/sub-01_T1w.nii");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_EQ(sessions(dataset.participants[0]), Names{""});
  EXPECT_TRUE(says(dataset.participants[0].warnings, "one visit only"));
  EXPECT_TRUE(says(dataset.warnings, "no participants.tsv"));
}

TEST(Bids, scans_beside_sessions_are_not_used_and_said_so) {
  const TemporaryDataset data;
  data.write("sub-01/anat/sub-01_T1w.nii");
  data.scan("sub-01", "ses-01");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  EXPECT_EQ(sessions(participant), Names{"ses-01"});
  EXPECT_TRUE(says(participant.warnings, "sub-01/anat belong to no session"));
}

TEST(Bids, people_without_scans_and_people_without_a_row) {
  const TemporaryDataset data;
  data.write("participants.tsv", table_of_three);
  data.scan("sub-1", "ses-1");
  data.scan("sub-7", "ses-1");
  data.write("sub-2/ses-1/anat/sub-2_ses-1_FLAIR.nii.gz");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_EQ(ids(dataset), (Names{"sub-1", "sub-7"}));
  EXPECT_TRUE(says(dataset.participants[1].warnings, "sub-7 is not in participants.tsv"));
  ASSERT_EQ(dataset.left_out.size(), 2u);
  EXPECT_EQ(dataset.left_out[0].participant_id, "sub-2");
  EXPECT_EQ(dataset.left_out[0].dose_group, "B");
  EXPECT_NE(dataset.left_out[0].reason.find("no T1w scan"), std::string::npos);
  EXPECT_EQ(dataset.left_out[1].participant_id, "sub-10");
  EXPECT_NE(dataset.left_out[1].reason.find("no folder sub-10"), std::string::npos);
  EXPECT_TRUE(says(dataset.warnings, "sub-2: Visit ses-1 has no T1w scan"));
}

TEST(Bids, the_last_run_of_the_commonest_kind_without_contrast_is_chosen) {
  const TemporaryDataset data;
  data.scan("sub-1", "ses-1", "_acq-mprage_run-1");
  data.scan("sub-1", "ses-1", "_acq-mprage_run-2");
  data.scan("sub-1", "ses-1", "_acq-mprage_run-10");
  data.scan("sub-1", "ses-1", "_acq-fast");
  data.scan("sub-1", "ses-1", "_ce-gd");
  data.scan("sub-1", "ses-2", "_acq-mprage");
  data.scan("sub-1", "ses-3", "_ce-gd");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  ASSERT_EQ(participant.visits.size(), 3u);
  EXPECT_EQ(participant.visits[0].t1w.filename(), "sub-1_ses-1_acq-mprage_run-10_T1w.nii.gz");
  EXPECT_TRUE(says(participant.visits[0].notes, "Of 5 T1w scans sub-1_ses-1_acq-mprage_run-10_T1w.nii.gz"));
  EXPECT_TRUE(participant.visits[1].notes.empty());
  EXPECT_TRUE(says(participant.visits[2].notes, "contrast agent"));
  EXPECT_TRUE(says(participant.warnings, "of different kinds (acq-mprage in ses-1, ce-gd in ses-3)"));
}

TEST(Bids, a_scan_named_for_somebody_else_is_not_used) {
  const TemporaryDataset data;
  data.scan("sub-1", "ses-1");
  data.write("sub-1/ses-2/anat/sub-2_ses-2_T1w.nii.gz");
  data.write("sub-1/ses-3/anat/sub-1_ses-1_T1w.nii.gz");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  EXPECT_EQ(sessions(participant), Names{"ses-1"});
  EXPECT_TRUE(says(participant.warnings, "sub-1/ses-2/anat/sub-2_ses-2_T1w.nii.gz is named for another"));
  EXPECT_TRUE(says(participant.warnings, "sub-1/ses-3/anat/sub-1_ses-1_T1w.nii.gz is named for another"));
}

TEST(Bids, a_link_to_nothing_is_a_missing_visit) {
  const TemporaryDataset data;
  data.scan("sub-1", "ses-1");
  std::filesystem::create_directories(data.folder() / "sub-1/ses-2/anat");
  std::filesystem::create_symlink("nowhere", data.folder() / "sub-1/ses-2/anat/sub-1_ses-2_T1w.nii.gz");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  EXPECT_EQ(sessions(participant), Names{"ses-1"});
  EXPECT_TRUE(says(participant.warnings, "is a link to a file that is not here"));
}

DatasetParticipant with_sessions(const std::string& table, const Names& scanned) {
  const TemporaryDataset data;
  for (const auto& session : scanned) data.scan("sub-1", session);
  data.write("sub-1/sub-1_sessions.tsv", table);
  return read_dataset(data.folder(), {}).participants.at(0);
}

TEST(Bids, days_order_the_visits) {
  const auto participant =
      with_sessions("session_id\tdays_since_baseline\nses-base\t0\nses-after\t365\nrunin\t-90\nses-lost\t200\n",
                    {"ses-base", "ses-after", "ses-runin"});
  EXPECT_EQ(sessions(participant), (Names{"ses-runin", "ses-base", "ses-after"}));
  EXPECT_EQ(participant.visits[0].days, -90.0);
  EXPECT_EQ(participant.visits[2].days, 365.0);
  EXPECT_TRUE(says(participant.warnings, "Visit ses-lost has no T1w scan (listed in sub-1/sub-1_sessions.tsv)"));
  EXPECT_EQ(participant.warnings.size(), 1u);
}

TEST(Bids, dates_become_days_since_the_earliest) {
  const auto participant = with_sessions(
      "session_id\tacq_time\nses-2\t2021-03-01T09:30:00\nses-1\t2020-02-28\nses-3\tn/a\n", {"ses-1", "ses-2", "ses-3"});
  EXPECT_EQ(sessions(participant), (Names{"ses-1", "ses-2", "ses-3"}));
  EXPECT_EQ(participant.visits[0].days, 0.0);
  EXPECT_EQ(participant.visits[1].days, 367.0);  // 2020 is a leap year: 2 days to 1 March, 365 more
  EXPECT_FALSE(participant.visits[2].days);
  EXPECT_TRUE(says(participant.warnings, "no day or date for ses-3: rates per year are computed without"));
}

TEST(Bids, broken_dates_cost_the_dates_only) {
  for (const std::string table :
       {"session_id\tacq_time\nses-1\t03/01/2020\nses-2\t2020-05-05\n", "session_id\tdays_since_baseline\nses-1\tfoo\n",
        "session_id;days_since_baseline\nses-1;0\n", "session\tdays\nses-1\t0\n",
        "session_id\tdays_since_baseline\nses-1\t0\n1\t4\n"}) {
    const auto participant = with_sessions(table, {"ses-1", "ses-2"});
    EXPECT_EQ(participant.visits.size(), 2u);
    EXPECT_FALSE(participant.visits[0].days) << table;
    EXPECT_TRUE(says(participant.warnings, "have no dates and rates per year cannot be computed")) << table;
    EXPECT_TRUE(says(participant.warnings, "sub-1/sub-1_sessions.tsv")) << table;
  }
}

TEST(Bids, doubtful_dates_are_warned_of) {
  EXPECT_TRUE(says(with_sessions("session_id\tdays_since_baseline\nses-1\t0\nses-2\t0\n", {"ses-1", "ses-2"}).warnings,
                   "Visits ses-1 and ses-2 have the same day"));
  const auto half =
      with_sessions("session_id\tdays_since_baseline\nses-1\t30\nses-2\t0\nses-3\tn/a\n", {"ses-1", "ses-2", "ses-3"});
  EXPECT_EQ(sessions(half), (Names{"ses-1", "ses-2", "ses-3"}));
  EXPECT_TRUE(says(half.warnings, "Visit ses-2 is dated before ses-1"));
}

TEST(Bids, only_calendar_dates_are_dates) {
  EXPECT_EQ(calendar_day("1970-01-01"), 0);
  EXPECT_EQ(calendar_day("2000-03-01T12:00:00.5Z"), 11017);
  for (const char* text :
       {"", "2001", "2001-02-29", "2001-13-01", "01-02-2001", "2001-02-03x", "2001/02/03", "20-1-02-03"})
    EXPECT_FALSE(calendar_day(text)) << text;
}

TEST(Bids, labels_choose_participants) {
  const TemporaryDataset data;
  data.write("participants.tsv", table_of_three);
  for (const char* id : {"sub-1", "sub-2"}) data.scan(id, "ses-1");
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"2"})), Names{"sub-2"});
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"sub-2", "1"})), (Names{"sub-1", "sub-2"}));
  const auto absent = read_dataset(data.folder(), {}, {"10"});
  EXPECT_TRUE(absent.participants.empty());
  EXPECT_EQ(absent.left_out.size(), 1u);
  try {
    read_dataset(data.folder(), {}, {"03"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "There is no participant '03' in the dataset; there are: sub-1, sub-2, sub-10.");
  }
}

TEST(Bids, folders_without_scans_are_refused) {
  const TemporaryDataset data;
  EXPECT_THROW(read_dataset(data.folder() / "none", {}), InputError);
  EXPECT_THROW(read_dataset(data.folder(), {}), InputError);
  data.write("sub-1/ses-1/func/bold.nii.gz");
  EXPECT_THROW(read_dataset(data.folder(), {}), InputError);
  data.write("file");
  EXPECT_THROW(read_dataset(data.folder() / "file", {}), InputError);
}

}  // namespace
}  // namespace wane
