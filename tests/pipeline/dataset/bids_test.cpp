#include "pipeline/dataset/bids.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"
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
  ASSERT_EQ(dataset.tables.size(), 1U);
  EXPECT_EQ(dataset.tables[0].file, data.folder() / "participants.tsv");
  EXPECT_EQ(dataset.tables[0].sha256, sha256_of_file(data.folder() / "participants.tsv"));
}

TEST(Bids, scans_without_sessions_are_one_visit) {
  const TemporaryDataset data;
  data.write("sub-01/anat/sub-01_T1w.nii");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_EQ(sessions(dataset.participants[0]), Names{""});
  EXPECT_TRUE(says(dataset.participants[0].warnings, "only one visit"));
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
  EXPECT_EQ(dataset.left_out[0].dose, 10.0);
  EXPECT_FALSE(dataset.left_out[1].dose);
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
  EXPECT_EQ(participant.visits[1].acquired, "2021-03-01") << "without the time of day";
  EXPECT_FALSE(participant.visits[2].acquired);
  EXPECT_TRUE(says(participant.warnings, "no day or date for ses-3: rates per year are computed without"));
}

TEST(Bids, dates_beside_days_are_shown_and_one_that_cannot_be_read_costs_nothing) {
  const auto participant = with_sessions(
      "session_id\tdays_since_baseline\tacq_time\nses-1\t0\t2020-02-28T10:00:00\nses-2\t365\t03/01/2021\n",
      {"ses-1", "ses-2"});
  EXPECT_EQ(participant.visits[0].acquired, "2020-02-28");
  EXPECT_FALSE(participant.visits[1].acquired);
  EXPECT_EQ(participant.visits[1].days, 365.0);
  EXPECT_TRUE(participant.warnings.empty());
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
  EXPECT_EQ(calendar_day("20000301"), 11017) << "ISO 8601 has a form without dashes";
  EXPECT_EQ(calendar_day("20000301T120000"), 11017);
  for (const char* text : {"", "2001", "2001-02-29", "2001-13-01", "01-02-2001", "2001-02-03x", "2001/02/03",
                           "20-1-02-03", "01/02/2020", "20010229", "20010203x", "2001020", "43832", "2001-0203"})
    EXPECT_FALSE(calendar_day(text)) << text;
}

TEST(Bids, the_reason_for_missing_dates_is_kept_for_where_the_person_is_listed) {
  const auto ambiguous =
      with_sessions("session_id\tacq_time\nses-1\t01/02/2020\nses-2\t01/02/2021\n", {"ses-1", "ses-2"});
  EXPECT_EQ(ambiguous.no_dates_because,
            "sub-1/sub-1_sessions.tsv, line 2: acq_time '01/02/2020' is not a date that can be read with certainty; "
            "write year-month-day (2024-03-31), or n/a");
  EXPECT_FALSE(ambiguous.order_known);
  const auto none = with_sessions("session_id\tacq_time\nses-1\t2020-01-01\nses-2\tn/a\n", {"ses-1", "ses-2"});
  EXPECT_EQ(none.no_dates_because, "sub-1/sub-1_sessions.tsv gives no day or date for ses-2");
  const auto two_of_three =
      with_sessions("session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2021-01-01\n", {"ses-1", "ses-2", "ses-3"});
  EXPECT_EQ(two_of_three.no_dates_because, "");
  EXPECT_FALSE(two_of_three.order_known);
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) data.scan("sub-1", session);
  EXPECT_EQ(read_dataset(data.folder(), {}).participants[0].no_dates_because,
            "there is no sub-1/sub-1_sessions.tsv with the days or dates of the visits");
}

TEST(Bids, compact_dates_are_read) {
  const auto participant =
      with_sessions("session_id\tacq_time\nses-1\t20200102\nses-2\t20210102\n", {"ses-1", "ses-2"});
  EXPECT_EQ(participant.visits[1].days, 366.0);
  EXPECT_TRUE(participant.warnings.empty());
  EXPECT_TRUE(participant.order_known);
}

