#include "pipeline/dataset/covariates.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/dataset/participants.h"
#include "tests/pipeline/dataset/temporary_dataset.h"

namespace wane {
namespace {

using Values = std::map<std::string, std::string>;

std::string id_of(std::size_t n) {
  return "sub-" + std::to_string(n + 1);
}

// A table with one column `x` of these values, of sub-1, sub-2, ...
Covariates covariates_of(const std::vector<std::string>& values, const std::string& names = "x") {
  std::string text = "participant_id\tdose_group\tdose\tx\n";
  std::vector<std::string> ids;
  for (std::size_t n = 0; n < values.size(); ++n) {
    ids.push_back(id_of(n));
    text += ids.back() + "\tA\t1\t" + values[n] + "\n";
  }
  return covariates_in(parse_tsv(text, "participants.tsv"), ids, {}, names, ids);
}

std::string refusal(const std::vector<std::string>& values, const std::string& names = "x") {
  try {
    covariates_of(values, names);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Covariates, are_columns_by_participant_without_the_missing) {
  const TemporaryDataset data;
  data.write("participants.tsv", "participant_id\tage\tsex\nsub-01\t50\tF\n02\tn/a\tM\nsub-03\t61\tF\n");
  const auto covariates = read_covariates(data.folder(), {}, "age, sex", {"sub-01", "sub-02"});
  ASSERT_EQ(covariates.columns.size(), 2u);
  EXPECT_EQ(covariates.columns[0].value_of, (Values{{"sub-01", "50"}})) << "of those who are asked for";
  EXPECT_FALSE(covariates.columns[0].category);
  EXPECT_TRUE(covariates.columns[1].category);
  EXPECT_EQ(covariates.columns[1].value_of.at("sub-02"), "M");
  EXPECT_TRUE(read_covariates(data.folder(), {}, "", {}).columns.empty());
  EXPECT_TRUE(read_covariates(data.folder() / "none", {}, " , ", {}).columns.empty());
  try {
    read_covariates(data.folder(), {}, "site", {});
    FAIL() << "a column that is not there was read";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("has no column 'site'; it has: participant_id, age, sex"),
              std::string::npos);
  }
}

TEST(Covariates, say_how_they_are_used_and_who_has_none) {
  const auto covariates = covariates_of({"61.5", "70", "n/a", "+64"});
  EXPECT_EQ(covariates.notes, std::vector<std::string>{"Covariate x: a number from 61.5 to 70; no value for sub-3, who "
                                                       "is not in the mixed model."});
  EXPECT_TRUE(covariates.warnings.empty());
  EXPECT_EQ(covariates.columns[0].value_of.at("sub-4"), "64");
  EXPECT_EQ(covariates_of({"B", "A", "B"}).notes, std::vector<std::string>{"Covariate x: categories A, B."});
}

TEST(Covariates, the_highest_ages_of_bids_are_numbers_and_said) {
  const auto covariates = covariates_of({"61", "89+", "70", "89+"});
  EXPECT_FALSE(covariates.columns[0].category);
  EXPECT_EQ(covariates.columns[0].value_of.at("sub-2"), "89");
  EXPECT_EQ(covariates.warnings, std::vector<std::string>{"Covariate x: '89+' is read as 89 (sub-2, sub-4)."});
}

TEST(Covariates, text_in_a_column_of_numbers_is_refused_with_line_and_value) {
  EXPECT_EQ(refusal({"61", "seventy", "70"}),
            "participants.tsv, line 3: x 'seventy' is not a number, though most of the column is; correct it or write "
            "n/a, or mark the column as categories (--covariates x:category).");
  EXPECT_NE(refusal({"61", "70,5", "70"}).find("line 3: x '70,5' has a decimal comma"), std::string::npos);
  EXPECT_NE(refusal({"61,1", "70,5", "70,2"}).find("line 2: x '61,1' has a decimal comma"), std::string::npos)
      << "a whole column of decimal commas is no column of categories";
  EXPECT_NE(refusal({"61", "inf", "70"}).find("'inf' is not a number"), std::string::npos);
  EXPECT_NE(refusal({"A", "B", "3"}, "x:number").find("line 2: x 'A' is not a number"), std::string::npos);
}

TEST(Covariates, mostly_text_is_categories) {
  const auto covariates = covariates_of({"A", "B", "3", "A", "B", "3"});
  EXPECT_TRUE(covariates.columns[0].category);
  EXPECT_TRUE(covariates.warnings.empty());
}

TEST(Covariates, codes_are_used_as_marked_and_doubted_unmarked) {
  const std::vector<std::string> sites = {"1", "2", "3", "1", "2", "3"};
  const auto unmarked = covariates_of(sites);
  EXPECT_FALSE(unmarked.columns[0].category);
  ASSERT_EQ(unmarked.warnings.size(), 1u);
  EXPECT_NE(
      unmarked.warnings[0].find("3 different whole numbers (participants.tsv, line 2: x '1') and is used as a number"),
      std::string::npos);
  const auto category = covariates_of(sites, "x:category");
  EXPECT_TRUE(category.columns[0].category);
  EXPECT_EQ(category.columns[0].name, "x");
  EXPECT_TRUE(category.warnings.empty());
  EXPECT_TRUE(covariates_of(sites, "x : number").warnings.empty());
  EXPECT_TRUE(covariates_of({"0", "1", "0", "1", "0", "1"}).warnings.empty())
      << "two codes are one contrast either way";
  EXPECT_TRUE(covariates_of({"61", "62", "63", "64", "65", "61"}).warnings.empty()) << "ages differ";
}

TEST(Covariates, that_cannot_be_meant_are_warned_of) {
  EXPECT_NE(covariates_of({"70 y", "71 y", "72 y", "73 y", "74 y"}).warnings.at(0).find("5 different values for 5"),
            std::string::npos);
  EXPECT_NE(covariates_of({"1", "1", "1"}).warnings.at(0).find("the same value (1) for everybody"), std::string::npos);
}

TEST(Covariates, of_several_rows_agree_or_are_refused) {
  const std::string table = "participant_id\tsession_id\tage\nsub-1\tses-1\t50\nsub-1\tses-2\t";
  const std::vector<std::string> ids = {"sub-1", "sub-1"};
  EXPECT_EQ(covariates_in(parse_tsv(table + "50\n", "t"), ids, {}, "age", ids).columns[0].value_of.size(), 1u);
  try {
    covariates_in(parse_tsv(table + "51\n", "t"), ids, {}, "age", ids);
    FAIL() << "one of two ages was taken";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("t, lines 2 and 3: age of sub-1 is '50' and '51'"), std::string::npos);
  }
}

TEST(Covariates, wrong_requests_are_refused) {
  EXPECT_NE(refusal({"1"}, "x:ordinal").find("'ordinal' in --covariates x:ordinal is not known"), std::string::npos);
  EXPECT_NE(refusal({"1"}, "x,x:category").find("names the column 'x' twice"), std::string::npos);
  EXPECT_NE(refusal({"1"}, "dose_group").find("names the dose groups or doses"), std::string::npos)
      << "it would unblind";
}

}  // namespace
}  // namespace wane
