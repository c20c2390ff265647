#include "sandbox/secrets_manager_service.hpp"

#include "sandbox_fixture.hpp"

namespace keyward::sandbox::testing {
namespace {

namespace js = boost::json;

constexpr const char* k_member = "222222222222";
const std::string k_v1(32, '1');
const std::string k_v2(32, '2');
const std::string k_v3(32, '3');

class SecretsManager : public SandboxTest {
 protected:
  SecretsManager() {
    load(R"({"external_id": "ext-1", "accounts": [
      {"id": "222222222222", "users": [{"name": "alice", "keys": [{}]},
        {"name": "bob", "keys": [{}], "policies": {"all": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}]},
      {"id": "333333333333", "users": [{"name": "eve", "keys": [{}], "policies": {"all": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}]}]})");
    session = assume(hub(), k_member);
  }

  WireReply call(const std::string& action, const js::object& body) {
    return json(session, "secretsmanager", action, body);
  }
  js::object create(const std::string& name = "keyward/alice/key") {
    const WireReply reply =
        call("CreateSecret", {{"Name", name}, {"ClientRequestToken", k_v1}, {"SecretString", "one"}});
    EXPECT_EQ(reply.status, 200) << reply.body;
    return object(reply);
  }
  std::string stages() {
    return js::serialize(object(call("DescribeSecret", {{"SecretId", "keyward/alice/key"}}))["VersionIdsToStages"]);
  }
  WireReply read(const Signer& signer, const std::string& id, const std::string& region = "us-east-1") {
    return json(signer, "secretsmanager", "GetSecretValue", {{"SecretId", id}}, region);
  }

