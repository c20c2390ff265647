#include "orchestrator/yaml_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "orchestrator/configuration_file.hpp"

namespace keyward::orchestrator {
namespace {

std::vector<std::string> problems_of(std::string_view text) {
  Problems problems;
  parse_yaml(text, "c.yaml", problems);
  std::vector<std::string> lines;
  for (const Problem& problem : problems.list()) lines.push_back(describe(problem));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(YamlReader, KnowsWhereEveryValueStands) {
  Problems problems;
  const auto root = parse_yaml("a: 1\nb:\n  - x\n  - {c: \"y\"}\n", "c.yaml", problems);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->entries[0].value->origin, (Origin{Origin::Kind::file, "c.yaml", 1, 4}));
  const YamlValue& list = *root->entries[1].value;
  EXPECT_EQ(list.items[0]->origin.line, 3);
  EXPECT_EQ(list.items[0]->style, YamlValue::Style::plain);
  const YamlEntry& inner = list.items[1]->entries[0];
  EXPECT_EQ(inner.origin, (Origin{Origin::Kind::file, "c.yaml", 4, 6}));
  EXPECT_EQ(inner.value->origin.column, 9);
  EXPECT_EQ(inner.value->style, YamlValue::Style::quoted);
}

TEST(YamlReader, RefusesDuplicateKeysAtEveryDepth) {
  EXPECT_EQ(problems_of("a: 1\nb:\n  - x\n  - c: 1\n    c: 2\na: 3\n"),
            (Lines{"c.yaml:5:5: b[1].c: is given twice, first in line 4; keep one of them",
                   "c.yaml:6:1: a: is given twice, first in line 1; keep one of them"}));
}

TEST(YamlReader, KeepsTheFirstOfTwoDuplicates) {
  Problems problems;
  const auto root = parse_yaml("a: 1\na: 2\n", "c.yaml", problems);
  ASSERT_EQ(root->entries.size(), 1u);
  EXPECT_EQ(root->entries[0].value->text, "1");
}

TEST(YamlReader, RefusesWhatNoConfigurationNeeds) {
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n"),
            Lines{"c.yaml:2:1: a second document begins here; write one document per file"});
  EXPECT_EQ(problems_of("a: !!str 1\n"),
            Lines{"c.yaml:1:4: has the tag tag:yaml.org,2002:str; tags are not used here, quote the value instead"});
  EXPECT_EQ(problems_of("? [a, b]\n: 1\n"), Lines{"c.yaml:1:3: a key must be a word"});
  EXPECT_EQ(problems_of("a: " + std::string(17, '[') + std::string(17, ']')),
            Lines{"c.yaml:1:19: more than 16 levels deep"});
  EXPECT_EQ(problems_of(std::string((1 << 20) + 1, '#')),
            Lines{"c.yaml: is 1048577 bytes long; a configuration has at most 1048576"});
  EXPECT_EQ(problems_of(std::string(200, 'k') + ": 1"), Lines{"c.yaml:1:1: a key is longer than any known one"});
}

TEST(YamlReader, RefusesWhatIsNotUtf8) {
  // It would come out again in `config show --output json`, which is UTF-8.
  EXPECT_EQ(problems_of("a: {b: en\xFF" "bled}\n"), Lines{"c.yaml:1:10: is not UTF-8"});
  EXPECT_EQ(problems_of("\xC3\xA4: 1\r\n\xC3\xB6\xE2\x82\xAC: \xC3\n"), Lines{"c.yaml:2:5: is not UTF-8"}) << "columns count characters";
  EXPECT_EQ(problems_of("\xFF\xFE" "a"), Lines{"c.yaml:1:1: is not UTF-8"});
}

TEST(YamlReader, ReportsBadSyntaxWithItsPlace) {
  const Lines lines = problems_of("a: 1\nb: [1, 2\nc: 3\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("c.yaml:3:")) << lines[0];
}

TEST(YamlReader, ResolvesAliasesButNoBomb) {
  Problems problems;
  const auto root = parse_yaml("a: &x [1, 2]\nb: *x\n", "c.yaml", problems);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->entries[1].value->items.size(), 2u);

  EXPECT_EQ(problems_of("a: &x [1]\nb: &y [*x, *x]\nc: [*y, *y]\n"),
            Lines{"c.yaml:2:8: an alias inside of an anchored value; write the value out"});
  EXPECT_EQ(problems_of("a: &x [*x]\n"),
            Lines{"c.yaml:1:8: an alias inside of an anchored value; write the value out"});
  std::string many = "a: &x 1\nb: [*x";
  for (int i = 0; i < 64; ++i) many += ", *x";
  EXPECT_EQ(problems_of(many + "]").size(), 1u);
}

TEST(YamlReader, SurvivesDeepNestingAndManyValues) {
  EXPECT_EQ(problems_of(std::string(100'000, '[')).size(), 1u);
  EXPECT_EQ(problems_of(std::string(100'000, '{')).size(), 1u);
  std::string many = "[";
  for (int i = 0; i < 100'001; ++i) many += "1,";
  EXPECT_EQ(problems_of(many + "]").size(), 1u);
}

TEST(YamlReader, ReadsAnEmptyDocumentAsNoKeys) {
  for (const char* text : {"", "# nothing\n", "---\n", "~"}) {
    Problems problems;
    const auto root = parse_yaml(text, "c.yaml", problems);
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(root->kind, YamlValue::Kind::map) << text;
    EXPECT_FALSE(problems.has_errors()) << text;
  }
}

TEST(YamlReader, SuggestsTheNearestName) {
  EXPECT_EQ(suggestion("polcy", {"store", "policy"}), "did you mean \"policy\"?");
  EXPECT_EQ(suggestion("rotate_after_day", {"rotate_after_days", "conflict"}), "did you mean \"rotate_after_days\"?");
  EXPECT_EQ(suggestion("xyzzyxyz", {"store", "policy"}), "known here: store, policy");
}

TEST(Problems, AreOneHarmlessLineEach) {
  Problems problems;
  problems.error({}, "a\nb", "is \x1b[31mred\x12 and\r\nlong");
  EXPECT_EQ(problems.list().at(0).path, "a b");
  EXPECT_EQ(problems.list().at(0).message, "is [31mred and long");
  for (const std::string& line : problems_of(std::string("a: [[\0\x12\x1b[[31m]]]]]]]]\n", 22))) {
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < ' '; })) << line;
  }
}

TEST(Problems, StopsCollectingAtSomePoint) {
  Problems problems;
  for (int i = 0; i < 1000; ++i) problems.error({}, "a", std::to_string(i));
  EXPECT_EQ(problems.list().size(), 201u);
  EXPECT_EQ(problems.list().back().message, "more than 200 problems; the rest is not shown");
}

}  // namespace
}  // namespace keyward::orchestrator
