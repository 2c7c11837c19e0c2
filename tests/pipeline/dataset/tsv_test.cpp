#include "pipeline/dataset/tsv.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/natural_order.h"

namespace wane {
namespace {

std::string sentence_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string sentence_of_table(const std::string& text) {
  return sentence_of([&] { parse_tsv(text, "t.tsv"); });
}

TEST(Tsv, reads_columns_and_rows_with_their_lines) {
  const auto table = parse_tsv("id\tdose\nsub-01\t5\nsub-02\tn/a\n", "t.tsv");
  ASSERT_EQ(table.columns, (std::vector<std::string>{"id", "dose"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[0], "sub-01");
  EXPECT_EQ(table.number(table.rows[0], 1), 5.0);
  EXPECT_EQ(table.number(table.rows[1], 1), std::nullopt);
  EXPECT_EQ(table.rows[1].line, 3u);
}

TEST(Tsv, reads_what_spreadsheets_leave) {
  const auto plain = parse_tsv("id\tgroup\nsub-01\tA, high\n", "t.tsv");
  for (const std::string text :
       {"\xEF\xBB\xBFid\tgroup\r\nsub-01\tA, high\r\n\r\n\r\n", "id\tgroup\rsub-01\tA, high",
        "id\tgroup\t\t\nsub-01\tA, high\t\t\n\t\t\t\n", "\n id \tgroup\n\n\"sub-01\"\t\"A, high\"\n"}) {
    const auto table = parse_tsv(text, "t.tsv");
    EXPECT_EQ(table.columns, plain.columns) << text;
    ASSERT_EQ(table.rows.size(), 1u) << text;
    EXPECT_EQ(table.rows[0].cells, plain.rows[0].cells) << text;
  }
}

TEST(Tsv, every_way_to_write_nothing_is_empty) {
  const auto table = parse_tsv("a\tb\tc\td\te\tf\nn/a\tN/A\tNA\tNaN\t \tx\n", "t.tsv");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(table.rows[0].cells[i]) << i;
  EXPECT_EQ(table.rows[0].cells[5], "x");
}

TEST(Tsv, one_column_needs_no_tab) {
  EXPECT_EQ(parse_tsv("id\nsub-01\n", "t.tsv").rows.size(), 1u);
}

TEST(Tsv, other_separators_are_named) {
  EXPECT_NE(sentence_of_table("id;dose\nsub-01;5\n").find("t.tsv has its columns separated by semicolons"),
            std::string::npos);
  EXPECT_NE(sentence_of_table("id,dose\nsub-01,5\n").find("commas"), std::string::npos);
  EXPECT_NE(sentence_of_table("id  dose\nsub-01  5\n").find("spaces"), std::string::npos);
}

TEST(Tsv, broken_tables_are_refused_with_the_line) {
  EXPECT_NE(sentence_of_table("").find("is empty"), std::string::npos);
  EXPECT_NE(sentence_of_table("\n\n").find("is empty"), std::string::npos);
  EXPECT_NE(sentence_of_table("a\tb\ta\n").find("two columns called 'a'"), std::string::npos);
  EXPECT_NE(sentence_of_table("a\tb\n1\t2\n3\n").find("line 3: 1 cell where the first line has 2"), std::string::npos);
  EXPECT_NE(sentence_of_table("a\tb\r\n1\t2\t3\r\n").find("line 2: 3 cells"), std::string::npos);
  EXPECT_NE(sentence_of_table(std::string("\xFF\xFEi\0d\0", 6)).find("UTF-16"), std::string::npos);
}

TEST(Tsv, numbers_are_whole_cells_with_a_decimal_point) {
  const auto table = parse_tsv("a\tb\tc\td\te\n+5\t1e3\t0,7\t5 mg\tinf\n", "t.tsv");
  EXPECT_EQ(table.number(table.rows[0], 0), 5.0);
  EXPECT_EQ(table.number(table.rows[0], 1), 1000.0);
  for (std::size_t i : {2, 3, 4}) EXPECT_THROW(table.number(table.rows[0], i), InputError) << i;
  EXPECT_NE(sentence_of([&] { table.number(table.rows[0], 2); }).find("t.tsv, line 2: c '0,7' is not a number"),
            std::string::npos);
}

TEST(Tsv, a_missing_column_names_those_that_exist) {
  const auto table = parse_tsv("a\tb\n", "t.tsv");
  EXPECT_EQ(table.required_column("b"), 1u);
  EXPECT_EQ(sentence_of([&] { table.required_column("dose"); }), "t.tsv has no column 'dose'; it has: a, b.");
}

TEST(NaturalOrder, numbers_compare_as_numbers) {
  EXPECT_TRUE(natural_less("sub-2", "sub-10"));
  EXPECT_FALSE(natural_less("sub-10", "sub-2"));
  EXPECT_TRUE(natural_less("sub-A", "sub-B"));
  EXPECT_TRUE(natural_less("ses-1", "ses-1b"));
  EXPECT_TRUE(natural_less("a01b1", "a1b2"));
  EXPECT_TRUE(natural_less("x000", "x1"));
  EXPECT_FALSE(natural_less("same", "same"));
  EXPECT_NE(natural_less("sub-1", "sub-01"), natural_less("sub-01", "sub-1"));
}

}  // namespace
}  // namespace wane
