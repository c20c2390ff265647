#include "sandbox/mime.hpp"

#include <gtest/gtest.h>

namespace keyward::sandbox {
namespace {

TEST(Mime, UnfoldsHeadersAndDecodesWords) {
  const MimeMessage message =
      parse_mime("Subject: =?UTF-8?Q?caf=C3=A9_?=\r\n =?utf-8?B?ZMO8?= end\r\nX-Long: one\r\n\ttwo\r\n\r\nbody\r\n");
  EXPECT_EQ(message.header("subject"), "caf\xC3\xA9 d\xC3\xBC end");
  EXPECT_EQ(message.header("x-long"), "one two");
  EXPECT_EQ(message.text, "body\r\n");
  EXPECT_EQ(message.header("absent"), "");
}

TEST(Mime, FindsTheTextsInNestedParts) {
  const MimeMessage message = parse_mime(
      "Content-Type: multipart/mixed; boundary=outer\n\npreamble\n--outer\n"
      "Content-Type: multipart/alternative; boundary=\"in ner\"\n\n--in ner\nContent-Type: text/plain\n\nplain\n"
      "--in ner\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: "
      "quoted-printable\n\n<p>=3D=\n1</p>\n"
      "--in ner--\n--outer\nContent-Type: text/csv\n\na,b\n--outer--\n");
  EXPECT_EQ(message.text, "plain");
  EXPECT_EQ(message.html, "<p>=1</p>");
}

TEST(Mime, SurvivesNonsense) {
  for (const char* text :
       {"", "\n", "Content-Type: multipart/mixed\n\n--", "Content-Type: multipart/mixed; boundary=x\n\n--x",
        "Subject: =?UTF-8?B?", "Content-Transfer-Encoding: base64\n\n!!!"}) {
    EXPECT_EQ(parse_mime(text).html, "") << text;
  }
}

TEST(Mime, SplitsAddresses) {
  EXPECT_EQ(split_addresses("\"A, B\" <a@b.c>, d@e.f ,"), (std::vector<std::string>{"\"A, B\" <a@b.c>", "d@e.f"}));
  EXPECT_TRUE(split_addresses("").empty());
}

}  // namespace
}  // namespace keyward::sandbox
