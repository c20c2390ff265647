#include "aws/credential_chain.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

struct Chain : ::testing::Test {
  FakeWorld world;
  std::optional<std::string> profile;

  void SetUp() override { world.environment["AWS_EC2_METADATA_DISABLED"] = "true"; }
  base::Result<CredentialsPtr> first() {
    ChainSettings settings = world.settings();
    settings.profile = profile;
    const auto region = resolve_region({}, world.environment, world.home.path(), profile);  // as main does
    if (!region) return region.error();
    settings.region = *region;
    const auto chain = default_credential_chain(settings);
    return world.fetch(*chain);
  }
  base::Error failure() {
    const auto credentials = first();
    EXPECT_FALSE(credentials);
    return credentials ? base::Error{} : credentials.error();
  }
  std::string key_id() {
    const auto credentials = first();
    return credentials ? (*credentials)->access_key_id : describe(credentials.error());
  }
  void credentials_file(std::string_view text) { world.home.write(".aws/credentials", text); }
  void config_file(std::string_view text) { world.home.write(".aws/config", text); }
  void environment_keys() {
    world.environment["AWS_ACCESS_KEY_ID"] = "AKIDENV";
    world.environment["AWS_SECRET_ACCESS_KEY"] = "s";
  }
  static constexpr const char* k_static = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n";
};

TEST_F(Chain, EnvironmentComesFirst) {
  environment_keys();
  credentials_file(std::string("[default]\n") + k_static);
  EXPECT_EQ(key_id(), "AKIDENV");
  world.environment["AWS_SESSION_TOKEN"] = "t";
  EXPECT_EQ((*first())->session_token.expose(), "t");
  world.environment.erase("AWS_SESSION_TOKEN");
  world.environment["AWS_SECURITY_TOKEN"] = "old";
  EXPECT_EQ((*first())->session_token.expose(), "old");
}

