#include "rotation/rescue.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyward::rotation {
namespace {

const base::UserName k_user = *base::UserName::parse("svc+build@example.org");
const base::AccessKeyId k_stored = *base::AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const base::AccessKeyId k_lost = *base::AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

bool any_deletes(const std::vector<std::string>& commands, const base::AccessKeyId& key) {
  return std::ranges::any_of(commands, [&key](const std::string& command) {
    return command.starts_with("aws iam delete-access-key --user-name svc+build@example.org --access-key-id " + key.str());
  });
}

TEST(Rescue, NeverOffersToDeleteAKeyThatIsStoredAndCurrent) {
  const auto commands = rescue_commands(k_user, {{k_stored, StoredState::current}, {k_lost, StoredState::absent}}, "keyward:state");
  EXPECT_FALSE(any_deletes(commands, k_stored));
  EXPECT_TRUE(any_deletes(commands, k_lost));
  EXPECT_EQ(commands.front(), "aws iam list-access-keys --user-name svc+build@example.org");
  EXPECT_EQ(commands.back(), "aws iam untag-user --user-name svc+build@example.org --tag-keys keyward:state");
}

TEST(Rescue, RemovesTheKeyThatKeywardCouldNot) {
  const auto commands = removal_commands(k_user, k_lost);
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_TRUE(any_deletes(commands, k_lost));
  EXPECT_EQ(commands[1], "keyward recover");
}

}  // namespace
}  // namespace keyward::rotation
