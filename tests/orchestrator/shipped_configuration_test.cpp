#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "orchestrator/configuration_file.hpp"

namespace keyward::orchestrator {
namespace {

const std::string k_file = KEYWARD_SOURCE_DIR "/config.yaml";

std::string file_text() {
  std::ifstream in(k_file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

LoadedOrRefused load_shipped() {
  ConfigurationSources sources;
  sources.file = k_file;
  return load_configuration(sources);
}

TEST(ShippedConfiguration, LoadsAndSaysOnlyThatNoAccountTakesPartYet) {
  const LoadedOrRefused answer = load_shipped();
  ASSERT_TRUE(answer.loaded);
  ASSERT_EQ(answer.problems.size(), 1u);
  EXPECT_EQ(answer.problems[0].path, "accounts.include");
  EXPECT_EQ(answer.problems[0].severity, Problem::Severity::warning);
}

TEST(ShippedConfiguration, ChangesNothingAnywhere) {
  const LoadedOrRefused answer = load_shipped();
  ASSERT_TRUE(answer.loaded);
  const Configuration& run = answer.loaded->configuration;
  EXPECT_TRUE(run.defaults.dry_run);
  EXPECT_EQ(run.accounts.by_default, accounts::Participation::opt_in);
  EXPECT_TRUE(run.accounts.include.empty());
  EXPECT_TRUE(run.overrides.empty());
}

/// The few places where the shipped file does not say the default.
TEST(ShippedConfiguration, StatesTheDefaults) {
  const LoadedOrRefused answer = load_shipped();
  ASSERT_TRUE(answer.loaded);
  const Configuration built_in;
  for (const Field& field : configuration_fields()) {
    if (field.path == "notify.channels" || field.path == "users.exempt_group") continue;
    EXPECT_EQ(field.show(answer.loaded->configuration, answer.loaded->configuration.defaults),
              field.show(built_in, built_in.defaults))
        << field.path;
  }
}

/// Every key of the file, commented out or not, as a path.
std::vector<std::string> keys_in(const std::string& text) {
  std::vector<std::string> keys;
  std::string section;
  const std::regex key_line("^( {0,2})(# )?([a-z_]+):( .*)?");
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, key_line)) continue;
    const bool indented = match[1].length() == 2;
    if (!indented) section = match[3];
    keys.push_back(indented ? section + "." + match[3].str() : match[3].str());
  }
  return keys;
}

TEST(ShippedConfiguration, NamesEveryField) {
  const std::vector<std::string> keys = keys_in(file_text());
  for (const Field& field : configuration_fields()) {
    EXPECT_NE(std::ranges::find(keys, field.path), keys.end()) << field.path << " is missing in config.yaml";
  }
  EXPECT_NE(std::ranges::find(keys, k_overrides_path), keys.end());
}

}  // namespace
}  // namespace keyward::orchestrator