TEST_F(Chain, HalfAPairIsAnErrorAndNotAReasonToGoOn) {
  credentials_file(std::string("[default]\n") + k_static);
  world.environment["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  EXPECT_EQ(failure().code, "PartialCredentials");
  world.environment.erase("AWS_ACCESS_KEY_ID");
  world.environment["AWS_SECRET_ACCESS_KEY"] = "hushhush";
  const base::Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(describe(error).find("hushhush"), std::string::npos);
  world.environment.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(key_id(), "AKIDFILE");
}

TEST_F(Chain, AnExpirationOfTheEnvironmentIsHonoured) {
  environment_keys();
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = "tomorrow";
  EXPECT_EQ(failure().code, "BadExpiration");
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = world.in(-1s);
  EXPECT_EQ(failure().code, "ExpiredAtArrival");
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = world.in(1h);
  EXPECT_EQ(key_id(), "AKIDENV");
}

TEST_F(Chain, AProfileOnTheCommandLineMeansThatIdentityOnly) {
  environment_keys();
  credentials_file(std::string("[p]\n") + k_static);
  config_file("[profile empty]\nregion = us-east-1\n");
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  profile = "p";
  EXPECT_EQ(key_id(), "AKIDFILE");
  profile = "absent";
  EXPECT_EQ(failure().code, "NoSuchProfile");
  profile = "empty";
  EXPECT_EQ(failure().kind, ErrorKind::invalid);
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(Chain, AwsProfileNamesTheProfile) {
  credentials_file(std::string("[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n[p]\n") +
                   k_static);
  EXPECT_EQ(key_id(), "AKIDDEFAULT");
  world.environment["AWS_DEFAULT_PROFILE"] = "p";
  EXPECT_EQ(key_id(), "AKIDFILE");
  world.environment["AWS_PROFILE"] = "absent";
  EXPECT_EQ(failure().code, "NoSuchProfile");
}

TEST_F(Chain, WebIdentityOfTheEnvironment) {
  credentials_file(std::string("[default]\n") + k_static);
  world.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.home.write("token", "jwt");
  EXPECT_EQ(failure().code, "BadWebIdentity");
  world.environment["AWS_ROLE_ARN"] = "arn:aws:iam::111122223333:role/pod";
  world.environment["AWS_ROLE_SESSION_NAME"] = "pod-7";
  world.transport.answer(200, sts_answer("AssumeRoleWithWebIdentity", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_NE(world.transport.requests().back().body.find("RoleSessionName=pod-7&"), std::string::npos);
  world.environment["AWS_ROLE_SESSION_NAME"] = "with blank";
  EXPECT_EQ(failure().code, "BadWebIdentity");
  world.environment["AWS_ROLE_ARN"] = "pod";
  EXPECT_EQ(failure().code, "BadWebIdentity");
}

TEST_F(Chain, AConfiguredWayThatFailsStopsTheChain) {
  credentials_file(std::string("[default]\n") + k_static);
  world.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.home.path("absent");
  world.environment["AWS_ROLE_ARN"] = "arn:aws:iam::111122223333:role/pod";
  EXPECT_EQ(failure().code, "UnreadableFile");
}

TEST_F(Chain, ContainerThenInstance) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.transport.answer(200, endpoint_document(world.in(6h)));
  EXPECT_EQ(key_id(), "ASIAENDPOINT");
  world.environment.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  world.environment.erase("AWS_EC2_METADATA_DISABLED");
  world.transport.answer(200, "t").answer(200, "r").answer(200, endpoint_document(world.in(6h), "ASIAINSTANCE"));
  EXPECT_EQ(key_id(), "ASIAINSTANCE");
}

TEST_F(Chain, NoCredentialsIsAnErrorThatNamesEveryWay) {
  const base::Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_EQ(error.code, "NoCredentials");
  for (const char* way : {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "default profile",
                          "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"}) {
    EXPECT_NE(error.message.find(way), std::string::npos) << way << " in " << error.message;
  }
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(Chain, TheFirstWayThatWorkedIsKept) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.transport.answer(200, endpoint_document(world.in(1h)));
  const auto chain = default_credential_chain(world.settings());
  ASSERT_TRUE(world.fetch(*chain));
  environment_keys();  // appears in mid-run
  world.host_clock.advance(50min);
  world.transport.answer(200, endpoint_document(world.in(1h), "ASIASECOND"));
  EXPECT_EQ((*world.fetch(*chain))->access_key_id, "ASIASECOND");
}

TEST_F(Chain, AWayThatDisappearsIsNotReplacedByAnother) {
  environment_keys();
  world.environment["AWS_CREDENTIAL_EXPIRATION"] = world.in(1h);
  const auto chain = default_credential_chain(world.settings());
  ASSERT_TRUE(world.fetch(*chain));
  world.environment.erase("AWS_ACCESS_KEY_ID");
  world.environment.erase("AWS_SECRET_ACCESS_KEY");
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.host_clock.advance(2h);
  EXPECT_EQ(world.fetch(*chain).error().code, "NoCredentials");
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(Chain, ForgetReachesTheSourceBehindAProfile) {
  config_file("[default]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n");
  credentials_file(std::string("[base]\n") + k_static);
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h), "ASIAONE"))
      .answer(200, sts_answer("AssumeRole", world.in(1h), "ASIATWO"));
  const auto chain = default_credential_chain(world.settings());
  EXPECT_EQ((*world.fetch(*chain))->access_key_id, "ASIAONE");
  EXPECT_EQ((*world.fetch(*chain))->access_key_id, "ASIAONE");
  chain->forget();
  EXPECT_EQ((*world.fetch(*chain))->access_key_id, "ASIATWO");
}

TEST_F(Chain, ARoleProfileIsFollowedToItsEnd) {
  config_file(
      "[profile top]\nrole_arn = arn:aws:iam::111111111111:role/top\nsource_profile = middle\nexternal_id = ext-1\n"
      "role_session_name = nightly\nduration_seconds = 43200\nregion = us-west-2\n"
      "[profile middle]\nrole_arn = arn:aws:iam::222222222222:role/middle\nsource_profile = base\nduration_seconds = "
      "1200\n");
  credentials_file(std::string("[base]\n") + k_static);
  profile = "top";
  world.transport.answer(200, sts_answer("AssumeRole", world.in(20min), "ASIAMIDDLE"));
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h), "ASIATOP"));
  EXPECT_EQ(key_id(), "ASIATOP");
  const auto& requests = world.transport.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_NE(requests[0].header("Authorization").find("Credential=AKIDFILE/"), std::string::npos);
  EXPECT_NE(requests[0].body.find("role%2Fmiddle&RoleSessionName=keyward-"), std::string::npos) << requests[0].body;
  EXPECT_NE(requests[0].body.find("DurationSeconds=1200"), std::string::npos);
  EXPECT_NE(requests[1].header("Authorization").find("Credential=ASIAMIDDLE/"), std::string::npos);
  EXPECT_EQ(requests[1].header("X-Amz-Security-Token"), "role/token==");
  EXPECT_NE(requests[1].body.find("role%2Ftop&RoleSessionName=nightly&DurationSeconds=3600&ExternalId=ext-1"),
            std::string::npos);
  EXPECT_EQ(requests[1].url, "https://sts.eu-central-1.amazonaws.com/")
      << "AWS_REGION goes before the profile's region";
}

