#include "report/output.hpp"

#include <gtest/gtest.h>

namespace keyward::report {
namespace {

TEST(Output, FormatsHaveTheirNames) {
  EXPECT_EQ(parse_format("table"), Format::table);
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_EQ(parse_format("jsonl"), Format::jsonl);
  EXPECT_EQ(parse_format("csv"), Format::csv);
  EXPECT_FALSE(parse_format("xml"));
}

}  // namespace
}  // namespace keyward::report
