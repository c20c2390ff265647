#include "aws/url.hpp"

#include <gtest/gtest.h>

namespace keyward::aws {
namespace {

TEST(Url, SplitsWithoutDecoding) {
  const auto url = parse_url("HTTPS://Bkt.S3.amazonaws.com:8443/a%20b/c?x=1&y=%2F#end");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "bkt.s3.amazonaws.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->path, "/a%20b/c");
  EXPECT_EQ(url->query, "x=1&y=%2F");
}

TEST(Url, AuthorityNamesOnlyAnUnusualPort) {
  EXPECT_EQ(parse_url("https://h:443/")->authority(), "h");
  EXPECT_EQ(parse_url("http://h:443/")->authority(), "h:443");
  EXPECT_EQ(parse_url("http://h:80")->authority(), "h");
  EXPECT_EQ(parse_url("http://[FD00:EC2::254]:8080/x")->authority(), "[fd00:ec2::254]:8080");
}

TEST(Url, QueryMayFollowTheHostDirectly) {
  const auto url = parse_url("https://h?a=b/c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "h");
  EXPECT_EQ(url->path, "");
  EXPECT_EQ(url->query, "a=b/c");
}

TEST(Url, RefusesWhatCannotBeSent) {
  for (const char* text : {"", "h", "ftp://h/", "file:///etc/passwd", "https://", "https:///x", "https://user@h/",
                           "https://h:0/", "https://h:65536/", "https://h:x/", "https://h:/", "https://[::1/",
                           "https://[::1]x/", "https://h/a b", "https://h/\r\nX: y", "https://[h]/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, LoopbackIsLocalhostAndLoopbackAddressesOnly) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"localhost.example.org", "127.0.0.1.example.org", "127.1", "128.0.0.1", "1127.0.0.1",
                           "127.0.0.256", "0.0.0.0", "::", "169.254.169.254", "", "127.0.0.1."}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace keyward::aws
