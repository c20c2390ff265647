#include "orchestrator/user_agent.hpp"

#include <gtest/gtest.h>

#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

const std::string k_plain = std::string("keyward/") + k_version;

TEST(UserAgent, NamesTheApplicationWhenThereIsOne) {
  EXPECT_EQ(*user_agent({}), k_plain);
  EXPECT_EQ(*user_agent({{"AWS_SDK_UA_APP_ID", ""}}), k_plain);
  EXPECT_EQ(*user_agent({{"AWS_SDK_UA_APP_ID", "Host-7.!$%&*+^_`|~"}}), k_plain + " app/Host-7.!$%&*+^_`|~");
  const std::string longest(50, 'a');
  EXPECT_EQ(*user_agent({{"AWS_SDK_UA_APP_ID", longest}}), k_plain + " app/" + longest);
}

TEST(UserAgent, RefusesWhatCannotStandInAHeader) {
  const std::vector<std::string> ids = {"two words", "a/b", "a\r\nX-Header: b", "\xC3\xBC", std::string(51, 'a')};
  for (const std::string& id : ids) {
    EXPECT_EQ(user_agent({{"AWS_SDK_UA_APP_ID", id}}).error().code, "BadAppId") << id;
  }
}

}  // namespace
}  // namespace keyward::orchestrator
