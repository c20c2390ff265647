#include "base/digest.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <random>

namespace keyward::base {
namespace {

std::string bytes(std::size_t size, char byte) { return std::string(size, byte); }

// FIPS 180-4 examples.
TEST(Digest, Sha256OfThePublishedMessages) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block).
TEST(Digest, HmacOfThePublishedCases) {
  EXPECT_EQ(to_hex(hmac_sha256(bytes(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(bytes(20, '\xaa'), bytes(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(bytes(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, AgreesWithOpensslForEveryLengthAroundABlock) {
  constexpr std::uint32_t k_seed = 4231;
  SCOPED_TRACE("seed " + std::to_string(k_seed));
  std::mt19937 random(k_seed);
  const auto text = [&](std::size_t size) {
    std::string made(size, '\0');
    for (char& c : made) c = static_cast<char>(random());
    return made;
  };
  for (std::size_t size = 0; size <= 130; ++size) {
    const std::string key = text(size);
    const std::string data = text(130 - size);
    Sha256 expected{};
    unsigned int length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
         data.size(), expected.data(), &length);
    EXPECT_EQ(hmac_sha256(key, data), expected) << "key of " << size;
    EVP_Digest(data.data(), data.size(), expected.data(), &length, EVP_sha256(), nullptr);
    EXPECT_EQ(sha256(data), expected) << data.size() << " bytes";
  }
}

}  // namespace
}  // namespace keyward::base
