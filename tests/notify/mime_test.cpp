#include "notify/mime.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyward::notify {
namespace {

TEST(QuotedPrintable, EndsLinesWithCrlfAndEscapesTheRest) {
  EXPECT_EQ(quoted_printable("a\nb\r\nc"), "a\r\nb\r\nc\r\n");
  EXPECT_EQ(quoted_printable("1=2 \xC3\xBC\n"), "1=3D2 =C3=BC\r\n");
  EXPECT_EQ(quoted_printable("blank \ntab\t\n"), "blank=20\r\ntab=09\r\n");
  EXPECT_EQ(quoted_printable("\x01"), "=01\r\n");
}

TEST(QuotedPrintable, BreaksLongLinesOutsideCharacters) {
  EXPECT_EQ(quoted_printable(std::string(76, 'a')), std::string(76, 'a') + "\r\n");
  EXPECT_EQ(quoted_printable(std::string(77, 'a')), std::string(75, 'a') + "=\r\naa\r\n");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE2\x82\xAC";
  const std::string encoded = quoted_printable(text);
  std::size_t start = 0;
  for (std::size_t end = encoded.find("\r\n"); end != std::string::npos; end = encoded.find("\r\n", start)) {
    EXPECT_LE(end - start, 76u);
    EXPECT_EQ(encoded.substr(start, 3), "=E2");  // every line starts with a whole character
    start = end + 2;
  }
}

TEST(HeaderText, LeavesShortAsciiAsItIs) { EXPECT_EQ(header_text("prod-pay: 2 notices", 9), "prod-pay: 2 notices"); }

TEST(HeaderText, EncodesAndFoldsEverythingElse) {
  EXPECT_EQ(header_text("\xC3\xBC", 9), "=?UTF-8?B?w7w=?=");
  EXPECT_EQ(header_text("=?UTF-8?B?w7w=?=", 9), "=?UTF-8?B?PT9VVEYtOD9CP3c3dz0/PQ==?=");
  const std::string folded = header_text(std::string(100, 'a') + "\r\nBcc: x@example.org", 9);
  EXPECT_EQ(folded.find("Bcc"), std::string::npos);
  std::size_t start = 0;
  std::size_t used = 9;
  while (start < folded.size()) {
    const std::size_t end = std::min(folded.find("\r\n", start), folded.size());
    EXPECT_LE(used + end - start, 76u);
    start = end + 2;
    used = 0;
    const bool folds = start >= folded.size() || folded[start] == ' ';
    EXPECT_TRUE(folds);
  }
}

TEST(Mime, StrayBytesMakeNoLongLine) {
  const std::string stray(1000, '\x80');
  for (const std::string& text : {"Subject: " + header_text(stray, 9) + "\r\n", quoted_printable(stray)}) {
    std::size_t start = 0;
    for (std::size_t end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", start)) {
      EXPECT_LE(end - start, 76u);
      start = end + 2;
    }
  }
}

}  // namespace
}  // namespace keyward::notify
