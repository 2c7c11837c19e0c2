// What of a sidecar may go into the dataset.
#include "pipeline/import/clean_scan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/dataset/visit_dates.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

Series series_of_jane() {
  Series series;
  series.patient_id = "TRIAL-007";
  series.patient_name = "DOE^JANE";
  series.birth_date = "19500203";
  series.day = calendar_day("2024-01-10");
  series.days = {*series.day, *calendar_day("2024-01-11")};
  return series;
}

ordered_json clean(const Series& series, const ordered_json& sidecar) {
  std::vector<std::string> withheld;
  return clean_sidecar(sidecar, private_words(series), withheld);
}

bool stays(const Series& series, const std::string& description) {
  return clean(series, {{"SeriesDescription", description}}).contains("SeriesDescription");
}

TEST(CleanSidecar, TextsWithADateInAnyFormAreLeftOut) {
  for (const char* date :
       {"20240110", "2024-01-10", "10.01.2024", "10-01-2024", "01/10/2024", "10.1.2024", "240110", "10.01.24", "100124",
        "10 Jan 2024", "10JAN2024", "2024_01_11", "11.01.2024", "03.02.1950", "030250", "3.2.1950"})
    EXPECT_FALSE(stays(series_of_jane(), std::string("T1 MPRAGE ") + date)) << date;
  for (const char* text : {"T1 MPRAGE", "t1_mprage_sag_p2_iso_1.0", "t1 2024-02-10", "*tfl3d1_16ns"})
    EXPECT_TRUE(stays(series_of_jane(), text)) << text;
}

TEST(CleanSidecar, TextsWithAPartOfTheNameOrPatientIdAreLeftOut) {
  for (const char* text : {"T1 Jane", "t1_doe", "TRIAL-007 T1", "t1 of 007"})
    EXPECT_FALSE(stays(series_of_jane(), text)) << text;
}

TEST(CleanSidecar, AShortPatientIdDoesNotWithholdEveryText) {
  Series series = series_of_jane();
  series.patient_id = "1";
  EXPECT_TRUE(stays(series, "T1 MPRAGE"));
}

TEST(CleanSidecar, TheVersionOfDcm2niixStaysOnTheDayOfItsDate) {
  Series series = series_of_jane();
  series.days = {*calendar_day("2022-07-20")};
  const ordered_json made{{"ConversionSoftware", "dcm2niix"}, {"ConversionSoftwareVersion", "v1.0.20220720"}};
  EXPECT_EQ(clean(series, made), made);
  EXPECT_TRUE(clean(series, {{"ConversionSoftwareVersion", "20220720 by me"}}).empty());
}

}  // namespace
}  // namespace wane
