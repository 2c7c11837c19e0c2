#include "pipeline/run/report_pages.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/report/pages.h"
#include "pipeline/report/participant_json.h"
#include "tests/broken/scratch_folder.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBundle = "<meta name=\"generator\" content=\"Wane\">/*WANE-DATA*/";

class ReportPages : public testing::Test {
 protected:
  ReportPages() {
    for (const char* name : {"trial.html", "participant.html", "quality.html"}) put(bundles_ / name, kBundle);
    ParticipantReport report;
    report.participant_id = "sub-01";
    report.visits = {{"ses-01", 0.0, {1200, 700, 500, 300, 1500}, {}, {}, {}}};
    put(report_, participant_json_text(report, {"0.1.0", "{}", {}}));
    trial_.reports = {report};
    DatasetParticipant participant;
    participant.participant_id = "sub-01";
    participant.visits.resize(1);
    participant.visits[0].session = "ses-01";
    dataset_.participants = {participant};
  }

  static void put(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  // As if the report had been collected with this text.
  WrittenPages pages_of(const std::string& collected) {
    warnings_.clear();
    PagesRequest request{out_, bundles_, "0.1.0", 1, std::uint64_t(1) << 30};
    PagesEvents events{[](std::size_t) {}, [this](const std::string& sentence) { warnings_ += sentence + "\n"; }};
    return write_pages(dataset_, analyse(trial_), {{participant_json_path("sub-01"), sha256_of_text(collected)}}, "{}",
                       {}, request, events);
  }

  const broken::ScratchFolder scratch_;
  const fs::path out_ = scratch_.path() / "out", bundles_ = scratch_.path() / "bundles";
  const fs::path report_ = out_ / participant_json_path("sub-01"), page_ = out_ / "sub-01.html";
  Dataset dataset_;
  Trial trial_;
  std::string warnings_;
};

TEST_F(ReportPages, WhoWasMeasuredAnewMeanwhileHasNoPageOfNewerNumbers) {
  const std::string text = read_text_file(report_);
  EXPECT_EQ(pages_of(text).participants.size(), 1U) << warnings_;
  EXPECT_TRUE(fs::exists(page_));
  EXPECT_EQ(pages_of("an older report").participants.size(), 0U);
  EXPECT_FALSE(fs::exists(page_)) << "nor one of older numbers";
  EXPECT_NE(
      warnings_.find("sub-01.html was not made: sub-01 has been measured again in the meantime; run `wane report`"),
      std::string::npos)
      << warnings_;
}

TEST_F(ReportPages, WhoIsBeingMeasuredHasNoPage) {
  const std::string text = read_text_file(report_);
  ASSERT_EQ(pages_of(text).participants.size(), 1U);
  fs::remove(report_);  // as measuring begins
  EXPECT_EQ(pages_of(text).participants.size(), 0U);
  EXPECT_FALSE(fs::exists(page_));
  EXPECT_NE(warnings_.find("sub-01.html was not made"), std::string::npos) << warnings_;
}

}  // namespace
}  // namespace wane
