#include "notify/message.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "notify/world.hpp"

namespace keyward::notify {
namespace {

Message message(std::string subject, std::string run = "20261121T023000Z-1") {
  return message_to("owner@example.org", std::move(subject), std::move(run));
}

std::string head(const std::string& mime) { return mime.substr(0, mime.find("\r\n\r\n")); }

TEST(Message, HasTheHeadersOfAnAutomaticMail) {
  const std::string mime = to_mime(message("News"));
  EXPECT_TRUE(mime.starts_with("Date: Sat, 21 Nov 2026 02:30:00 +0000\r\nFrom: keyward <keyward@example.org>\r\n"));
  for (const char* line :
       {"\r\nTo: owner@example.org\r\n", "\r\nSubject: News\r\n", "\r\nAuto-Submitted: auto-generated\r\n",
        "\r\nX-Auto-Response-Suppress: All\r\n", "\r\nList-Id: keyward <keyward.example.org>\r\n", "\r\nX-Keyward-Run: 20261121T023000Z-1\r\n",
        "\r\nMIME-Version: 1.0\r\n", "\r\nContent-Type: multipart/alternative;\r\n boundary="}) {
    EXPECT_NE(mime.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(mime.find("Reply-To"), std::string::npos);
  EXPECT_LT(mime.find("text/plain"), mime.find("text/html"));
}

TEST(Message, IsTheSameEveryTimeAndAnotherForAnotherRunRecipientOrMode) {
  EXPECT_EQ(to_mime(message("News")), to_mime(message("News")));
  const auto id = [](const Message& m) {
    const std::string mime = to_mime(m);
    const auto start = mime.find("Message-ID: ");
    return mime.substr(start, mime.find("\r\n", start) - start);
  };
  const std::string first = id(message("News"));
  EXPECT_TRUE(first.ends_with("@example.org>"));
  EXPECT_NE(first, id(message("News", "another-run")));
  Message other = message("News");
  other.mode = Mode::dry_run;
  EXPECT_NE(first, id(other));
  other = message("News");
  other.recipient = *MailAddress::parse("other@example.org");
  EXPECT_NE(first, id(other));
}

TEST(Message, CannotBeGivenAnotherHeader) {
  using namespace std::string_literals;
  for (const std::string& hostile :
       {"x\r\nBcc: evil@example.org"s, "x\nBcc: evil@example.org"s, "x\rBcc: evil@example.org"s,
        "x\0\r\n\r\nBcc: evil@example.org"s, "x\r\n\r\n--=_keyward\r\nBcc: evil@example.org"s,
        "x\xE2\x80\xA8"
        "Bcc: evil@example.org"s}) {
    const std::string top = head(to_mime(message(hostile, hostile)));
    EXPECT_NE(top.find("\r\nSubject: x "), std::string::npos) << top;  // one readable line, not an encoded break
    EXPECT_EQ(top.find("\nBcc"), std::string::npos);
    EXPECT_EQ(top.find("\rBcc"), std::string::npos);
    EXPECT_EQ(top.find('\0'), std::string::npos);
    EXPECT_EQ(std::count(top.begin(), top.end(), '\n'), std::count(top.begin(), top.end(), '\r'));
  }
}

TEST(Message, HasShortLinesThatEndInCrlf) {
  Message long_lines = message(
      "B\xC3\xBC"
      "cher " +
      std::string(300, 'x'));
  long_lines.text = std::string(500, 'y') + "\n.\nFrom here\n";
  long_lines.html = "<p>" + std::string(500, '=') + "</p>";
  const std::string mime = to_mime(long_lines);
  std::size_t start = 0;
  while (start < mime.size()) {
    const std::size_t end = mime.find("\r\n", start);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - start, 76u) << mime.substr(start, end - start);
    EXPECT_EQ(mime.substr(start, end - start).find('\n'), std::string::npos);
    start = end + 2;
  }
}

}  // namespace
}  // namespace keyward::notify
