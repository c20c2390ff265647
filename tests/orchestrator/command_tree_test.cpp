#include "orchestrator/command_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "orchestrator/command_examples.hpp"
#include "orchestrator/command_line.hpp"
#include "orchestrator/help_text.hpp"

namespace keyward::orchestrator {
namespace {

/// The words of a command up to the shell's own signs.
std::vector<std::string> words_of(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word && word != ">" && word != "|";) {
    if (word.starts_with("<(")) word.erase(0, 2);
    if (word.ends_with(')')) word.pop_back();
    words.push_back(word);
  }
  if (!words.empty() && words.front() == "source") words.erase(words.begin());
  return words;
}

TEST(CommandTree, EveryExampleCanBeTyped) {
  const CommandNode tree = command_tree();
  for (const CommandNode* node : all_commands(tree)) {
    const std::vector<Example> examples = examples_of(*node);
    EXPECT_GE(examples.size(), 2u) << node->name();
    for (const Example& example : examples) {
      const std::vector<std::string> words = words_of(example.command);
      std::vector<const char*> arguments;
      for (const std::string& word : words) arguments.push_back(word.c_str());
      std::ostringstream said;
      std::streambuf* const before = std::cerr.rdbuf(said.rdbuf());
      const auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
      std::cerr.rdbuf(before);
      EXPECT_TRUE(std::holds_alternative<CommandLine>(parsed)) << example.command << "\n" << said.str();
    }
  }
}

TEST(CommandTree, KnowsWhatAnOptionTakes) {
  const CommandNode tree = command_tree();
  const auto option = [](const CommandNode& node, std::string_view name) -> const Argument& {
    return *std::ranges::find_if(node.options, [&](const Argument& one) { return one.names.back() == name; });
  };
  EXPECT_EQ(option(tree, "--config").kind(), ValueKind::file);
  EXPECT_EQ(option(tree, "--config").names, (std::vector<std::string>{"-c", "--config"}));
  EXPECT_EQ(option(tree, "--output").words(), (std::vector<std::string>{"table", "json", "jsonl", "csv"}));
  EXPECT_EQ(option(tree, "--quiet").kind(), ValueKind::none);
  EXPECT_EQ(option(*find_command(tree, {"notify", "preview"}), "--out").kind(), ValueKind::folder);
  const CommandNode& merge = *find_command(tree, {"report", "merge"});
  EXPECT_TRUE(option(merge, "--out").required);
  ASSERT_EQ(merge.places.size(), 1u);
  EXPECT_TRUE(merge.places.front().repeats);
  EXPECT_EQ(merge.places.front().kind(), ValueKind::record);
  EXPECT_FALSE(find_command(tree, {"config"})->runs);
  EXPECT_TRUE(find_command(tree, {"config", "show"})->runs);
  EXPECT_EQ(find_command(tree, {"config", "sho"}), nullptr);
}

TEST(CommandTree, HelpOpensWithWhatItIsForAndHowItIsTyped) {
  const CommandNode tree = command_tree();
  const std::string help = render_help(*find_command(tree, {"audit"}), 80);
  EXPECT_TRUE(help.starts_with("Facts and verdict for every key; exit 3 when keys are out of policy\n\n  keyward audit")) << help;
  EXPECT_NE(help.find("Usage: keyward [OPTION...] audit [--exit-zero]"), std::string::npos) << help;
}

TEST(CommandTree, ACommandWithoutExamplesGetsThemFromWhatItRequires) {
  const Argument account{{"--account"}, "ID", "", true, false};
  const Argument optional{{"--weekly"}, "", "", false, false};
  const Argument place{{"MODE"}, "audit|rotate", "", true, false};
  const CommandNode node{{"invented"}, "Nothing", true, {account, optional}, {place}, {}};
  const std::vector<Example> examples = examples_of(node);
  ASSERT_EQ(examples.size(), 2u);
  EXPECT_EQ(examples.front().command, "keyward invented --account 111122223333 audit");
}

}  // namespace
}  // namespace keyward::orchestrator