TEST(Bids, sessions_that_lost_their_zeros_are_completed_and_said) {
  const auto participant = with_sessions("session_id\tdays_since_baseline\n1\t0\n2\t365\n", {"ses-01", "ses-02"});
  EXPECT_EQ(participant.visits[0].days, 0.0);
  EXPECT_EQ(participant.visits[1].days, 365.0);
  EXPECT_EQ(participant.warnings, Names{"sub-1/sub-1_sessions.tsv: session_id is read 1 as ses-01, 2 as ses-02."});
  const auto ambiguous = with_sessions("session_id\tdays_since_baseline\n001\t7\n", {"ses-1", "ses-01"});
  EXPECT_FALSE(ambiguous.visits[0].days);
  EXPECT_FALSE(ambiguous.visits[1].days);
  EXPECT_TRUE(says(ambiguous.warnings, "Visit ses-001 has no T1w scan"));
}

// heudiconv writes scans.tsv and no sessions.tsv.
TEST(Bids, dates_of_the_chosen_scans_are_used_where_sessions_have_none) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) {
    data.scan("sub-1", session, "_run-1");
    data.scan("sub-1", session, "_run-2");
  }
  data.write("sub-1/ses-1/sub-1_ses-1_scans.tsv",
             "filename\tacq_time\nanat/sub-1_ses-1_run-1_T1w.nii.gz\t2020-12-31T23:00:00\n"
             "anat/sub-1_ses-1_run-2_T1w.nii.gz\t2021-01-01T09:00:00\n");
  data.write("sub-1/ses-2/sub-1_ses-2_scans.tsv", "filename\tacq_time\nanat/sub-1_ses-2_run-2_T1w.nii\t2022-01-01\n");
  const auto dataset = read_dataset(data.folder(), {});
  const auto& participant = dataset.participants[0];
  EXPECT_EQ(participant.visits[0].days, 0.0);
  EXPECT_EQ(participant.visits[1].days, 365.0) << "of run 2, which is measured";
  EXPECT_EQ(participant.visits[0].acquired, "2021-01-01");
  EXPECT_TRUE(participant.warnings.empty());
  EXPECT_TRUE(participant.order_known);
  EXPECT_EQ(dataset.tables.size(), 2u);
}

TEST(Bids, dates_of_scans_may_stand_in_the_participants_folder) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) data.scan("sub-1", session);
  data.write("sub-1/sub-1_scans.tsv",
             "filename\tacq_time\nses-1/anat/sub-1_ses-1_T1w.nii.gz\t2021-01-01\n"
             "ses-2/anat/sub-1_ses-2_T1w.nii.gz\t2021-01-31\n");
  EXPECT_EQ(read_dataset(data.folder(), {}).participants[0].visits[1].days, 30.0);
}

TEST(Bids, the_table_that_dates_more_visits_is_used) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) {
    data.scan("sub-1", session);
    const std::string day = session == std::string("ses-1") ? "2021-01-01" : "2021-01-31";
    data.write("sub-1/" + std::string(session) + "/sub-1_" + session + "_scans.tsv",
               "filename\tacq_time\nanat/sub-1_" + std::string(session) + "_T1w.nii.gz\t" + day + "\n");
  }
  const auto days_with = [&](const std::string& sessions_table) {
    data.write("sub-1/sub-1_sessions.tsv", sessions_table);
    return read_dataset(data.folder(), {}).participants[0].visits[1].days;
  };
  EXPECT_EQ(days_with("session_id\tdays_since_baseline\nses-1\t0\nses-2\t365\n"), 365.0);
  EXPECT_EQ(days_with("session_id\tdays_since_baseline\nses-1\t0\nses-2\tn/a\n"), 30.0);
  EXPECT_EQ(days_with("session_id\tage\nses-1\t50\nses-2\t51\n"), 30.0);
  EXPECT_EQ(days_with("session_id\tacq_time\nses-1\t01/02/2021\nses-2\t01/03/2021\n"), 30.0);
  EXPECT_TRUE(says(read_dataset(data.folder(), {}).participants[0].warnings,
                   "The dates of sub-1/ses-1/sub-1_ses-1_scans.tsv and the tables like it are used instead."));
}

