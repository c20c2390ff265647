#include "orchestrator/configuration_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>

#include "orchestrator/configuration_fixture.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

class ConfigurationText : public ConfigurationTest {
 protected:
  LoadedConfiguration loaded(std::string_view text) {
    auto answer = load(text);
    EXPECT_TRUE(answer.loaded) << testing::PrintToString(problems(answer));
    return std::move(*answer.loaded);
  }
  /// The line of one field, runs of blanks made one.
  std::string line(const std::string& shown, const std::string& path) const {
    const auto at = shown.find(path + " = ");
    if (at == std::string::npos) return "no " + path;
    std::string text = shown.substr(at, shown.find('\n', at) - at);
    for (auto two = text.find("  "); two != std::string::npos; two = text.find("  ")) text.erase(two, 1);
    const auto folder = text.find(folder_.string() + "/");
    if (folder != std::string::npos) text.erase(folder, folder_.string().size() + 1);
    return text;
  }
};

const char* const k_with_overrides =
    "notify: {channels: [{type: file}]}\n"
    "external_id: env:NAME\n"
    "accounts:\n"
    "  default: opt-out\n"
    "  overrides:\n"
    "    - match: {ou: ou-ab12-11111111}\n"
    "      dry_run: false\n"
    "    - match: {id: \"111122223333\"}\n"
    "      policy: {rotate_after_days: 45, warn_days: [7]}\n";

TEST_F(ConfigurationText, ShowsEveryFieldWithItsOrigin) {
  sources_.environment = {{"NAME", "resolved-value"}, {"RecoveryGracePeriod", "12"}};
  sources_.command_line.dry_run = true;
  const std::string shown = render_effective(loaded(k_with_overrides), TextFormat::table);
  for (const Field& field : configuration_fields()) {
    EXPECT_NE(shown.find(field.path + " = "), std::string::npos) << field.path;
  }
  EXPECT_EQ(line(shown, "dry_run"), "dry_run = true (flag --dry-run)");
  EXPECT_EQ(line(shown, "policy.recovery_grace_days"),
            "policy.recovery_grace_days = 12 (environment RecoveryGracePeriod)");
  EXPECT_EQ(line(shown, "policy.rotate_after_days"), "policy.rotate_after_days = 90 (default)");
  EXPECT_EQ(line(shown, "notify.channels"), R"(notify.channels = [{"type":"file"}] (config.yaml:1))");
  EXPECT_EQ(line(shown, "accounts.overrides[1].policy.warn_days"),
            "accounts.overrides[1].policy.warn_days = [7] (config.yaml:9)");
  EXPECT_EQ(line(shown, "accounts.overrides[0].match"),
            R"(accounts.overrides[0].match = {"ou":"ou-ab12-11111111"} (config.yaml:6))");
}

TEST_F(ConfigurationText, ShowsTheExternalIdAsItsReference) {
  sources_.environment = {{"NAME", "resolved-value"}};
  const LoadedConfiguration configuration = loaded(k_with_overrides);
  EXPECT_EQ(configuration.configuration.external_id, "resolved-value");
  for (const TextFormat format : {TextFormat::table, TextFormat::json}) {
    const std::string shown = render_effective(configuration, format);
    EXPECT_EQ(shown.find("resolved-value"), std::string::npos);
    EXPECT_NE(shown.find("env:NAME"), std::string::npos);
  }
}

TEST_F(ConfigurationText, ShowsSecretsOfChannelsAsTheirReferences) {
  sources_.environment = {{"HOOK", "https://hooks.example.org/very-secret"}};
  write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const LoadedConfiguration configuration = loaded(
      "accounts: {default: opt-out}\n"
      "notify: {channels: [{type: file}, {type: webhook, url: env:HOOK, secret: file:secret}]}\n");
  for (const TextFormat format : {TextFormat::table, TextFormat::json}) {
    const std::string shown = render_effective(configuration, format);
    EXPECT_EQ(shown.find("very-secret"), std::string::npos);
    EXPECT_EQ(shown.find("MfKQ9r8G"), std::string::npos);
    EXPECT_NE(shown.find("env:HOOK"), std::string::npos);
    EXPECT_NE(shown.find("file:secret"), std::string::npos);
  }
}

TEST_F(ConfigurationText, ShowsWhatAppliesToOneAccount) {
  sources_.environment = {{"NAME", "resolved-value"}};
  const std::string shown =
      render_effective(loaded(k_with_overrides), TextFormat::table, base::AccountId::parse("111122223333"));
  EXPECT_EQ(line(shown, "policy.rotate_after_days"), "policy.rotate_after_days = 45 (config.yaml:9)");
  EXPECT_EQ(line(shown, "policy.install_grace_days"), "policy.install_grace_days = 10 (default)");
  EXPECT_EQ(shown.find("accounts.overrides["), std::string::npos);
  EXPECT_NE(shown.find(R"(# an override for {"ou":"ou-ab12-11111111"})"), std::string::npos)
      << "an override by ou cannot be decided offline";
}

TEST_F(ConfigurationText, ShowsTheSameAsJson) {
  sources_.environment = {{"NAME", "resolved-value"}};
  const LoadedConfiguration configuration = loaded(k_with_overrides);
  const json::value all = json::parse(render_effective(configuration, TextFormat::json));
  EXPECT_EQ(all.at("settings").as_object().size(), configuration_fields().size());
  EXPECT_EQ(all.at("settings").at("policy.rotate_after_days").at("value").to_number<int>(), 90);
  EXPECT_EQ(all.at("overrides").at(1).at("settings").at("policy.rotate_after_days").at("value").to_number<int>(), 45);
  const json::value one =
      json::parse(render_effective(configuration, TextFormat::json, base::AccountId::parse("111122223333")));
  EXPECT_EQ(one.at("settings").at("policy.rotate_after_days").at("value").to_number<int>(), 45);
  EXPECT_EQ(one.at("undecided_overrides").as_array().size(), 1u);
}