  Signer session;
};

TEST_F(SecretsManager, RotatesByAnEmptyVersionThatTheFunctionFills) {
  create();
  const auto rotate = [&](const std::string& token, js::object more) {
    more["SecretId"] = "keyward/alice/key";
    more["ClientRequestToken"] = token;
    return json(user_signer(k_member, "bob"), "secretsmanager", "RotateSecret", more);
  };
  const auto bob = [&](const std::string& action, js::object body) {
    body["SecretId"] = "keyward/alice/key";
    return json(user_signer(k_member, "bob"), "secretsmanager", action, body);
  };
  EXPECT_EQ(code(rotate(k_v2, {})), "InvalidRequestException");  // no function yet
  EXPECT_EQ(rotate(k_v2, {{"RotationLambdaARN", "arn:aws:lambda:us-east-1:222222222222:function:f"}}).status, 200);
  EXPECT_EQ(stages(), "{\"" + k_v1 + "\":[\"AWSCURRENT\"],\"" + k_v2 + "\":[\"AWSPENDING\"]}");
  EXPECT_EQ(code(bob("GetSecretValue", {{"VersionStage", "AWSPENDING"}})), "ResourceNotFoundException");
  EXPECT_EQ(code(rotate(k_v3, {})), "InvalidRequestException");  // that one is not complete
  EXPECT_EQ(bob("PutSecretValue", {{"ClientRequestToken", k_v2}, {"SecretString", "two"}, {"VersionStages", js::array{"AWSPENDING"}}}).status, 200);
  EXPECT_EQ(bob("UpdateSecretVersionStage", {{"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", k_v2}, {"RemoveFromVersionId", k_v1}}).status, 200);
  EXPECT_EQ(object(bob("GetSecretValue", {}))["SecretString"].as_string(), "two");
  EXPECT_TRUE(object(bob("DescribeSecret", {})).contains("LastRotatedDate"));
  EXPECT_EQ(rotate(k_v3, {}).status, 200);
  EXPECT_EQ(bob("CancelRotateSecret", {}).status, 200);
  EXPECT_FALSE(object(bob("DescribeSecret", {}))["RotationEnabled"].as_bool());
}

TEST_F(SecretsManager, MovesStagingLabels) {
  create();
  const auto put = [&](const std::string& token, js::array labels) {
    return call("PutSecretValue", {{"SecretId", "keyward/alice/key"},
                                   {"ClientRequestToken", token},
                                   {"SecretString", token},
                                   {"VersionStages", labels}});
  };
  EXPECT_EQ(put(k_v2, {"AWSPENDING"}).status, 200);
  EXPECT_EQ(stages(), "{\"" + k_v1 + "\":[\"AWSCURRENT\"],\"" + k_v2 + "\":[\"AWSPENDING\"]}");
  const auto move = [&](js::object body) {
    body["SecretId"] = "keyward/alice/key";
    return call("UpdateSecretVersionStage", body);
  };
  EXPECT_EQ(code(move({{"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", k_v2}})), "InvalidParameterException");
  EXPECT_EQ(code(move({{"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", k_v2}, {"RemoveFromVersionId", k_v2}})),
            "InvalidParameterException");
  EXPECT_EQ(code(move({{"VersionStage", "AWSCURRENT"}, {"RemoveFromVersionId", k_v1}})), "InvalidParameterException");
  EXPECT_EQ(code(move({{"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", k_v3}, {"RemoveFromVersionId", k_v1}})),
            "ResourceNotFoundException");
  EXPECT_EQ(move({{"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", k_v2}, {"RemoveFromVersionId", k_v1}}).status,
            200);
  EXPECT_EQ(stages(), "{\"" + k_v1 + "\":[\"AWSPREVIOUS\"],\"" + k_v2 + "\":[\"AWSCURRENT\",\"AWSPENDING\"]}");
  EXPECT_EQ(move({{"VersionStage", "AWSPENDING"}, {"RemoveFromVersionId", k_v2}}).status, 200);
  EXPECT_EQ(put(k_v3, {"AWSCURRENT"}).status, 200);
  // v1 has lost its last label: it is deprecated and no longer described.
  EXPECT_EQ(stages(), "{\"" + k_v2 + "\":[\"AWSPREVIOUS\"],\"" + k_v3 + "\":[\"AWSCURRENT\"]}");
}

TEST_F(SecretsManager, ATokenMakesWritingIdempotent) {
  create();
  create();
  EXPECT_EQ(code(call("CreateSecret",
                      {{"Name", "keyward/alice/key"}, {"ClientRequestToken", k_v1}, {"SecretString", "two"}})),
            "ResourceExistsException");
  EXPECT_EQ(code(call("CreateSecret",
                      {{"Name", "keyward/alice/key"}, {"ClientRequestToken", k_v2}, {"SecretString", "one"}})),
            "ResourceExistsException");
  const js::object put{{"SecretId", "keyward/alice/key"},
                       {"ClientRequestToken", k_v2},
                       {"SecretString", "two"},
                       {"VersionStages", js::array{"AWSPENDING"}}};
  EXPECT_EQ(call("PutSecretValue", put).status, 200);
  EXPECT_EQ(call("PutSecretValue", put).status, 200);
  js::object other = put;
  other["SecretString"] = "three";
  EXPECT_EQ(code(call("PutSecretValue", other)), "ResourceExistsException");
  other["ClientRequestToken"] = "short";
  EXPECT_EQ(code(call("PutSecretValue", other)), "InvalidParameterException");
}

TEST_F(SecretsManager, TheFirstVersionIsAlwaysCurrent) {
  EXPECT_EQ(call("CreateSecret", {{"Name", "keyward/alice/key"}, {"ClientRequestToken", k_v1}}).status, 200);
  EXPECT_EQ(stages(), "null");
  EXPECT_EQ(call("PutSecretValue", {{"SecretId", "keyward/alice/key"},
                                    {"ClientRequestToken", k_v2},
                                    {"SecretString", "x"},
                                    {"VersionStages", js::array{"AWSPENDING"}}})
                .status,
            200);
  EXPECT_EQ(stages(), "{\"" + k_v2 + "\":[\"AWSCURRENT\",\"AWSPENDING\"]}");
}

TEST_F(SecretsManager, FindsSecretsByNameArnAndPartialArnWithItsTrap) {
  const std::string arn(create()["ARN"].as_string());
  EXPECT_EQ(call("DescribeSecret", {{"SecretId", arn}}).status, 200);
  EXPECT_EQ(call("DescribeSecret", {{"SecretId", arn.substr(0, arn.size() - 7)}}).status, 200);
  EXPECT_EQ(code(call("DescribeSecret", {{"SecretId", arn.substr(0, arn.size() - 1) + "!"}})),
            "ResourceNotFoundException");
  const std::string trap(create("svc-deploy")["ARN"].as_string());
  EXPECT_EQ(call("DescribeSecret", {{"SecretId", "svc-deploy"}}).status, 200);
  EXPECT_EQ(code(call("DescribeSecret", {{"SecretId", trap.substr(0, trap.size() - 7)}})), "ResourceNotFoundException");
}

TEST_F(SecretsManager, RefusesWhatIsScheduledForDeletionUntilItIsRestored) {
  create();
  EXPECT_EQ(call("DeleteSecret", {{"SecretId", "keyward/alice/key"}, {"RecoveryWindowInDays", 7}}).status, 200);
  const js::object put{{"SecretId", "keyward/alice/key"}, {"ClientRequestToken", k_v2}, {"SecretString", "x"}};
  EXPECT_EQ(code(call("PutSecretValue", put)), "InvalidRequestException");
  EXPECT_EQ(code(call("CreateSecret",
                      {{"Name", "keyward/alice/key"}, {"ClientRequestToken", k_v1}, {"SecretString", "one"}})),
            "InvalidRequestException");
  EXPECT_TRUE(object(call("DescribeSecret", {{"SecretId", "keyward/alice/key"}})).contains("DeletedDate"));
  EXPECT_EQ(call("RestoreSecret", {{"SecretId", "keyward/alice/key"}}).status, 200);
  EXPECT_EQ(call("PutSecretValue", put).status, 200);
  EXPECT_EQ(call("DeleteSecret", {{"SecretId", "keyward/alice/key"}, {"RecoveryWindowInDays", 7}}).status, 200);
  world.clock.advance(std::chrono::hours(24 * 7));
  session = assume(hub(), k_member);
  EXPECT_EQ(code(call("RestoreSecret", {{"SecretId", "keyward/alice/key"}})), "ResourceNotFoundException");
}

TEST_F(SecretsManager, OnlyTheNamedReaderReads) {
  const std::string arn(create()["ARN"].as_string());
  const Signer alice = user_signer(k_member, "alice");
  const Signer bob = user_signer(k_member, "bob");
  EXPECT_EQ(code(read(alice, arn)), "AccessDeniedException");
  EXPECT_EQ(read(bob, arn).status, 200);
  const std::string policy = R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:user/alice"},"Action":"secretsmanager:GetSecretValue","Resource":"*"},
    {"Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*",
     "Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:user/alice"}}}]})";
  EXPECT_EQ(
      call("PutResourcePolicy", {{"SecretId", arn}, {"ResourcePolicy", policy}, {"BlockPublicPolicy", true}}).status,
      200);
  EXPECT_EQ(read(alice, arn).status, 200);
  const WireReply refused = read(bob, arn);
  EXPECT_EQ(code(refused), "AccessDeniedException");
  EXPECT_NE(refused.body.find("with an explicit deny in a resource-based policy"), std::string::npos);
}

