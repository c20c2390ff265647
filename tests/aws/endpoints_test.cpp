#include "aws/endpoints.hpp"

#include <gtest/gtest.h>

namespace keyward::aws {
namespace {

base::Region region(const std::string& name) { return base::Region::parse(name).value(); }

struct Row {
  Service service;
  const char* region;
  const char* url;
  const char* signing_region;
  const char* signing_name;
};

TEST(Endpoints, ResolvesEveryServiceInEveryPartition) {
  // clang-format off
  const Row rows[] = {
      {Service::iam, "eu-central-1", "https://iam.amazonaws.com", "us-east-1", "iam"},
      {Service::organizations, "eu-central-1", "https://organizations.us-east-1.amazonaws.com", "us-east-1", "organizations"},
      {Service::account, "eu-central-1", "https://account.us-east-1.amazonaws.com", "us-east-1", "account"},
      {Service::sts, "eu-central-1", "https://sts.eu-central-1.amazonaws.com", "eu-central-1", "sts"},
      {Service::secrets_manager, "ap-southeast-7", "https://secretsmanager.ap-southeast-7.amazonaws.com", "ap-southeast-7",
       "secretsmanager"},
      {Service::ses, "us-west-2", "https://email.us-west-2.amazonaws.com", "us-west-2", "ses"},
      {Service::sns, "us-west-2", "https://sns.us-west-2.amazonaws.com", "us-west-2", "sns"},
      {Service::ssm, "us-west-2", "https://ssm.us-west-2.amazonaws.com", "us-west-2", "ssm"},
      {Service::s3, "us-east-1", "https://s3.us-east-1.amazonaws.com", "us-east-1", "s3"},
      {Service::cloudwatch, "us-west-2", "https://monitoring.us-west-2.amazonaws.com", "us-west-2", "monitoring"},
      {Service::dynamodb, "us-west-2", "https://dynamodb.us-west-2.amazonaws.com", "us-west-2", "dynamodb"},
      {Service::kms, "us-west-2", "https://kms.us-west-2.amazonaws.com", "us-west-2", "kms"},
      {Service::security_hub, "us-west-2", "https://securityhub.us-west-2.amazonaws.com", "us-west-2", "securityhub"},

      {Service::iam, "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1", "iam"},
      {Service::organizations, "us-gov-east-1", "https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1",
       "organizations"},
      {Service::account, "us-gov-east-1", "https://account.us-gov-west-1.amazonaws.com", "us-gov-west-1", "account"},
      {Service::sts, "us-gov-east-1", "https://sts.us-gov-east-1.amazonaws.com", "us-gov-east-1", "sts"},
      {Service::ses, "us-gov-west-1", "https://email.us-gov-west-1.amazonaws.com", "us-gov-west-1", "ses"},

      // IAM and Organizations have different homes in China.
      {Service::iam, "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1", "iam"},
      {Service::organizations, "cn-north-1", "https://organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1",
       "organizations"},
      {Service::account, "cn-north-1", "https://account.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", "account"},
      {Service::sts, "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1", "sts"},
      {Service::secrets_manager, "cn-north-1", "https://secretsmanager.cn-north-1.amazonaws.com.cn", "cn-north-1",
       "secretsmanager"},

      {Service::iam, "eusc-de-east-1", "https://iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "iam"},
      {Service::iam, "us-iso-west-1", "https://iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "iam"},
      {Service::iam, "us-isob-west-1", "https://iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "iam"},
      {Service::iam, "eu-isoe-west-1", "https://iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "iam"},
      {Service::iam, "us-isof-east-1", "https://iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", "iam"},
      {Service::sts, "us-isof-east-1", "https://sts.us-isof-east-1.csp.hci.ic.gov", "us-isof-east-1", "sts"},
  };
  // clang-format on
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.region) + " " + row.url);
    const auto endpoint = resolve_endpoint(row.service, region(row.region), EndpointSettings{});
    ASSERT_TRUE(endpoint) << describe(endpoint.error());
    EXPECT_EQ(endpoint->url, row.url);
    EXPECT_EQ(endpoint->signing_region, row.signing_region);
    EXPECT_EQ(endpoint->signing_name, row.signing_name);
  }
}

TEST(Endpoints, FipsHostsAreTheOnesAwsNames) {
  // clang-format off
  const Row rows[] = {
      {Service::iam, "us-west-2", "https://iam-fips.amazonaws.com", "us-east-1", "iam"},
      {Service::organizations, "us-west-2", "https://organizations-fips.us-east-1.amazonaws.com", "us-east-1", "organizations"},
      {Service::sts, "us-west-2", "https://sts-fips.us-west-2.amazonaws.com", "us-west-2", "sts"},
      {Service::ses, "us-west-2", "https://email-fips.us-west-2.amazonaws.com", "us-west-2", "ses"},
      {Service::s3, "us-west-2", "https://s3-fips.us-west-2.amazonaws.com", "us-west-2", "s3"},
      {Service::cloudwatch, "us-west-2", "https://monitoring-fips.us-west-2.amazonaws.com", "us-west-2", "monitoring"},
      // GovCloud: the plain host of these is the FIPS host already, ...
      {Service::iam, "us-gov-west-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1", "iam"},
      {Service::organizations, "us-gov-west-1", "https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1",
       "organizations"},
      {Service::sts, "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sts"},
      {Service::sns, "us-gov-west-1", "https://sns.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sns"},
      {Service::ssm, "us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com", "us-gov-west-1", "ssm"},
      {Service::dynamodb, "us-gov-west-1", "https://dynamodb.us-gov-west-1.amazonaws.com", "us-gov-west-1", "dynamodb"},
      // ... these have one of their own.
      {Service::secrets_manager, "us-gov-west-1", "https://secretsmanager-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1",
       "secretsmanager"},
      {Service::ses, "us-gov-west-1", "https://email-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "ses"},
      {Service::kms, "us-gov-west-1", "https://kms-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "kms"},
      {Service::security_hub, "us-gov-west-1", "https://securityhub-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "securityhub"},
      {Service::s3, "us-gov-west-1", "https://s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "s3"},
  };
  // clang-format on
  EndpointSettings settings;
  settings.use_fips = true;
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.region) + " " + row.url);
    const auto endpoint = resolve_endpoint(row.service, region(row.region), settings);
    ASSERT_TRUE(endpoint) << describe(endpoint.error());
    EXPECT_EQ(endpoint->url, row.url);
    EXPECT_EQ(endpoint->signing_region, row.signing_region);
    EXPECT_EQ(endpoint->signing_name, row.signing_name);
  }
}

TEST(Endpoints, RefusesInsteadOfGuessing) {
  EndpointSettings fips;
  fips.use_fips = true;
  const struct {
    Service service;
    const char* region;
    const EndpointSettings settings;
    const char* code;
  } rows[] = {
      {Service::ses, "cn-north-1", {}, "ServiceNotInPartition"},
      {Service::organizations, "us-iso-east-1", {}, "ServiceNotInPartition"},
      {Service::account, "eusc-de-east-1", {}, "ServiceNotInPartition"},
      {Service::iam, "xx-north-1", {}, "UnknownRegion"},
      {Service::iam, "us-moon-west-1", {}, "UnknownRegion"},
      {Service::iam, "cn-north-1", fips, "NoFipsEndpoint"},
      {Service::account, "us-east-1", fips, "NoFipsEndpoint"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.region);
    const auto endpoint = resolve_endpoint(row.service, region(row.region), row.settings);
    ASSERT_FALSE(endpoint);
    EXPECT_EQ(endpoint.error().kind, base::ErrorKind::invalid);
    EXPECT_EQ(endpoint.error().code, row.code);
  }
}

TEST(Endpoints, PartitionOfARegion) {
  const struct {
    const char* region;
    const char* partition;
  } rows[] = {{"us-east-1", "aws"},
              {"mx-central-1", "aws"},
              {"il-central-1", "aws"},
              {"us-gov-west-1", "aws-us-gov"},
              {"cn-north-1", "aws-cn"},
              {"eusc-de-east-1", "aws-eusc"},
              {"us-iso-east-1", "aws-iso"},
              {"us-isob-east-1", "aws-iso-b"},
              {"eu-isoe-west-1", "aws-iso-e"},
              {"us-isof-south-1", "aws-iso-f"}};
  for (const auto& row : rows) EXPECT_EQ(partition_of(region(row.region)).value(), row.partition) << row.region;
  EXPECT_EQ(partition_of(region("qq-east-1")).error().code, "UnknownRegion");
}

TEST(EndpointSettings, AnOverrideChangesTheHostOnly) {
  const auto settings = endpoint_settings({{"AWS_ENDPOINT_URL", "http://127.0.0.1:5000/"},
                                           {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://vault.example.org"},
                                           {"AWS_ENDPOINT_URL_SESV2", "http://localhost:81"}});
  ASSERT_TRUE(settings) << describe(settings.error());
  const auto iam = resolve_endpoint(Service::iam, region("eu-west-1"), *settings).value();
  EXPECT_EQ(iam.url, "http://127.0.0.1:5000");
  EXPECT_EQ(iam.signing_region, "us-east-1");
  EXPECT_EQ(iam.signing_name, "iam");
  const auto secrets = resolve_endpoint(Service::secrets_manager, region("eu-west-1"), *settings).value();
  EXPECT_EQ(secrets.url, "https://vault.example.org");
  EXPECT_EQ(secrets.signing_region, "eu-west-1");
  const auto ses = resolve_endpoint(Service::ses, region("eu-west-1"), *settings).value();
  EXPECT_EQ(ses.url, "http://localhost:81");
  EXPECT_EQ(ses.signing_name, "ses");
}

TEST(EndpointSettings, EveryServiceHasItsVariable) {
  const std::pair<const char*, Service> names[] = {{"ORGANIZATIONS", Service::organizations},
                                                   {"STS", Service::sts},
                                                   {"IAM", Service::iam},
                                                   {"SECRETS_MANAGER", Service::secrets_manager},
                                                   {"SESV2", Service::ses},
                                                   {"SNS", Service::sns},
                                                   {"SSM", Service::ssm},
                                                   {"S3", Service::s3},
                                                   {"CLOUDWATCH", Service::cloudwatch},
                                                   {"ACCOUNT", Service::account},
                                                   {"DYNAMODB", Service::dynamodb},
                                                   {"KMS", Service::kms},
                                                   {"SECURITYHUB", Service::security_hub}};
  for (const auto& [name, service] : names) {
    const auto settings = endpoint_settings({{std::string("AWS_ENDPOINT_URL_") + name, "https://x.example.org:8443"}});
    ASSERT_TRUE(settings) << name;
    EXPECT_EQ(resolve_endpoint(service, region("us-east-1"), *settings)->url, "https://x.example.org:8443") << name;
    EXPECT_EQ(settings->override_by_service.size(), 1u) << name;
  }
}

TEST(EndpointSettings, OverridesAreIgnoredOnRequest) {
  const auto settings = endpoint_settings({{"AWS_ENDPOINT_URL", "not even a URL"},
                                           {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"},
                                           {"AWS_USE_FIPS_ENDPOINT", "TRUE"}});
  ASSERT_TRUE(settings);
  EXPECT_FALSE(settings->override_all);
  EXPECT_TRUE(settings->use_fips);
}

TEST(EndpointSettings, PlainHttpIsForLoopbackOnly) {
  for (const char* url :
       {"http://127.0.0.1:5000", "http://localhost", "http://[::1]:9", "https://vpce-1.sts.example.org/"}) {
    EXPECT_TRUE(endpoint_settings({{"AWS_ENDPOINT_URL", url}})) << url;
  }
  for (const char* url : {"http://10.0.0.1", "http://localhost.example.org", "http://169.254.169.254",
                          "ftp://localhost", "https://h/path", "https://h?x=1", "localhost:5000", "https://user@h"}) {
    const auto settings = endpoint_settings({{"AWS_ENDPOINT_URL_STS", url}});
    ASSERT_FALSE(settings) << url;
    EXPECT_EQ(settings.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(settings.error().message.find("AWS_ENDPOINT_URL_STS"), std::string::npos);
  }
}

TEST(EndpointSettings, AFlagIsTrueOrFalse) {
  EXPECT_FALSE(endpoint_settings({{"AWS_USE_FIPS_ENDPOINT", "yes"}}));
  EXPECT_FALSE(endpoint_settings({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "1"}}));
  EXPECT_FALSE(endpoint_settings({{"AWS_USE_FIPS_ENDPOINT", "false"}})->use_fips);
  EXPECT_FALSE(endpoint_settings({{"AWS_USE_FIPS_ENDPOINT", ""}})->use_fips);
}

}  // namespace
}  // namespace keyward::aws
