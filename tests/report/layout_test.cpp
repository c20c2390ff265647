#include "report/layout.hpp"

#include <gtest/gtest.h>

namespace keyward::report {
namespace {

std::string laid_out(std::vector<Column> columns, const std::vector<std::vector<Cell>>& cells,
                     const Output& output = {}) {
  Table table(std::move(columns));
  std::string rows;
  for (const auto& row : cells) rows += table.pack(row);
  const Table::LaidOut layout = table.lay_out(output);
  return layout.header() + layout.rows(rows);
}

Output terminal(std::size_t width, Color color = Color::never) { return {Format::table, color, width}; }

TEST(Table, ColumnsAreAsWideAsWhatStandsInThem) {
  EXPECT_EQ(laid_out({{"ID"}, {"AGE", Room::whole, Align::right}, {"NOTE"}},
                     {{{"a"}, {"9 d"}, {""}}, {{"longer"}, {"100 d"}, {"x"}}}),
            "ID        AGE  NOTE\na         9 d\nlonger  100 d  x\n");
}

TEST(Table, TheWidestIsCutFirstAndIdsNever) {
  const std::vector<Column> columns{{"ID"}, {"NAME", Room::cut}, {"USER", Room::cut}};
  const std::vector<std::vector<Cell>> cells{{{"111122223333"}, {std::string(30, 'n')}, {"short"}}};
  EXPECT_EQ(laid_out(columns, cells, terminal(40)),
            "ID            NAME                 USER\n111122223333  " + std::string(18, 'n') + "…  short\n");
  // There is a least that is kept, and what has no room beside it stands below.
  EXPECT_EQ(laid_out(columns, cells, terminal(27)),
            "ID            NAME\n  USER\n111122223333  nnnnnnnnn…\n  short\n");
  EXPECT_EQ(laid_out(columns, cells, terminal(10)),
            "ID\n  NAME\n  USER\n111122223333\n  nnnnnnnnn…\n  short\n");
}

TEST(Table, WhatIsSpareGoesBeforeAnythingIsCutAndWhatIsExpendableWhenThatIsNotEnough) {
  const std::vector<Column> columns{{"ID"}, {"NAME", Room::expendable}, {"WHY", Room::spare}};
  const std::vector<std::vector<Cell>> cells{{{"111122223333"}, {"a-longer-name"}, {"because"}}};
  EXPECT_EQ(laid_out(columns, cells, terminal(36)),
            "ID            NAME           WHY\n111122223333  a-longer-name  because\n");
  EXPECT_EQ(laid_out(columns, cells, terminal(35)), "ID            NAME\n111122223333  a-longer-name\n");
  EXPECT_EQ(laid_out(columns, cells, terminal(25)), "ID            NAME\n111122223333  a-longer-n…\n");
  EXPECT_EQ(laid_out(columns, cells, terminal(20)), "ID\n111122223333\n");
}

TEST(Table, ARowThatNoTerminalHoldsGoesOnBelowWithItsColumnsInLine) {
  const std::vector<Column> columns{{"ID"}, {"AGE", Room::whole, Align::right}, {"STATUS"}, {"NEXT"}};
  const std::vector<std::vector<Cell>> cells{{{"111122223333"}, {"95 d"}, {"OVERDUE"}, {"rotate"}}, {{"444455556666"}, {"1 d"}, {""}, {"-"}}};
  EXPECT_EQ(laid_out(columns, cells, terminal(20)),
            "ID             AGE\n  STATUS   NEXT\n111122223333  95 d\n  OVERDUE  rotate\n444455556666   1 d\n           -\n");
}

TEST(Table, HostileTextStaysInItsCell) {
  EXPECT_EQ(laid_out({{"A"}, {"B"}}, {{{"x\x1f\n\x1b[2J"}, {"y"}}}), "A        B\nx���[2J  y\n");
}

TEST(Table, ColoursAddNoBlanks) {
  const std::string text = laid_out({{"A"}, {"B"}}, {{{"x", Tone::good}, {"", Tone::alarm}}, {{"longer"}, {"y"}}},
                                    terminal(80, Color::always));
  EXPECT_NE(text.find("\x1b[32mx\x1b[0m\n"), std::string::npos) << text;
}

TEST(Wrapped, KeepsWordsWholeAndBlanksInsideALine) {
  EXPECT_EQ(wrapped("one  two three", 8, 2), "one  two\n  three\n");
  EXPECT_EQ(wrapped(std::string(20, 'x') + " y", 8, 0), std::string(20, 'x') + "\ny\n");
  EXPECT_EQ(wrapped("", 8, 2), "\n");
}

}  // namespace
}  // namespace keyward::report