TEST_F(SecretsManager, ChecksResourcePolicies) {
  create();
  const auto put = [&](const std::string& policy) {
    return call("PutResourcePolicy",
                {{"SecretId", "keyward/alice/key"}, {"ResourcePolicy", policy}, {"BlockPublicPolicy", true}});
  };
  const auto naming = [](const std::string& principal) {
    return R"({"Statement":[{"Effect":"Allow","Principal":)" + principal +
           R"(,"Action":"secretsmanager:GetSecretValue","Resource":"*"}]})";
  };
  EXPECT_EQ(code(put("nonsense")), "MalformedPolicyDocumentException");
  EXPECT_EQ(code(put(naming(R"({"AWS":"arn:aws:iam::222222222222:user/nobody"})"))),
            "MalformedPolicyDocumentException");
  EXPECT_EQ(code(put(naming(R"("*")"))), "PublicPolicyException");
  EXPECT_EQ(put(naming(R"({"AWS":"arn:aws:iam::222222222222:user/alice"})")).status, 200);
}

TEST_F(SecretsManager, AnotherAccountNeedsBothPoliciesAndACustomerKey) {
  const std::string arn(create()["ARN"].as_string());
  const Signer eve = user_signer("333333333333", "eve");
  EXPECT_EQ(code(read(eve, arn)), "AccessDeniedException");
  const std::string policy =
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]})";
  EXPECT_EQ(call("PutResourcePolicy", {{"SecretId", arn}, {"ResourcePolicy", policy}}).status, 200);
  EXPECT_NE(read(eve, arn).body.find("Access to KMS is not allowed"), std::string::npos);
  KmsKey key{
      "key-1", "us-east-1", "alias/shared",
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":["222222222222","333333333333"]},"Action":"kms:*","Resource":"*"}]})",
      true};
  world.accounts.at(k_member).kms_keys.push_back(key);
  world.accounts.at(k_member).secrets.begin()->second.kms_key = "alias/shared";
  EXPECT_EQ(read(eve, arn).status, 200);
  world.accounts.at("333333333333").users.at("eve").policies.clear();
  EXPECT_EQ(code(read(eve, arn)), "AccessDeniedException");
}

