#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "orchestrator/command_init.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/secret_look.hpp"
#include "support/sanitized.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

const base::Instant k_now = std::chrono::sys_days{std::chrono::year(2026) / 11 / 21};

/// `keyward init` in a folder of its own.
class Init : public testing::Test {
 protected:
  Init() { line_.init.out = file_; }

  ExitCode run(const std::string& typed = "", bool interactive = false) {
    std::istringstream in(typed);
    out_.str("");
    err_.str("");
    return run_init({line_, k_now, interactive, in, out_, err_});
  }
  std::string text() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  LoadedOrRefused loaded(std::map<std::string, std::string> environment = {}) const {
    ConfigurationSources sources;
    sources.file = file_;
    sources.environment = std::move(environment);
    sources.now = k_now;
    return load_configuration(sources);
  }
  void write(const std::string& name, const std::string& content) { folder_.write(name, content); }

  test::TemporaryDirectory folder_;
  std::string file_ = folder_.path("config.yaml");
  CommandLine line_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(Init, WritesAFileThatChangesNothing) {
  ASSERT_EQ(run(), ExitCode::done) << err_.str();
  const LoadedOrRefused answer = loaded();
  ASSERT_TRUE(answer.loaded);
  const Configuration& run = answer.loaded->configuration;
  EXPECT_TRUE(run.defaults.dry_run);
  EXPECT_TRUE(run.accounts.include.empty());
  EXPECT_NE(out_.str().find("config validate"), std::string::npos);
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "a draft was left behind";
}

TEST_F(Init, NamesEveryKeyOfTheConfiguration) {
  ASSERT_EQ(run(), ExitCode::done) << err_.str();
  const std::string all = text();
  for (const Field& field : configuration_fields()) {
    const std::string key = field.path.substr(field.path.rfind('.') + 1) + ":";
    EXPECT_NE(all.find(key), std::string::npos) << field.path;
  }
}

TEST_F(Init, WhatItWritesIsValidWhateverIsCombined) {
  using Given = std::vector<std::optional<std::string>>;
  const Given organizations{std::nullopt, "o-exampleorgid"};
  const Given externals{std::nullopt, "env:KEYWARD_EXTERNAL_ID"};
  const Given stores{std::nullopt, "member", "central"};
  const Given keys{std::nullopt, "alias/ours"};
  const Given roles{std::nullopt, "arn:aws:iam::111111111111:role/keyward-store"};
  const Given senders{std::nullopt, "keyward@example.org"};
  const Given states{std::nullopt, "state folder"};
  const std::vector<std::vector<std::string>> accounts{{}, {"111122223333"}, {"ou-ab12-11111111", "keyward=on", "012345678901"}};
  write("stack.json",
        R"({"RotationPeriod": "60", "StoreSecretsInCentralAccount": "True", "OrgListAccount": "111111111111", "OrgListRole": "r",
                          "AdminEmailAddress": "a@example.org", "RunLambdaInVPC": "true", "SMTPUserParamName": "/u", "SMTPPasswordParamName": "/p"})");
  const Given stacks{std::nullopt, folder_.path("stack.json")};
  line_.init.force = true;
  int combinations = 0;
  InitOptions& init = line_.init;
  for (const auto& stack : stacks)
    for (const auto& organization : organizations)
      for (const auto& external : externals)
        for (const auto& store : stores)
          for (const auto& key : keys)
            for (const auto& role : roles)
              for (const auto& sender : senders)
                for (const auto& state : states)
                  for (const auto& rules : accounts) {
                    init.stack_parameters = stack;
                    init.organization_id = organization;
                    init.external_id = external;
                    init.store = store;
                    init.kms_key = key;
                    init.store_role = role;
                    init.sender = sender;
                    init.state_dir = state;
                    init.accounts = rules;
                    ++combinations;
                    if (test::k_sanitized && combinations % 8 != 0) continue;
                    ASSERT_EQ(run(), ExitCode::done) << err_.str();
                    const LoadedOrRefused answer = loaded({{"KEYWARD_EXTERNAL_ID", "id"}});
                    ASSERT_TRUE(answer.loaded) << describe(answer.problems.front()) << "\n" << text();
                    EXPECT_TRUE(answer.loaded->configuration.defaults.dry_run);
                    EXPECT_EQ(answer.loaded->configuration.accounts.include.size(), rules.size());
                  }
  EXPECT_EQ(combinations, 2 * 2 * 2 * 3 * 2 * 2 * 2 * 2 * 3);
}

TEST_F(Init, NeverReplacesAFileUnlessForced) {
  write("config.yaml", "mine");
  EXPECT_EQ(run(), ExitCode::usage);
  EXPECT_EQ(text(), "mine");
  EXPECT_NE(err_.str().find("--force"), std::string::npos);
  EXPECT_EQ(out_.str(), "");
  line_.init.force = true;
  EXPECT_EQ(run(), ExitCode::done);
  EXPECT_NE(text(), "mine");
}

