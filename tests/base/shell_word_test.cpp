#include "base/shell_word.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

TEST(ShellWord, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_word("arn:aws:secretsmanager:eu-central-1:111122223333:secret:a/b+c=d@e-AbCdEf"),
            "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a/b+c=d@e-AbCdEf");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$(rm)'"), "'$(rm)'\\'''");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace keyward::base