TEST(Bids, a_broken_date_of_a_scan_is_the_reason_for_no_rate) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) data.scan("sub-1", session);
  data.write("sub-1/sub-1_scans.tsv", "filename\tacq_time\nses-1/anat/sub-1_ses-1_T1w.nii.gz\t1/2/21\n");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  EXPECT_NE(participant.no_dates_because.find("sub-1/sub-1_scans.tsv, line 2: acq_time '1/2/21'"), std::string::npos);
  EXPECT_TRUE(says(participant.warnings, "rates per year cannot be computed"));
}

TEST(Bids, dates_that_no_trial_has_are_warned_of) {
  const auto far = with_sessions("session_id\tdays_since_baseline\nses-1\t0\nses-2\t40000\n", {"ses-1", "ses-2"});
  EXPECT_TRUE(says(far.warnings, "Between visits ses-1 and ses-2 lie 110 years"));
  EXPECT_TRUE(says(far.warnings, "Visit ses-2 is dated 110 years from the baseline"));
  const auto shifted =
      with_sessions("session_id\tacq_time\nses-1\t1921-01-01\nses-2\t2021-01-01\n", {"ses-1", "ses-2"});
  EXPECT_TRUE(says(shifted.warnings, "Between visits ses-1 and ses-2 lie 100 years"));
  const auto swapped = with_sessions("session_id\tdays_since_baseline\nses-01\t365\nses-02\t0\n", {"ses-01", "ses-02"});
  EXPECT_EQ(sessions(swapped), (Names{"ses-02", "ses-01"}));
  EXPECT_TRUE(says(swapped.warnings, "Visit ses-02 is dated before ses-01, though its number is higher"));
  EXPECT_TRUE(swapped.order_known);
  EXPECT_FALSE(with_sessions("session_id\tdays_since_baseline\nses-1\t0\nses-2\t0\n", {"ses-1", "ses-2"}).order_known);
}

TEST(Bids, dates_in_the_future_are_warned_of) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) data.scan("sub-1", session);
  data.write("sub-1/sub-1_sessions.tsv", "session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2021-01-01\n");
  const int last = calendar_day("2021-01-01").value();
  EXPECT_TRUE(read_dataset(data.folder(), {}, {}, last).participants[0].warnings.empty());
  EXPECT_TRUE(says(read_dataset(data.folder(), {}, {}, last - 1).participants[0].warnings,
                   "sub-1/sub-1_sessions.tsv has a date in the future"));
}

std::string chosen_of(const Names& entities, Names& notes) {
  const TemporaryDataset data;
  for (const auto& entity : entities) data.scan("sub-1", "ses-1", entity);
  const auto visit = read_dataset(data.folder(), {}).participants.at(0).visits.at(0);
  notes = visit.notes;
  return visit.t1w.filename().string();
}

TEST(Bids, the_image_of_all_echoes_is_chosen_before_one_echo) {
  Names notes;
  EXPECT_EQ(chosen_of({"_echo-1", "_echo-2", "_rec-rms"}, notes), "sub-1_ses-1_rec-rms_T1w.nii.gz");
  EXPECT_EQ(notes, Names{"Of 3 T1w scans sub-1_ses-1_rec-rms_T1w.nii.gz is measured (combined from all echoes), not "
                         "sub-1_ses-1_echo-1_T1w.nii.gz, sub-1_ses-1_echo-2_T1w.nii.gz."});
  EXPECT_EQ(chosen_of({"_acq-a_echo-1", "_acq-z"}, notes), "sub-1_ses-1_acq-z_T1w.nii.gz");
  EXPECT_EQ(chosen_of({"_echo-2", "_echo-1"}, notes), "sub-1_ses-1_echo-1_T1w.nii.gz");
}

