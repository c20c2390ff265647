#include "report/text.hpp"

#include <gtest/gtest.h>

namespace keyward::report {
namespace {

TEST(Text, TerminalControlCharactersAreNeutralised) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\uFFFD[2Jb");
  EXPECT_EQ(printable("a\r\n\tb\x7f"), "a\uFFFD\uFFFD\uFFFDb\uFFFD");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\uFFFD31m");                                    // CSI in one character
  EXPECT_EQ(printable("x\u202Etxt.exe"), "x\uFFFDtxt.exe");  // turns the writing direction
  EXPECT_EQ(printable("Bücher 日本 🔑"), "Bücher 日本 🔑");
}

TEST(Text, WhatIsNotUtf8IsReplacedByteByByte) {
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b"),
            "a\uFFFDb");
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(valid_utf8("\xE2\x82"), "\uFFFD\uFFFD");                      // cut
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  EXPECT_EQ(valid_utf8("é€𝄞"), "é€𝄞");
}

TEST(Text, CellsHaveTheirWidthWhateverTheyHold) {
  EXPECT_EQ(fit("abc", 5), "abc  ");
  EXPECT_EQ(fit("abc", 5, Align::right), "  abc");
  EXPECT_EQ(fit("abcdef", 5), "abcd…");
  EXPECT_EQ(fit("日本語", 5), "日本…");
  EXPECT_EQ(fit("日本語", 4), "日… ");  // a wide character is not cut in half
  EXPECT_EQ(fit("e\u0301e\u0301", 3), "e\u0301e\u0301 ");
  for (const char* text : {"", "a", "abcdefghij", "日本語日本語", "a\x1b[31mred", "\xFF\xFE\xFD"}) {
    EXPECT_EQ(display_width(fit(text, 6)), 6u) << text;
  }
}

TEST(Text, CsvFieldsAreQuotedAndNeverFormulas) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("=cmd()"), "'=cmd()");
  EXPECT_EQ(csv_field("+1"), "'+1");
  EXPECT_EQ(csv_field("-1"), "'-1");
  EXPECT_EQ(csv_field("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(csv_field("\t=1"), "'\t=1");
  EXPECT_EQ(csv_field("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(csv_field("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
}

TEST(Text, HtmlHasNoMarkupLeft) {
  EXPECT_EQ(escape_html("</script><b a='\"'>&"), "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;");
}

TEST(Text, NumbersAreReadable) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1\u202F000");
  EXPECT_EQ(grouped(-1234567), "-1\u202F234\u202F567");
  EXPECT_EQ(counted(1, "key"), "1 key");
  EXPECT_EQ(counted(2, "key"), "2 keys");
}

}  // namespace
}  // namespace keyward::report