TEST_F(Init, AWrongValueIsRefusedByTheFieldAndNothingIsWritten) {
  using Case = std::pair<std::optional<std::string> InitOptions::*, std::string>;
  const std::vector<Case> cases{{&InitOptions::organization_id, "organization 7"},
                                {&InitOptions::member_role, "arn:aws:iam::111111111111:role/r"},
                                {&InitOptions::store_role, "keyward-store"},
                                {&InitOptions::sender, "nobody"},
                                {&InitOptions::kms_key, "a b"},
                                {&InitOptions::stack_parameters, folder_.path("missing")}};
  for (const auto& [option, value] : cases) {
    line_.init = {};
    line_.init.out = file_;
    line_.init.*option = value;
    EXPECT_EQ(run(), ExitCode::usage) << value;
    EXPECT_FALSE(std::filesystem::exists(file_)) << value;
    EXPECT_EQ(out_.str(), "");
  }
  line_.init = {};
  line_.init.out = file_;
  line_.init.accounts = {"production"};
  EXPECT_EQ(run(), ExitCode::usage);
  EXPECT_NE(err_.str().find("\"production\" is neither"), std::string::npos);
}

TEST_F(Init, ASecretIsRefusedWithoutBeingRepeated) {
  const std::string secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  for (auto option : {&InitOptions::external_id, &InitOptions::member_role, &InitOptions::state_dir}) {
    line_.init = {};
    line_.init.out = file_;
    line_.init.*option = secret;
    EXPECT_EQ(run(), ExitCode::usage);
    EXPECT_EQ(err_.str().find(secret), std::string::npos) << err_.str();
    EXPECT_NE(err_.str().find("looks like a secret"), std::string::npos);
  }
  // The configuration may hold an external id itself; what keyward writes holds a reference.
  line_.init = {};
  line_.init.out = file_;
  line_.init.external_id = "handshake";
  EXPECT_EQ(run(), ExitCode::usage);
  EXPECT_EQ(err_.str().find("handshake"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST(SecretLook, KnowsSecretsFromNames) {
  for (const char* secret : {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key=AKIAIOSFODNN7EXAMPLE", "whsec_abc",
                             "https://hooks.slack.com/services/T0/B0/x", "-----BEGIN PRIVATE KEY-----"}) {
    EXPECT_TRUE(looks_like_secret(secret)) << secret;
  }
  for (const char* name :
       {"", "keyward-rotate", "arn:aws:iam::111122223333:role/path/keyward-rotate", "/var/lib/keyward/some/where/else/entirely/deep",
        "security@example.org", "env:KEYWARD_EXTERNAL_ID", "alias/keyward", "0123456789abcdef0123456789abcdef01234567"}) {
    EXPECT_FALSE(looks_like_secret(name)) << name;
  }
}

TEST_F(Init, AsksAgainUntilTheAnswerIsOne) {
  const std::string typed =
      "organization\n"  // no id of one
      "o-exampleorgid\n"
      "\n"  // the default role
      "env:KEYWARD_EXTERNAL_ID\n"
      "production\n"  // no rule
      "111122223333, ou-ab12-11111111\n"
      "central\n"
      "\n"   // alias/keyward
      "-\n"  // the caller's own credentials
      "keyward@example.org\n"
      "state\n";
  ASSERT_EQ(run(typed, true), ExitCode::done) << err_.str();
  EXPECT_NE(err_.str().find("it must be an organization's id"), std::string::npos);
  const LoadedOrRefused answer = loaded({{"KEYWARD_EXTERNAL_ID", "id"}});
  ASSERT_TRUE(answer.loaded);
  const Configuration& run = answer.loaded->configuration;
  EXPECT_EQ(run.organization.id, "o-exampleorgid");
  EXPECT_EQ(run.member_role, "keyward-rotate");
  EXPECT_EQ(run.external_id_reference, "env:KEYWARD_EXTERNAL_ID");
  EXPECT_EQ(run.accounts.include.size(), 2u);
  EXPECT_EQ(run.defaults.store.kms_key_id, "alias/keyward");
  EXPECT_EQ(run.defaults.notify.sender, "keyward@example.org");
  EXPECT_NE(out_.str().find("export KEYWARD_EXTERNAL_ID="), std::string::npos);
}

TEST_F(Init, AnEndOfInputLeavesNothing) {
  EXPECT_EQ(run("o-exampleorgid\n", true), ExitCode::usage);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(Init, AsksOnlyWhatNoOptionSays) {
  line_.init.organization_id = "o-exampleorgid";
  line_.init.member_role = "r";
  line_.init.external_id = "file:id";
  line_.init.accounts = {"111122223333"};
  line_.init.store = "member";
  line_.init.sender = "a@example.org";
  write("id", "handshake\n");
  ASSERT_EQ(run("\n", true), ExitCode::done) << err_.str();  // the state folder
}

}  // namespace
}  // namespace keyward::orchestrator
