#include "pipeline/report/table_builder.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wane {
namespace {

TEST(TableBuilder, TakesRowsWithOneCellForEachColumnAndNoOthers) {
  TableBuilder table({{"a", "first"}, {"b", "second"}});
  EXPECT_THROW(table.add(TableRow()), std::logic_error);
  EXPECT_THROW(table.add(TableRow().text("1")), std::logic_error);
  EXPECT_THROW(table.add(TableRow().text("1").text("2").text("3")), std::logic_error);
  table.add(TableRow().text("1").text("2"));
  EXPECT_EQ(std::move(table).finished().text, "a\tb\n1\t2\n");
}

TEST(TableBuilder, TextsWithTabsAndLineBreaksStayOneCell) {
  TableBuilder table({{"a", "first"}, {"b", "second"}});
  table.add(TableRow().text("x\ty\nz").text(std::nullopt));
  EXPECT_EQ(std::move(table).finished().text, "a\tb\nx y z\tNA\n");
}

}  // namespace
}  // namespace wane
