#include "pipeline/dataset/quality_decisions.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

const std::string header = "participant_id\tsession_id\tdecision\treason\treader\ttime\n";
const KnownVisits known_people{{"sub-01", "sub-02", "sub-11"},
                               {{"sub-01", {"ses-01", "ses-02"}}, {"sub-02", {"ses-01"}}}};

QualityDecisions parsed(const std::string& rows) {
  return parse_quality_decisions(parse_tsv(header + rows, "d.tsv"), known_people);
}

std::string refusal(const std::string& rows) {
  try {
    parsed(rows);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

void expect_refusal(const std::string& rows, const std::string& words) {
  const auto said = refusal(rows);
  EXPECT_NE(said.find(words), std::string::npos) << said;
}

TEST(QualityDecisions, SayWhoDecidedWhatAndWhy) {
  const auto result = parsed(
      "sub-01\tses-02\tfail\tmotion\tA. Reader\t2026-03-31T14:05:00Z\n"
      "02\tn/a\tPass\told lesion, known\tB. Reader\t2026-04-01\n");
  ASSERT_EQ(result.decisions.size(), 2u);
  const auto* fail = result.find("sub-01", "ses-02");
  ASSERT_NE(fail, nullptr);
  EXPECT_FALSE(fail->pass);
  EXPECT_EQ(fail->reason, "motion");
  EXPECT_EQ(fail->reader, "A. Reader");
  EXPECT_EQ(fail->time, "2026-03-31T14:05:00Z");
  EXPECT_EQ(fail->line, 2u);
  EXPECT_EQ(result.find("sub-01", "ses-01"), nullptr);
  ASSERT_NE(result.find("sub-02", "ses-01"), nullptr) << "a row without a visit is about all visits";
  EXPECT_TRUE(result.find("sub-02", "")->pass);
  EXPECT_TRUE(result.warnings.empty());
}

TEST(QualityDecisions, WithoutReasonReaderOrTimeAreRefusedWithTheLine) {
  expect_refusal("sub-01\tses-01\tmaybe\tr\tR\t2026-01-01\n", "d.tsv, line 2: decision 'maybe' is not known");
  expect_refusal("sub-01\tses-01\tn/a\tr\tR\t2026-01-01\n", "line 2: decision is empty");
  expect_refusal("sub-01\tses-01\tfail\t\tR\t2026-01-01\n", "line 2: reason is empty");
  expect_refusal("sub-01\tses-01\tfail\tr\tn/a\t2026-01-01\n", "line 2: reader is empty");
  expect_refusal("sub-01\tses-01\tfail\tr\tR\tn/a\n", "line 2: time is empty");
  expect_refusal("sub-01\tses-01\tfail\tr\tR\t31/03/2026\n", "line 2: time '31/03/2026' is not a time");
  expect_refusal("n/a\tses-01\tfail\tr\tR\t2026-01-01\n", "line 2: participant_id is empty");
  EXPECT_THROW(parse_quality_decisions(parse_tsv("participant_id\tdecision\n", "d.tsv"), known_people), InputError);
}

TEST(QualityDecisions, AboutNobodyAreRefusedWithNearNames) {
  expect_refusal("sub-03\tses-01\tfail\tr\tR\t2026-01-01\n",
                 "line 2: the dataset has no participant 'sub-03'. Did you mean sub-01");
  expect_refusal("sub-01\tses-03\tfail\tr\tR\t2026-01-01\n",
                 "line 2: sub-01 has no visit 'ses-03'. Did you mean ses-01 or ses-02?");
  EXPECT_EQ(parsed("sub-11\tses-09\tfail\tr\tR\t2026-01-01\n").decisions.size(), 1u)
      << "visits of somebody who was not read are not known";
}

TEST(QualityDecisions, ALabelThatLostItsZeroIsReadAndSaid) {
  const auto result = parsed("1\t2\tfail\tr\tR\t2026-01-01\n");
  EXPECT_NE(result.find("sub-01", "ses-02"), nullptr);
  ASSERT_EQ(result.warnings.size(), 2u);
  EXPECT_EQ(result.warnings[1], "d.tsv, line 2: '2' is read as ses-02.");
}

TEST(QualityDecisions, TheLatestOfAVisitCountsWhereverItStands) {
  const auto result = parsed(
      "sub-01\tses-01\tpass\tsecond look\tR\t2026-02-01\n"
      "sub-01\tses-01\tfail\tfirst look\tR\t2026-01-01\n");
  ASSERT_EQ(result.decisions.size(), 1u);
  EXPECT_TRUE(result.find("sub-01", "ses-01")->pass);
  ASSERT_EQ(result.superseded.size(), 1u);
  EXPECT_EQ(result.superseded[0].reason, "first look");
}

TEST(QualityDecisions, ThatDisagreeAtOneTimeAreRefused) {
  expect_refusal(
      "sub-01\tses-01\tpass\tr\tR\t2026-01-01\n"
      "sub-01\tses-01\tfail\tr\tR\t2026-01-01T00:00\n",
      "d.tsv, lines 2 and 3: sub-01 ses-01 has both a pass and a fail with the same time");
  expect_refusal(
      "sub-01\tn/a\tfail\tr\tR\t2026-01-01\n"
      "sub-01\tses-01\tpass\tr\tR\t2026-01-01\n",
      "lines 2 and 3: sub-01 ses-01 has both");
  expect_refusal(
      "sub-01\tses-01\tpass\tr\tR\t2026-01-01T10:00Z\n"
      "sub-01\tses-01\tfail\tr\tR\t2026-01-01T11:00\n",
      "only one of the two times");
  EXPECT_EQ(parsed("sub-01\tses-01\tfail\tr\tR\t2026-01-01\n"
                   "sub-01\tses-01\tfail\tr\tS\t2026-01-01\n")
                .superseded.size(),
            1u);
}

TEST(QualityDecisions, OfTheWholeParticipantCountFromTheirTimeOn) {
  const auto withdrawn = parsed(
      "sub-01\tses-02\tpass\tlooks fine\tR\t2026-01-01\n"
      "sub-01\tn/a\tfail\twithdrew consent\tR\t2026-02-01\n");
  EXPECT_FALSE(withdrawn.find("sub-01", "ses-01")->pass);
  EXPECT_FALSE(withdrawn.find("sub-01", "ses-02")->pass) << "the earlier pass of one visit must not hold against it";
  const auto later = parsed(
      "sub-01\tn/a\tpass\tall seen\tR\t2026-01-01\n"
      "sub-01\tses-02\tfail\tmotion\tR\t2026-02-01\n");
  EXPECT_TRUE(later.find("sub-01", "ses-01")->pass);
  EXPECT_FALSE(later.find("sub-01", "ses-02")->pass);
}

TEST(QualityDecisions, TimesCompareAcrossZones) {
  EXPECT_EQ(iso_time("1970-01-02")->utc_ms, 86'400'000);
  EXPECT_EQ(iso_time("1970-01-01T00:00:01.25Z")->utc_ms, 1250);
  EXPECT_EQ(iso_time("1970-01-01 02:00+02:00")->utc_ms, 0);
  EXPECT_EQ(iso_time("1970-01-01T00:00:00-0130")->utc_ms, 5'400'000);
  EXPECT_TRUE(iso_time("1970-01-01T00:00-01")->has_zone);
  EXPECT_FALSE(iso_time("1970-01-01T00:00")->has_zone);
  for (const char* text : {"", "1970", "1970-02-30", "1970-01-01T", "1970-01-01T24:00", "1970-01-01T1:00",
                           "1970-01-01T10:00x", "1970-01-01T10:00:", "1970-01-01T10:00:00.", "1970-01-01T10:00+2",
                           "1970-01-01T10:00+02:00x", "1970-01-01T-1:00", "10:00"})
    EXPECT_FALSE(iso_time(text)) << text;
}

TEST(QualityDecisions, StandInTheDatasetOrWhereTheUserSays) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.scan("sub-01", "ses-02");
  data.write("sub-01/ses-03/anat/notes.txt");
  const auto dataset = read_dataset(data.folder(), {});
  EXPECT_TRUE(read_quality_decisions(dataset).file.empty());
  EXPECT_TRUE(read_quality_decisions(dataset).decisions.empty());
  EXPECT_THROW(read_quality_decisions(dataset, data.folder() / "none.tsv"), InputError);
  const std::string text = header + "sub-01\tses-03\tfail\tno scan\tR\t2026-01-01\n";
  data.write("quality_decisions.tsv", text);
  const auto own = read_quality_decisions(dataset);
  EXPECT_EQ(own.file, data.folder() / "quality_decisions.tsv");
  EXPECT_EQ(own.sha256, sha256_of_text(text));
  EXPECT_NE(own.find("sub-01", "ses-03"), nullptr) << "a visit without a scan may be decided about";
  data.write("other/decisions.tsv", header);
  const auto other = read_quality_decisions(dataset, data.folder() / "other/decisions.tsv");
  EXPECT_TRUE(other.decisions.empty());
  EXPECT_EQ(other.sha256, sha256_of_text(header));
}

TEST(QualityDecisions, AboutOthersThanThoseAskedForAreKept) {
  const TemporaryDataset data;
  data.scan("sub-01", "ses-01");
  data.scan("sub-02", "ses-01");
  data.write("quality_decisions.tsv", header + "sub-02\tses-01\tfail\tr\tR\t2026-01-01\n");
  EXPECT_EQ(read_quality_decisions(read_dataset(data.folder(), {}, {"01"})).decisions.size(), 1u);
}

}  // namespace
}  // namespace wane