TEST(Bids, visits_are_measured_by_the_same_kind_where_they_can) {
  const TemporaryDataset data;
  for (const char* session : {"ses-1", "ses-2"}) {
    data.scan("sub-1", session, "_echo-1");
    data.scan("sub-1", session, "_echo-2");
    data.scan("sub-1", session, "_rec-rms");
  }
  data.scan("sub-1", "ses-3", "_rec-rms");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  for (const auto& visit : participant.visits) EXPECT_NE(visit.t1w.string().find("rec-rms"), std::string::npos);
}

TEST(Bids, phase_real_and_imaginary_parts_are_never_chosen) {
  Names notes;
  EXPECT_EQ(chosen_of({"_part-mag", "_part-phase", "_part-real", "_part-imag"}, notes),
            "sub-1_ses-1_part-mag_T1w.nii.gz");
  EXPECT_TRUE(says(notes, "Phase, real and imaginary parts are not used: sub-1_ses-1_part-imag_T1w.nii.gz"));
  const TemporaryDataset data;
  data.scan("sub-1", "ses-1");
  data.scan("sub-1", "ses-2", "_part-phase");
  const auto participant = read_dataset(data.folder(), {}).participants[0];
  EXPECT_EQ(sessions(participant), Names{"ses-1"});
  EXPECT_TRUE(says(participant.warnings, "parts are not used: sub-1_ses-2_part-phase_T1w.nii.gz"));
  EXPECT_EQ(participant.missing_visits, Names{"ses-2"});
}

TEST(Bids, where_every_scan_is_a_link_to_nothing_their_number_and_the_cure_are_said) {
  const TemporaryDataset data;
  for (const char* id : {"sub-1", "sub-2"})
    for (const char* session : {"ses-1", "ses-2"}) {
      const std::string anat = std::string(id) + "/" + session + "/anat";
      std::filesystem::create_directories(data.folder() / anat);
      std::filesystem::create_symlink("../../../.git/annex/objects/none.nii.gz",
                                      data.folder() / anat / (std::string(id) + "_" + session + "_T1w.nii.gz"));
    }
  try {
    read_dataset(data.folder(), {});
    FAIL() << "it was read";
  } catch (const InputError& error) {
    const std::string said = error.what();
    EXPECT_EQ(said.find("4 T1w scans are links to files that are not here (sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz)"),
              0u)
        << said;
    EXPECT_NE(said.find("datalad get, or git annex get"), std::string::npos) << said;
  }
  data.scan("sub-3", "ses-1");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_TRUE(says(dataset.warnings, "4 T1w scans are links to files that are not here; get the content first"));
  EXPECT_NE(dataset.left_out.at(0).reason.find("its scans are links to files that are not here"), std::string::npos);
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

using Labels = std::vector<std::string>;

TEST(ReadDataset, LabelsMayBeGlobsAndListsWithCommas) {
  const TemporaryDataset data;
  for (const char* id : {"sub-01", "sub-02", "sub-11", "sub-12"}) data.scan(id, "ses-01");
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"01,sub-12"})), (Labels{"sub-01", "sub-12"}));
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"1*"})), (Labels{"sub-11", "sub-12"}));
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"*1"})), (Labels{"sub-01", "sub-11"}));
  EXPECT_EQ(ids(read_dataset(data.folder(), {}, {"sub-0[12]", "01"})), (Labels{"sub-01", "sub-02"}));
  EXPECT_THROW(read_dataset(data.folder(), {}, {"3*"}), UsageError);
  EXPECT_THROW(read_dataset(data.folder(), {}, {","}), UsageError);
}

