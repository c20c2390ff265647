#include "orchestrator/run_lock.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

/// The kernel keeps locks of one process apart as it does those of two: each acquire() opens the files anew.
base::Result<RunLock> lock(const test::TemporaryDirectory& folder, std::string_view shard) {
  return RunLock::acquire(StateFolders(folder.path("state"), parse_shard(shard)));
}

TEST(RunLock, AdmitsTheOtherShardsOfItsDivisionAndNobodyElse) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(lock(folder, "3/4"));
  ASSERT_TRUE(lock(folder, "1/2"));
  const auto first = lock(folder, "1/2");
  ASSERT_TRUE(first);
  const auto second = lock(folder, "2/2");
  ASSERT_TRUE(second);
  for (const char* refused : {"", "1/2", "2/2", "3/4", "1/1", "1/3"}) {
    const auto other = lock(folder, refused);
    ASSERT_FALSE(other) << refused;
    EXPECT_EQ(other.error().kind, base::ErrorKind::conflict) << refused;
  }
}

TEST(RunLock, OfTheWholeOrganizationAdmitsNoOther) {
  const test::TemporaryDirectory folder;
  for (int time = 0; time < 2; ++time) {
    const auto whole = lock(folder, "");
    ASSERT_TRUE(whole);
    EXPECT_EQ(lock(folder, "").error().kind, base::ErrorKind::conflict);
    EXPECT_EQ(lock(folder, "1/2").error().kind, base::ErrorKind::conflict);
  }
  EXPECT_TRUE(lock(folder, "1/2"));
}

TEST(RunLock, AStateFolderThatCannotBeUsedIsNamed) {
  const test::TemporaryDirectory folder;
  folder.write("state", "a file");
  const auto refused = lock(folder, "1/2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::invalid);
  EXPECT_NE(refused.error().message.find(folder.path("state")), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace keyward::orchestrator
