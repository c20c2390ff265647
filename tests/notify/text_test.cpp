#include "notify/text.hpp"

#include <gtest/gtest.h>

namespace keyward::notify {
namespace {

using namespace std::string_view_literals;

TEST(OneLine, TurnsControlsAndHiddenMarksIntoSpaces) {
  EXPECT_EQ(one_line("prod\r\nBcc: x@example.org"), "prod Bcc: x@example.org");
  EXPECT_EQ(one_line("a\0b\tc\x7F"sv), "a b c");
  EXPECT_EQ(one_line("  a \n\n b  "), "a b");
  EXPECT_EQ(one_line("pay\xE2\x80\xAEgnp.exe"), "pay gnp.exe");  // U+202E, right-to-left override
  EXPECT_EQ(one_line("a\xE2\x80\xA8"
                     "b\xC2\x85"
                     "c"),
            "a b c");  // U+2028 and U+0085 end lines too
  EXPECT_EQ(one_line("B\xC3\xBC"
                     "cher \xF0\x9F\x94\x91"),
            "B\xC3\xBC"
            "cher \xF0\x9F\x94\x91");
}

TEST(OneLine, ReplacesBrokenUtf8) {
  EXPECT_EQ(one_line("a\xFF"
                     "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(one_line("\xC3"), "\xEF\xBF\xBD");
  EXPECT_EQ(one_line("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong "/"
  EXPECT_EQ(one_line("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // half of a surrogate pair
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
  EXPECT_TRUE(
      is_utf8("B\xC3\xBC"
              "cher"));
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc\xE2\x80\xA6");
  EXPECT_EQ(shortened("a\xC3\xBC\xC3\xBC\xC3\xBC", 6), "a\xC3\xBC\xE2\x80\xA6");
}

TEST(AsciiLine, HoldsNothingButPrintableAscii) {
  EXPECT_EQ(ascii_line("a\r\n\x7f\u202e\x01 \xC3\xBC~"), "a ??~");
  EXPECT_EQ(ascii_line(""), "");
}

}  // namespace
}  // namespace keyward::notify
