#include "orchestrator/terminal.hpp"

#include <gtest/gtest.h>

namespace keyward::orchestrator {
namespace {

TEST(Terminal, ColoursGoByTheOptionThenByTheEnvironmentThenByTheTerminal) {
  const auto automatic = [](const Environment& environment, bool terminal) {
    return use_color(ColorChoice::automatic, environment, terminal);
  };
  EXPECT_TRUE(automatic({{"TERM", "xterm"}}, true));
  EXPECT_TRUE(automatic({}, true));
  EXPECT_FALSE(automatic({{"TERM", "xterm"}}, false));
  EXPECT_FALSE(automatic({{"TERM", "dumb"}}, true));
  EXPECT_FALSE(automatic({{"NO_COLOR", "1"}}, true));
  EXPECT_TRUE(automatic({{"NO_COLOR", ""}}, true)) << "an empty NO_COLOR says nothing";
  EXPECT_TRUE(automatic({{"CLICOLOR_FORCE", "1"}}, false));
  EXPECT_TRUE(automatic({{"CLICOLOR_FORCE", "1"}, {"TERM", "dumb"}}, false));
  EXPECT_FALSE(automatic({{"CLICOLOR_FORCE", "0"}}, false));
  EXPECT_FALSE(automatic({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}, true));
  EXPECT_TRUE(use_color(ColorChoice::always, {{"NO_COLOR", "1"}}, false));
  EXPECT_FALSE(use_color(ColorChoice::never, {{"CLICOLOR_FORCE", "1"}}, true));
}

}  // namespace
}  // namespace keyward::orchestrator