TEST_F(Chain, TheProfilesRegionFindsStsWhereNoOtherIsGiven) {
  world.environment.erase("AWS_REGION");
  config_file(
      "[default]\nrole_arn = arn:aws:iam::111111111111:role/a\ncredential_source = Environment\nregion = us-west-2\n");
  credentials_file(std::string("[p]\n") + k_static);
  profile = "default";
  environment_keys();
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_EQ(world.transport.requests().at(0).url, "https://sts.us-west-2.amazonaws.com/");
  config_file("[default]\nrole_arn = arn:aws:iam::111111111111:role/a\ncredential_source = Environment\n");
  EXPECT_EQ(failure().code, "NoRegion");
}

TEST_F(Chain, CredentialSources) {
  const std::string role = "[default]\nrole_arn = arn:aws:iam::111111111111:role/a\ncredential_source = ";
  profile = "default";

  config_file(role + "Environment\n");
  EXPECT_EQ(failure().kind, ErrorKind::invalid) << "a role without a source is no reason to take another identity";
  environment_keys();
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");

  config_file(role + "EcsContainer\n");
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.transport.answer(200, endpoint_document(world.in(6h))).answer(200, sts_answer("AssumeRole", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_NE(world.transport.requests().back().header("Authorization").find("Credential=ASIAENDPOINT/"),
            std::string::npos);

  config_file(role + "Ec2InstanceMetadata\n");
  world.environment.erase("AWS_EC2_METADATA_DISABLED");
  world.transport.answer(200, "t").answer(200, "r").answer(200, endpoint_document(world.in(6h), "ASIAINSTANCE"));
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_NE(world.transport.requests().back().header("Authorization").find("Credential=ASIAINSTANCE/"),
            std::string::npos);

  config_file(role + "Elsewhere\n");
  EXPECT_EQ(failure().code, "BadSource");
}

TEST_F(Chain, AProfileMayNameItselfIfItHasKeys) {
  config_file("[default]\nrole_arn = arn:aws:iam::111111111111:role/a\nsource_profile = default\n");
  credentials_file(std::string("[default]\n") + k_static);
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_NE(world.transport.requests().at(0).header("Authorization").find("Credential=AKIDFILE/"), std::string::npos);
}

TEST_F(Chain, AWebIdentityProfile) {
  config_file("[default]\nrole_arn = arn:aws:iam::111111111111:role/a\nweb_identity_token_file = " +
              world.home.write("token", "jwt") + "\n");
  world.transport.answer(200, sts_answer("AssumeRoleWithWebIdentity", world.in(1h)));
  EXPECT_EQ(key_id(), "ASIAEXAMPLE");
  EXPECT_EQ(world.transport.requests().at(0).header("Authorization"), "");
}

TEST_F(Chain, ACredentialProcessProfile) {
  const std::string script =
      world.home.write("p.sh", "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}'\n");
  config_file("[default]\ncredential_process = /bin/sh '" + script + "'\n");
  EXPECT_EQ(key_id(), "AKIDPROCESS");
}

TEST_F(Chain, ProfilesThatContradictThemselvesOrNeedAPerson) {
  const std::string role = "role_arn = arn:aws:iam::111111111111:role/a\n";
  const struct {
    std::string config;
    const char* code;
    const char* mentions;
    // clang-format off
  } rows[] = {
      {"[default]\naws_access_key_id = A\n", "PartialCredentials", "aws_secret_access_key"},
      {"[default]\naws_secret_access_key = A\n", "PartialCredentials", "aws_access_key_id"},
      {"[default]\n" + role, "BadSource", "neither"},
      {"[default]\n" + role + "source_profile = a\ncredential_source = Environment\n", "BadSource", "both"},
      {"[default]\n" + role + "source_profile = absent\n", "NoSuchProfile", "absent"},
      {"[default]\n" + role + "source_profile = b\n[profile b]\nregion = x\n", "NoSource", "b"},
      {"[default]\n" + role + "source_profile = default\n", "ProfileLoop", "default -> default"},
      {"[default]\n" + role + "source_profile = b\n[profile b]\n" + role + "source_profile = c\n[profile c]\n" + role + "source_profile = b\n",
       "ProfileLoop", "default -> b -> c -> b"},
      {"[default]\n" + role + "source_profile = b\n[profile b]\naws_access_key_id = A\n", "PartialCredentials", "profile b"},
      {"[default]\n" + role + "mfa_serial = arn:aws:iam::111111111111:mfa/u\ncredential_source = Environment\n", "MfaNotSupported", "mfa_serial"},
      {"[default]\n" + role + "credential_source = Environment\nduration_seconds = 600\n", "BadDuration", "600"},
      {"[default]\n" + role + "credential_source = Environment\nduration_seconds = 1h\n", "BadDuration", "1h"},
      {"[default]\nrole_arn = admin\ncredential_source = Environment\n", "BadRole", "admin"},
      {"[default]\nweb_identity_token_file = /t\n", "NoRole", "role_arn"},
      {"[default]\nsso_session = s\nsso_account_id = 1\n", "UnsupportedProfile", "sso_session"},
      {"[default]\nsso_start_url = s\n", "UnsupportedProfile", "sso_start_url"},
      {"[default]\nlogin_session = s\n", "UnsupportedProfile", "login_session"},
      {"[default]\nno equals sign\n", "MalformedSharedConfig", "config:2"},
  };
  // clang-format on
  for (const auto& row : rows) {
    SCOPED_TRACE(row.config);
    config_file(row.config);
    const base::Error error = failure();
    EXPECT_EQ(error.kind, ErrorKind::invalid);
    EXPECT_EQ(error.code, row.code);
    EXPECT_NE(error.message.find(row.mentions), std::string::npos) << error.message;
  }
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST(ResolveRegion, TakesTheFirstThatIsGiven) {
  const test::TemporaryDirectory home;
  home.write(".aws/config",
             "[default]\nregion = eu-north-1\n[profile p]\nregion = sa-east-1\n[profile bad]\nregion = nowhere\n");
  const auto region = [&](std::optional<std::string> given, Environment environment,
                          std::optional<std::string> profile = {}) {
    const auto found = resolve_region(given, environment, home.path(), profile);
    return found ? found->str() : std::string(to_string(found.error().kind));
  };
  const Environment both{{"AWS_REGION", "us-west-1"}, {"AWS_DEFAULT_REGION", "us-west-2"}};
  EXPECT_EQ(region("eu-west-3", both, "p"), "eu-west-3");
  EXPECT_EQ(region({}, both, "p"), "us-west-1");
  EXPECT_EQ(region({}, {{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-west-2"}}, "p"), "us-west-2");
  EXPECT_EQ(region({}, {}, "p"), "sa-east-1");
  EXPECT_EQ(region({}, {{"AWS_PROFILE", "p"}}), "sa-east-1");
  EXPECT_EQ(region({}, {}), "eu-north-1");
  EXPECT_EQ(region({}, {}, "absent"), "not_found");
  EXPECT_EQ(region("Frankfurt", both), "invalid");
  EXPECT_EQ(region({}, {{"AWS_REGION", "Frankfurt"}}), "invalid");
  EXPECT_EQ(region({}, {}, "bad"), "invalid");
}

}  // namespace
}  // namespace keyward::aws
