#include "base/hidden.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

TEST(WithoutPieces, LeavesNoPieceOfEightCharactersWhateverIsBetween) {
  const std::string secret = "eyJhbGciOi.eyJzdWIiOiJr-X_abcdefgh";
  EXPECT_EQ(without_pieces("you sent " + secret + ".", secret), "you sent (hidden).");
  EXPECT_EQ(without_pieces("eyJhbGci&#x4F;i.eyJzdWIi / abcdefgh", secret), "(hidden)&#x4F;(hidden) / (hidden)");
  EXPECT_EQ(without_pieces(secret + secret, secret), "(hidden)(hidden)");
  EXPECT_EQ(without_pieces("abcdefg and eyJhbGc are seven", secret), "abcdefg and eyJhbGc are seven");
}

TEST(WithoutPieces, OfAShortSecretIsTheWhole) {
  EXPECT_EQ(without_pieces("pass: hunt2, hunt, hunt2", "hunt2"), "pass: (hidden), hunt, (hidden)");
  EXPECT_EQ(without_pieces("nothing to hide", ""), "nothing to hide");
  EXPECT_EQ(without_pieces("", "hunt2"), "");
}

}  // namespace
}  // namespace keyward::base
