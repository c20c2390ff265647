#include "orchestrator/progress.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "report/text.hpp"

namespace keyward::orchestrator {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const Standing::Clock::time_point k_start{1h};

/// 40 of 100 accounts in two minutes, four at work.
Standing standing() {
  Standing standing;
  standing.total = 100;
  standing.done = 40;
  standing.failed = 3;
  standing.throttled = 12;
  standing.started = k_start;
  const auto put = [&standing](const char* id, const char* name, std::chrono::seconds age) {
    standing.in_work.emplace(*base::AccountId::parse(id), Standing::InWork{name, k_start + 2min - age});
  };
  put("111111111111", "young", 1s);
  put("222222222222", "payments-prod", 65s);
  put("333333333333", "\xc3\xa9t\xc3\xa9\x1b[2J", 70s);
  put("444444444444", "data", 30s);
  return standing;
}

TEST(Progress, ABlockTellsHowFarHowFastWhenAndWhatIsSlow) {
  EXPECT_EQ(progress_block(standing(), k_start + 2min, {80, 24}),
            (Lines{"[########............] 40%  40 of 100 accounts  2m00s  20/min  about 3m00s left",
                   "failed 3  throttled 12  in work 4, the longest:", "  333333333333   1m10s  \xc3\xa9t\xc3\xa9\xef\xbf\xbd[2J",
                   "  222222222222   1m05s  payments-prod", "  444444444444     30s  data"}));
}

TEST(Progress, ABlockFitsEveryTerminal) {
  for (std::size_t columns = 1; columns <= 200; ++columns) {
    for (const std::size_t rows : {1u, 4u, 24u}) {
      const Lines lines = progress_block(standing(), k_start + 2min, {columns, rows});
      EXPECT_LE(lines.size(), std::max<std::size_t>(1, rows / 2));
      for (const std::string& line : lines)
        EXPECT_LT(report::display_width(line), std::max<std::size_t>(2, columns)) << columns << ": " << line;
    }
  }
  EXPECT_EQ(progress_block(standing(), k_start + 2min, {20, 3}), (Lines{"40%  40 of 100 acc\xe2\x80\xa6"}));
}

TEST(Progress, NothingIsEstimatedBeforeTheFirstAccountAndAfterTheLast) {
  Standing none;
  none.total = 10;
  none.started = k_start;
  EXPECT_EQ(progress_line(none, k_start + 90s), "accounts 0/10 0% failed=0 throttled=0 in_work=0");
  EXPECT_EQ(progress_block(none, k_start + 90s, {80, 24}).front(), "[......................] 0%  0 of 10 accounts  1m30s");
  Standing all = none;
  all.done = 10;
  EXPECT_EQ(progress_line(all, k_start + 1s), "accounts 10/10 100% failed=0 throttled=0 in_work=0 rate=10/s");
  EXPECT_EQ(progress_line({}, k_start), "accounts 0/0 100% failed=0 throttled=0 in_work=0");
}

TEST(Progress, NothingIsPromisedWhileTheOrganizationIsStillBeingListed) {
  Standing some = standing();
  some.listing = true;
  EXPECT_EQ(progress_block(some, k_start + 2min, {80, 24}).front(), "40 of at least 100 accounts  2m00s  20/min");
  EXPECT_EQ(progress_line(some, k_start + 2min),
            "accounts 40/100+ failed=3 throttled=12 in_work=4 rate=20/min slowest=333333333333:1m10s");
}

TEST(Progress, ALineForALogHasTheSameInShort) {
  EXPECT_EQ(progress_line(standing(), k_start + 2min),
            "accounts 40/100 40% failed=3 throttled=12 in_work=4 rate=20/min eta=3m00s slowest=333333333333:1m10s");
}

constexpr const char* k_two_lines_erased = "\r\033[A\033[J";

TEST(LiveBlock, IsDrawnInPlaceAndLeavesNothingBehind) {
  std::ostringstream terminal;
  {
    LiveBlock block(terminal);
    block.show({"one", "two"});
    block.show({"three"});
    block.hide();
    block.hide();
    block.show({"four"});
  }
  EXPECT_EQ(terminal.str(), std::string("one\ntwo") + k_two_lines_erased + "three\r\033[Jfour\r\033[J");
}

TEST(LiveBlock, TextScrollsPastAboveIt) {
  std::ostringstream terminal;
  LiveBlock block(terminal);
  block.above() << "before\n";
  block.show({"one", "two"});
  block.above() << "a log line\n";
  EXPECT_EQ(terminal.str(), std::string("before\none\ntwo") + k_two_lines_erased + "a log line\none\ntwo");
  terminal.str("");
  // In pieces: the block comes back when the line is whole.
  block.above() << "a" << ' ' << 7;
  block.show({"newer"});
  EXPECT_EQ(terminal.str(), std::string(k_two_lines_erased) + "a 7");
  block.above() << '\n';
  EXPECT_EQ(terminal.str(), std::string(k_two_lines_erased) + "a 7\nnewer");
}

}  // namespace
}  // namespace keyward::orchestrator
