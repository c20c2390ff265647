#include "orchestrator/surroundings.hpp"

#include <gtest/gtest.h>

namespace keyward::orchestrator {
namespace {

base::CurlTransportSettings settings_in(Environment environment) {
  environment.emplace("AWS_REGION", "eu-central-1");
  const base::Result<Surroundings> where = surroundings(Configuration(), environment);
  return transport_settings(where.value());
}

TEST(Surroundings, TellTheTransportOfAProxy) {
  EXPECT_EQ(settings_in({}).proxy, base::Proxy::none);
  EXPECT_EQ(settings_in({{"https_proxy", ""}, {"http_proxy", "http://proxy.example.org:3128"}}).proxy, base::Proxy::none);
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    EXPECT_EQ(settings_in({{name, "http://proxy.example.org:3128"}}).proxy, base::Proxy::named) << name;
  }
}

TEST(Surroundings, TellTheTransportWhomToTrust) {
  EXPECT_EQ(settings_in({}).ca_file, "");
  EXPECT_EQ(settings_in({{"AWS_CA_BUNDLE", "/etc/authorities.pem"}}).ca_file, "/etc/authorities.pem");
}

}  // namespace
}  // namespace keyward::orchestrator
