#include "base/http.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

TEST(WithoutUser, LeavesNoPasswordOfAUrl) {
  EXPECT_EQ(without_user("Unsupported proxy scheme for 'bad://x:PW@proxy:1'"), "Unsupported proxy scheme for 'bad://proxy:1'");
  EXPECT_EQ(without_user("https://u:p/w@d@host/path and http://host/a@b"), "https://host/path and http://b");
  EXPECT_EQ(without_user("Unsupported proxy syntax in 'http://user:hunter2 pass'\" @127.0.0.1:1'"),
            "Unsupported proxy syntax in 'http://127.0.0.1:1'");
  EXPECT_EQ(without_user("a@b, no URL"), "a@b, no URL");
  EXPECT_EQ(without_user("https://"), "https://");
}

}  // namespace
}  // namespace keyward::base
