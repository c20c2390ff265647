#include "orchestrator/findings_memory.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

const base::AccountId k_account = *base::AccountId::parse("111122223333");
const report::AsffSubject k_told{"111122223333", "alice", "AKIAAAAAAAAAAAAAAAAA", *base::parse_iso8601("2026-11-01T00:00:00Z")};

TEST(FindingsMemory, RemembersFromRunToRun) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(FindingsMemory(folder.path(), k_account, "eu-central-1").keep({k_told}));
  const FindingsMemory next(folder.path(), k_account, "eu-central-1");
  ASSERT_EQ(next.told().size(), 1u);
  EXPECT_EQ(next.told()[0].id(), k_told.id());
  EXPECT_EQ(next.told()[0].since, k_told.since);
}

TEST(FindingsMemory, KnowsNothingOfAnotherRegionOrOfADamagedFile) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(FindingsMemory(folder.path(), k_account, "eu-central-1").keep({k_told}));
  EXPECT_TRUE(FindingsMemory(folder.path(), k_account, "us-east-1").told().empty());
  for (const char* damage : {"", "{", "[]", R"({"region":"eu-central-1","findings":[1,{"user":"alice"}]})"}) {
    std::ofstream(folder.path("security_hub/111122223333.json")) << damage;
    EXPECT_TRUE(FindingsMemory(folder.path(), k_account, "eu-central-1").told().empty()) << damage;
  }
}

}  // namespace
}  // namespace keyward::orchestrator
