#include "aws/parameters.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyward::aws {
namespace {

std::string form(Parameters parameters) { return std::string(std::move(parameters).take().view()); }

TEST(Parameters, AreEncodedInTheirOrder) {
  Parameters parameters{{"Action", "TagUser"}, {"UserName", "a,b+c=d@e.f_-"}};
  parameters.add("Tags.member.1.Key", "100% ~/\xc3\xa4\n&");
  parameters.add("Empty", "");
  EXPECT_EQ(form(std::move(parameters)),
            "Action=TagUser&UserName=a%2Cb%2Bc%3Dd%40e.f_-&Tags.member.1.Key=100%25+~%2F%C3%A4%0A%26&Empty=");
}

TEST(Parameters, BlanksArePluses) { EXPECT_EQ(form({{"a", " b  c "}, {"d", " "}}), "a=+b++c+&d=+"); }

TEST(Parameters, AreJoinedWithOthersAndCloned) {
  const Parameters first{{"a", "1"}};
  Parameters all;
  all.add(Parameters());
  all.add(first);
  all.add(Parameters());
  all.add({{"b", "2"}});
  Parameters more = all.clone();
  more.add("c", "3");
  EXPECT_EQ(form(std::move(all)), "a=1&b=2");
  EXPECT_EQ(form(std::move(more)), "a=1&b=2&c=3");
  EXPECT_EQ(form(first.clone()), "a=1");
  EXPECT_EQ(form(Parameters()), "");
}

}  // namespace
}  // namespace keyward::aws
