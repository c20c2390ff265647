#include "aws/error_codes.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "aws/operations.hpp"

namespace keyward::aws {
namespace {

using base::Error;

constexpr const char* k_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr const char* k_token = "FwoGZXIvYXdzEBYaDKbPHkVx5Kf9sT9Lk1mQxR7vN2pJc4hW8zYb3gTd6oSuLe0AfVnXiCqKjMrPtHwEyZsGaDlB";

base::HttpResponse refusal(std::string body) {
  base::HttpResponse response;
  response.status = 400;
  response.body = base::Body(std::move(body));
  return response;
}

Error of_xml(const std::string& code, const std::string& message, const std::string& id) {
  return error_of_answer(operations::k_create_access_key, refusal("<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message +
                                                                  "</Message></Error><RequestId>" + id + "</RequestId></ErrorResponse>"));
}

Error of_json(const std::string& code, const std::string& message, const std::string& id) {
  base::HttpResponse response = refusal(boost::json::serialize(boost::json::object{{"__type", code}, {"message", message}}));
  response.headers.push_back({"x-amzn-requestid", id});
  return error_of_answer(operations::k_put_secret_value, response);
}

TEST(ErrorOfAnswer, KeepsWhatAwsSays) {
  const std::string message =
      "User: arn:aws:sts::111122223333:assumed-role/keyward-rotate/keyward is not authorized to perform: "
      "secretsmanager:PutSecretValue on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:Account_1_User_a_AccessKey-AbCdEf "
      "because no identity-based policy allows the secretsmanager:PutSecretValue action";
  for (const auto& error : {of_xml("AccessDenied", message, "9b2c5f7e-1111-4222-8333-444455556666"),
                            of_json("AccessDenied", message, "9b2c5f7e-1111-4222-8333-444455556666")}) {
    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.request_id, "9b2c5f7e-1111-4222-8333-444455556666");
  }
  EXPECT_EQ(of_json("com.amazonaws.x#ProvisionedThroughputExceededException", "", "").code, "ProvisionedThroughputExceededException");
}

TEST(ErrorOfAnswer, RepeatsNoSecretThatAnAnswerQuotes) {
  for (const std::string secret : {k_key, k_token}) {
    std::string escaped = secret;
    for (auto at = escaped.find('/'); at != std::string::npos; at = escaped.find('/', at + 2)) escaped.insert(at, 1, '\\');
    std::string encoded = secret;
    for (auto at = encoded.find('/'); at != std::string::npos; at = encoded.find('/', at)) encoded.replace(at, 1, "%2F");
    std::string entities = secret;
    for (auto at = entities.find('/'); at != std::string::npos; at = entities.find('/', at)) entities.replace(at, 1, "&#x2F;");
    for (const std::string& form : {secret, escaped, encoded, entities}) {
      const std::string quoted = "Value '{\"SecretAccessKey\":\"" + form + "\"}' at 'secretString' failed to satisfy constraint";
      for (const auto& error : {of_xml("ValidationError", quoted, "r-1"), of_json("ValidationException", quoted, "r-1")}) {
        EXPECT_EQ(describe(error).find(form), std::string::npos) << describe(error);
        EXPECT_NE(error.message.find("at 'secretString' failed to satisfy constraint"), std::string::npos) << error.message;
      }
    }
    for (const auto& error : {of_xml(secret, "m", secret), of_json(secret, "m", secret), of_xml("X " + secret, "m", "r " + secret)}) {
      EXPECT_EQ(error.code, "HTTP400");
      EXPECT_EQ(error.request_id, "");
    }
  }
}

TEST(ErrorOfAnswer, IsNoLongerThanAPage) {
  EXPECT_EQ(of_json("ValidationException", std::string(100'000, 'x'), "").message, std::string(2000, 'x'));
  for (std::size_t before = 1955; before < 2001; ++before) {
    const std::string message = of_json("ValidationException", std::string(before, '.') + k_key, "").message;
    EXPECT_EQ(message.find("wJalr"), std::string::npos) << message.substr(1950);
  }
}

TEST(ErrorOfAnswer, IsOneLineThatATerminalMayShow) {
  for (const std::string unfit : {"\x1b[31m", "\a", "\xC2\x9b", "\xE2\x80\xAE"}) {
    const Error error = of_json("Bad" + unfit, "one" + unfit + "\ntwo", unfit);
    EXPECT_EQ(describe(error).find(unfit), std::string::npos) << describe(error);
    EXPECT_EQ(describe(error).find('\n'), std::string::npos);
    EXPECT_EQ(error.code, "HTTP400");
    EXPECT_TRUE(error.message.starts_with("one") && error.message.ends_with(" two")) << error.message;
  }
}

}  // namespace
}  // namespace keyward::aws