TEST(Bids, LabelsWithCommasAndBlanksNameTheirOwn) {
  const TemporaryDataset data;
  for (const char* id : {"sub-a", "sub-b", "sub-a,b", "sub-c d", "sub-c", "sub-e*", "sub-ef"}) data.scan(id, "ses-01");
  const auto asked = [&](const Labels& labels) { return ids(read_dataset(data.folder(), {}, labels)); };
  EXPECT_EQ(asked({"a,b"}), Labels{"sub-a,b"}) << "as a task of a campaign asks for one";
  EXPECT_EQ(asked({"sub-c d"}), Labels{"sub-c d"});
  EXPECT_EQ(asked({"sub-e*"}), Labels{"sub-e*"});
  EXPECT_EQ(asked({"a, c"}), (Labels{"sub-a", "sub-c"}));
  EXPECT_EQ(asked({"a b"}), (Labels{"sub-a", "sub-b"})) << "a list in one word, as wrappers give it";
  EXPECT_EQ(asked({"a b,c d"}), (Labels{"sub-a", "sub-b", "sub-c d"}));
  EXPECT_EQ(asked({"[ab]"}), (Labels{"sub-a", "sub-b"}));
  EXPECT_THROW(asked({"a z"}), UsageError);
  EXPECT_THROW(asked({" , "}), UsageError);
}

TEST(ReadDataset, SessionsThatAreNotAskedForAreAsIfTheyWereNotThere) {
  const TemporaryDataset data;
  for (const char* session : {"ses-01", "ses-02", "ses-11"}) data.scan("sub-01", session);
  std::filesystem::create_directories(data.folder() / "sub-01/ses-03/anat");
  DatasetOptions options;
  options.sessions = "01, ses-1*";
  const Dataset dataset = read_dataset(data.folder(), options);
  EXPECT_EQ(sessions(dataset.participants.at(0)), (Labels{"ses-01", "ses-11"}));
  EXPECT_TRUE(dataset.participants[0].missing_visits.empty());
  options.sessions = "77";
  EXPECT_THROW(read_dataset(data.folder(), options), UsageError);
}

TEST(ReadDataset, AFilterFileChoosesAmongTheScans) {
  const TemporaryDataset data;
  for (const char* name : {"acq-mprage_run-01", "acq-mprage_run-02", "acq-space_run-01"})
    data.write("sub-01/ses-01/anat/sub-01_ses-01_" + std::string(name) + "_T1w.nii.gz");
  data.write("sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz");
  const auto chosen = [&](const std::string& filter) {
    data.write("filter.json", filter);
    DatasetOptions options;
    options.filter_file = (data.folder() / "filter.json").string();
    Labels names;
    const Dataset dataset = read_dataset(data.folder(), options);
    for (const auto& visit : dataset.participants.at(0).visits) names.push_back(visit.t1w.filename().string());
    return names;
  };
  const std::string stem = "sub-01_ses-01_acq-";
  EXPECT_EQ(chosen(R"({"t1w": {"acquisition": "mprage", "run": 1}})"), (Labels{stem + "mprage_run-01_T1w.nii.gz"}));
  EXPECT_EQ(chosen(R"({"t1w": {"acquisition": ["space", "other"]}})"), (Labels{stem + "space_run-01_T1w.nii.gz"}));
  EXPECT_EQ(chosen(R"({"t1w": {"acquisition": null}})"), (Labels{"sub-01_ses-02_T1w.nii.gz"}));
  EXPECT_EQ(chosen(R"({"t1w": {"acquisition": "*", "run": "02", "session": "01", "datatype": "anat"}, "bold": {}})"),
            (Labels{stem + "mprage_run-02_T1w.nii.gz"}));
  EXPECT_THROW(chosen(R"({"t1w": {"datatype": "func"}})"), UsageError) << "no scan is left";
  EXPECT_THROW(chosen(R"({"t1w": {"acquisition": 1.5}})"), UsageError);
  EXPECT_THROW(chosen(R"({"t1w": {"nonsense": "1"}})"), UsageError);
}

}  // namespace
}  // namespace wane
