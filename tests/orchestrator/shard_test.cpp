#include "orchestrator/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace keyward::orchestrator {
namespace {

base::AccountId id(std::string_view text) { return *base::AccountId::parse(text); }

TEST(Shard, OfAnAccountIsTheSameForEver) {
  // Computed apart: int.from_bytes(hashlib.sha256(b"222222222222").digest()[:8], "big") % count + 1.
  const struct {
    const char* account;
    std::array<int, 5> shards;
  } cases[]{{"222222222222", {1, 2, 3, 4, 616}},
            {"333333333333", {1, 1, 3, 1, 325}},
            {"444444444444", {1, 2, 2, 2, 530}},
            {"111122223333", {1, 1, 1, 1, 485}}};
  constexpr std::array k_counts{1, 2, 3, 4, 1000};
  for (const auto& row : cases) {
    for (std::size_t i = 0; i < k_counts.size(); ++i) EXPECT_EQ(shard_of(id(row.account), k_counts[i]), row.shards[i]) << row.account;
  }
}

TEST(Shard, TheAccountsAreSpreadEvenlyAndEachIsInOne) {
  // Ids that follow each other, and ids as AWS deals them out.
  std::mt19937_64 random(7);
  for (const bool consecutive : {true, false}) {
    std::vector<base::AccountId> accounts;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const std::uint64_t number = consecutive ? 100'000'000'000 + i : random() % 1'000'000'000'000;
      std::string text = std::to_string(number);
      accounts.push_back(id(text.insert(0, 12 - text.size(), '0')));
    }
    for (const int count : {2, 3, 4, 8}) {
      std::vector<int> sizes(static_cast<std::size_t>(count));
      for (const base::AccountId& account : accounts) {
        int holders = 0;
        for (int index = 1; index <= count; ++index) holders += Shard{index, count}.holds(account) ? 1 : 0;
        EXPECT_EQ(holders, 1);
        ++sizes[static_cast<std::size_t>(shard_of(account, count) - 1)];
      }
      // Of 10,000 accounts a quarter is 2,500 with a standard deviation of 43, an eighth 1,250 with one of 33.
      const double tolerance = count <= 4 ? 0.05 : 0.08;
      for (const int size : sizes) EXPECT_NEAR(size * count, 10'000, 10'000 * tolerance) << count << (consecutive ? " consecutive" : "");
    }
  }
}

TEST(Shard, IsWrittenAsIOfN) {
  EXPECT_EQ(parse_shard("1/1"), (Shard{1, 1}));
  EXPECT_EQ(parse_shard("4/4"), (Shard{4, 4}));
  EXPECT_EQ(parse_shard("1000/1000"), (Shard{1000, 1000}));
  EXPECT_EQ(to_string(Shard{2, 4}), "2/4");
  for (const char* text : {"", "/", "1", "1/", "/4", "0/4", "5/4", "-1/4", "+1/4", "1/-4", "1/0", "1/1001", "1/4/2", "a/b", " 1/4", "1/4 ",
                           "1.0/4", "99999999999/99999999999"}) {
    EXPECT_FALSE(parse_shard(text)) << text;
  }
}

TEST(Shard, TheSharesOfALimitAddUpToIt) {
  for (const int count : {1, 2, 3, 7, 1000}) {
    for (const int whole : {1, 2, 5, 500, 501, 999}) {
      int sum = 0;
      int most = 0;
      int least = whole;
      for (int index = 1; index <= count; ++index) {
        const int share = share_of(whole, {index, count});
        sum += share;
        most = std::max(most, share);
        least = std::min(least, share);
      }
      EXPECT_EQ(sum, whole) << whole << " of " << count;
      EXPECT_LE(most - least, 1) << whole << " of " << count;
    }
  }
}

TEST(Shard, OfAnIndexedJobCountsFromZeroThere) {
  const auto of = [](const char* index, const char* completions) {
    std::map<std::string, std::string> environment{{"HOME", "/"}};
    if (index != nullptr) environment["JOB_COMPLETION_INDEX"] = index;
    if (completions != nullptr) environment["JOB_COMPLETIONS"] = completions;
    return shard_of_job(environment);
  };
  EXPECT_EQ(*of("0", "4"), (Shard{1, 4}));
  EXPECT_EQ(*of("3", "4"), (Shard{4, 4}));
  EXPECT_EQ(*of(nullptr, nullptr), std::nullopt);
  EXPECT_EQ(*of("", ""), std::nullopt);
  for (const auto& [index, completions] : {std::pair("4", "4"),
                                           {"-1", "4"},
                                           {"0", "0"},
                                           {"x", "4"},
                                           {"0", "4x"},
                                           {"0", "1001"},
                                           {static_cast<const char*>(nullptr), "4"},
                                           {"0", static_cast<const char*>(nullptr)},
                                           {"0", ""},
                                           {"2147483647", "4"}}) {
    const auto shard = of(index, completions);
    ASSERT_FALSE(shard);
    EXPECT_EQ(shard.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(shard.error().message.find("JOB_COMPLETION_INDEX"), std::string::npos) << shard.error().message;
  }
}

}  // namespace
}  // namespace keyward::orchestrator