TEST_F(SecretsManager, ReplicasAreReadAndNotWritten) {
  create();
  const Signer bob = user_signer(k_member, "bob");
  EXPECT_EQ(call("ReplicateSecretToRegions", {{"SecretId", "keyward/alice/key"},
                                              {"AddReplicaRegions", js::array{js::object{{"Region", "eu-west-1"}}}}})
                .status,
            200);
  const WireReply there = read(bob, "keyward/alice/key", "eu-west-1");
  EXPECT_EQ(there.status, 200);
  EXPECT_NE(there.body.find("arn:aws:secretsmanager:eu-west-1:222222222222"), std::string::npos);
  EXPECT_EQ(
      code(json(session, "secretsmanager", "PutSecretValue",
                {{"SecretId", "keyward/alice/key"}, {"ClientRequestToken", k_v2}, {"SecretString", "x"}}, "eu-west-1")),
      "InvalidRequestException");
  EXPECT_EQ(code(call("DeleteSecret", {{"SecretId", "keyward/alice/key"}})), "InvalidRequestException");
  EXPECT_EQ(code(read(bob, "keyward/alice/key", "eu-central-1")), "ResourceNotFoundException");
}

TEST_F(SecretsManager, RefusesBadNamesSizesAndKeys) {
  const auto attempt = [&](const std::string& name, const std::string& value, const std::string& key = "") {
    js::object body{{"Name", name}, {"ClientRequestToken", k_v1}, {"SecretString", value}};
    if (!key.empty()) body["KmsKeyId"] = key;
    return code(call("CreateSecret", body));
  };
  EXPECT_EQ(attempt("keyward/a,b", "x"), "ValidationException");
  EXPECT_EQ(attempt("keyward/a b", "x"), "ValidationException");
  EXPECT_EQ(attempt("a", std::string(65537, 'x')), "InvalidParameterException");
  EXPECT_EQ(attempt("a", "x", "alias/none"), "InvalidParameterException");
  EXPECT_EQ(call("CreateSecret", {{"Name", "a"},
                                  {"ClientRequestToken", k_v1},
                                  {"SecretString", "x"},
                                  {"KmsKeyId", "alias/aws/secretsmanager"}})
                .status,
            200);
}

}  // namespace
}  // namespace keyward::sandbox::testing
