#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace keyward::base {
namespace {

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a b+c=d/ü~"), "a%20b%2Bc%3Dd%2F%C3%BC~");
  EXPECT_EQ(percent_encode("a/b c", Slash::keep), "a/b%20c");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%20b%2Bc+"), "a b+c+");
  EXPECT_EQ(percent_decode("%7"), std::nullopt);
  EXPECT_EQ(percent_decode("%zz"), std::nullopt);
}

TEST(Base64, ReadsWrappedTextAndRefusesForeignCharacters) {
  EXPECT_EQ(base64_encode("user,arn"), "dXNlcixhcm4=");
  EXPECT_EQ(base64_decode("dXNl\ncixh\r\n cm4="), "user,arn");
  EXPECT_EQ(base64_decode(base64_encode("ab")), "ab");
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_EQ(base64_decode("dXNlcixhcm4"), std::nullopt);
  EXPECT_EQ(base64_decode("dXNl*ixhcm4="), std::nullopt);
}

TEST(Digest, MatchesThePublishedVectors) {
  // FIPS 180-4 "abc"; RFC 4231 test case 2.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace keyward::base