TEST_F(ConfigurationText, RendersProblems) {
  const Origin place{Origin::Kind::file, "c.yaml", 2, 5};
  const Problem error{Problem::Severity::error, place, "a.b", "is wrong; do it right"};
  const Problem warning{Problem::Severity::warning, place, "a.c", "is odd"};
  EXPECT_EQ(render_problems({}, TextFormat::table), "valid\n");
  EXPECT_EQ(render_problems({warning}, TextFormat::table), "c.yaml:2:5: warning: a.c: is odd\nvalid, with 1 warning\n");
  EXPECT_EQ(render_problems({error, error, warning}, TextFormat::table),
            "c.yaml:2:5: a.b: is wrong; do it right\nc.yaml:2:5: a.b: is wrong; do it right\n"
            "c.yaml:2:5: warning: a.c: is odd\nnot valid: 2 errors, 1 warning\n");
  const json::value shown = json::parse(render_problems({error}, TextFormat::json));
  EXPECT_EQ(shown.at("valid"), false);
  EXPECT_EQ(shown.at("problems").at(0).at("line").to_number<int>(), 2);
  EXPECT_EQ(shown.at("problems").at(0).at("path"), "a.b");
}

/// The schema at a path such as "policy.warn_days", or null.
const json::value* schema_at(const json::object& root, std::string_view path) {
  const json::object* section = &root;
  while (true) {
    const json::value* properties = section->if_contains("properties");
    if (properties == nullptr) return nullptr;
    const auto dot = path.find('.');
    const json::value* child = properties->as_object().if_contains(path.substr(0, dot));
    if (child == nullptr || dot == std::string_view::npos) return child;
    section = &child->as_object();
    path.remove_prefix(dot + 1);
  }
}

TEST(ConfigurationSchema, DescribesEveryField) {
  const json::object schema = configuration_schema();
  EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  const json::value* overrides = schema_at(schema, k_overrides_path);
  ASSERT_NE(overrides, nullptr);
  const json::object& override_schema = overrides->at("items").as_object();
  EXPECT_EQ(override_schema.at("required"), json::value(json::array{"match"}));
  for (const Field& field : configuration_fields()) {
    const json::value* described = schema_at(schema, field.path);
    ASSERT_NE(described, nullptr) << field.path;
    EXPECT_EQ(described->at("description").as_string(), field.description);
    EXPECT_EQ(schema_at(override_schema, field.path) != nullptr, field.scope == Scope::account) << field.path;
  }
}

TEST(ConfigurationSchema, StatesRangesPatternsAndDefaults) {
  const json::object schema = configuration_schema();
  const json::value& rotate = *schema_at(schema, "policy.rotate_after_days");
  EXPECT_EQ(rotate.at("type"), "integer");
  EXPECT_EQ(rotate.at("minimum").to_number<int>(), 1);
  EXPECT_EQ(rotate.at("maximum").to_number<int>(), 3650);
  EXPECT_EQ(rotate.at("default").to_number<int>(), 90);
  EXPECT_EQ(schema_at(schema, "policy.conflict")->at("enum"),
            json::value(json::array{"retire_lru", "delete_lru", "hold"}));
  EXPECT_EQ(schema_at(schema, "limits.deadline")->at("default"), "2h");
  const json::value& exempt = schema_at(schema, "users.exempt")->at("items");
  EXPECT_EQ(exempt.at("required"), json::value(json::array{"account", "user", "reason", "owner"}));
  EXPECT_EQ(exempt.at("properties").at("account").at("pattern"), "^[0-9]{12}$");
  EXPECT_EQ(schema_at(schema, "policy")->at("additionalProperties"), false);
}

TEST_F(ConfigurationText, TheDigestIsOfWhatAppliesNotOfWhereItCameFrom) {
  const std::string digest = configuration_digest(loaded(sound("policy: {rotate_after_days: 45}\n")));
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(configuration_digest(loaded(sound("# as before\npolicy:\n  rotate_after_days: 45\nstate_dir: /elsewhere\nprofile: p\n"))), digest);
  std::set<std::string> digests{digest};
  for (const char* other : {"policy: {rotate_after_days: 46}\n", "policy: {rotate_after_days: 45}\ndry_run: false\n",
                            "policy: {rotate_after_days: 45}\nlimits: {max_changes: 1}\n"}) {
    EXPECT_TRUE(digests.insert(configuration_digest(loaded(sound(other)))).second) << other;
  }
  sources_.environment["RotationPeriod"] = "45";
  EXPECT_EQ(configuration_digest(loaded(sound(""))), configuration_digest(loaded(sound("policy: {rotate_after_days: 50}\n"))));
  sources_.environment = {{"NAME", "handshake"}};
  const std::string with_overrides = configuration_digest(loaded(k_with_overrides));
  EXPECT_TRUE(digests.insert(with_overrides).second);
  // Of an external id the reference counts: the digest stands in records, and tells nothing about the id.
  sources_.environment = {{"NAME", "another"}};
  EXPECT_EQ(configuration_digest(loaded(k_with_overrides)), with_overrides);
}

}  // namespace
}  // namespace keyward::orchestrator
