#include "aws/shared_config.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_directory.hpp"

namespace keyward::aws {
namespace {

SharedConfig parsed(SharedFile kind, std::string_view text) {
  SharedConfig config;
  const auto added = add_profiles(config, kind, text, "file");
  EXPECT_TRUE(added) << (added ? "" : describe(added.error()));
  return config;
}

TEST(SharedConfig, ReadsProfilesOfTheConfigFile) {
  const auto config =
      parsed(SharedFile::config,
             "\xEF\xBB\xBF# comment\n; comment\n[default]\nregion = eu-west-1\r\n"
             "[profile prod]\nROLE_ARN=arn:aws:iam::111122223333:role/a=b # why\nsource_profile  =  default\n"
             "[profile \"with blank\"]\nregion = us-east-1 ; here\n"
             "[sso-session s]\nsso_region = x\n[services x]\n[prod]\nregion = ignored\n[profilex]\nregion = ignored\n");
  EXPECT_EQ(config.profiles.size(), 3u);
  EXPECT_EQ(config.profiles.at("default").at("region"), "eu-west-1");
  EXPECT_EQ(config.profiles.at("prod").at("role_arn"), "arn:aws:iam::111122223333:role/a=b");
  EXPECT_EQ(config.profiles.at("prod").at("source_profile"), "default");
  EXPECT_EQ(config.profiles.at("with blank").at("region"), "us-east-1");
}

TEST(SharedConfig, AHashWithoutABlankBeforeItBelongsToTheValue) {
  const auto config = parsed(SharedFile::credentials, "[a]\naws_secret_access_key = ab#cd;e\n");
  EXPECT_EQ(config.profiles.at("a").at("aws_secret_access_key"), "ab#cd;e");
}

TEST(SharedConfig, NestedSettingsAreNoKeysOfTheProfile) {
  const auto config = parsed(SharedFile::config, "[default]\ns3 =\n  region = wrong\n  max = 3\nregion = right\n");
  EXPECT_EQ(config.profiles.at("default").at("region"), "right");
  EXPECT_FALSE(config.profiles.at("default").contains("max"));
}

TEST(SharedConfig, AFileThatIsIndentedThroughoutIsRead) {
  const auto config = parsed(SharedFile::config, "[default]\n  region = a\n  output = b\n");
  EXPECT_EQ(config.profiles.at("default").at("region"), "a");
  EXPECT_EQ(config.profiles.at("default").at("output"), "b");
}

TEST(SharedConfig, ThePrefixedDefaultWins) {
  for (const char* text : {"[default]\nregion = a\noutput = x\n[profile default]\nregion = b\n",
                           "[profile default]\nregion = b\n[default]\nregion = a\noutput = x\n"}) {
    const auto config = parsed(SharedFile::config, text);
    EXPECT_EQ(config.profiles.at("default").at("region"), "b");
    EXPECT_FALSE(config.profiles.at("default").contains("output"));
  }
}

TEST(SharedConfig, RefusesWhatIsAmbiguousAndNamesTheLineButNotItsText) {
  const std::pair<const char*, const char*> rows[] = {
      {"[a]\nhushhush\n", "file:2"},
      {"key = hushhush\n", "file:1"},
      {"[a]\nk = 1\nK = hushhush\n", "file:3"},
      {"[a]\nk = 1\n\n[a]\nl = 2\n", "file:4"},
      {"[a\nk = hushhush\n", "file:1"},
      {"[]\n", "file:1"},
      {"[a] hushhush\n", "file:1"},
      {"[a]\n= hushhush\n", "file:2"},
  };
  for (const auto& [text, where] : rows) {
    SharedConfig config;
    const auto added = add_profiles(config, SharedFile::credentials, text, "file");
    ASSERT_FALSE(added) << text;
    EXPECT_EQ(added.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(added.error().message.find(where), std::string::npos) << added.error().message;
    EXPECT_EQ(added.error().message.find("hushhush"), std::string::npos) << added.error().message;
  }
}

TEST(SharedConfig, CredentialsFileWinsAndBothAreMerged) {
  const test::TemporaryDirectory home;
  home.write(".aws/config", "[profile p]\nregion = eu-west-1\naws_access_key_id = from-config\n");
  home.write(".aws/credentials", "[p]\naws_access_key_id = from-credentials\n");
  const auto config = load_shared_config({}, home.path());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->profiles.at("p").at("aws_access_key_id"), "from-credentials");
  EXPECT_EQ(config->profiles.at("p").at("region"), "eu-west-1");
}

TEST(SharedConfig, FilesCanBeElsewhereEmptyOrAbsent) {
  const test::TemporaryDirectory home;
  const std::string elsewhere = home.write("other/config", "[profile q]\nregion = eu-west-1\n");
  home.write("creds", "");
  const auto config =
      load_shared_config({{"AWS_CONFIG_FILE", elsewhere}, {"AWS_SHARED_CREDENTIALS_FILE", "~/creds"}}, home.path());
  ASSERT_TRUE(config) << describe(config.error());
  EXPECT_TRUE(config->profiles.contains("q"));
  EXPECT_TRUE(load_shared_config({}, home.path("nowhere"))->profiles.empty());
}

TEST(SharedConfig, AFileThatCannotBeReadIsAnError) {
  const test::TemporaryDirectory home;
  std::filesystem::create_directories(home.path(".aws/config"));
  EXPECT_EQ(load_shared_config({}, home.path()).error().code, "UnreadableFile");
}

}  // namespace
}  // namespace keyward::aws
