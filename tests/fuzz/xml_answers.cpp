#include "aws/cloudwatch_client.hpp"
#include "aws/iam_client.hpp"
#include "aws/sns_client.hpp"
#include "aws/sts_client.hpp"
#include "fuzz/aws_answers.hpp"

// Answers of the Query protocol. Input: which call, then its answers. IAM and STS hand out secrets in them.
namespace keyward::fuzz {
namespace {

const base::UserName k_user = *base::UserName::parse("svc");
const base::AccessKeyId k_key = *base::AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE");
const base::Arn k_role = *base::Arn::parse("arn:aws:iam::111122223333:role/keyward-rotate");

void check_session(const base::Result<aws::CredentialsPtr>& session) {
  if (!session) return;
  require(!(*session)->access_key_id.empty(), "a session has a key id");
  require(!(*session)->secret_access_key.empty(), "a session has a secret");
  require(!(*session)->session_token.empty(), "a session has a token");
  require((*session)->expiration.has_value(), "a session ends");
}

void check_new_key(const base::Result<aws::CreatedAccessKey>& made) {
  if (made) {
    require(!made->secret.empty(), "a new key has a secret");
  } else {
    // It may have been made: neither may it be asked for again, nor may nobody look.
    require(made.error().kind == base::ErrorKind::ambiguous || made.error().code == "EndOfInput" ||
                made.error().kind == base::ErrorKind::invalid,
            "an unreadable answer to CreateAccessKey is not retried");
  }
}

}  // namespace

KEYWARD_FUZZ_TARGET(xml_answers) {
  Input in(input);
  const std::size_t call = in.choice(19);
  const std::vector<std::string_view> bodies = in.parts();
  AnsweredCaller world(bodies);
  aws::IamClient iam(world.caller);
  aws::StsClient sts(world.caller);
  aws::SnsClient sns(world.caller);
  aws::CloudWatchClient cloudwatch(world.caller);
  const std::string_view secret = secret_between(input, "<SecretAccessKey>", "</SecretAccessKey>");
  const std::string_view token = secret_between(input, "<SessionToken>", "</SessionToken>");
  const auto seen = [&](const auto& result) {
    if (result) return;
    check_error(result.error(), secret);
    check_error(result.error(), token);
  };
  switch (call) {
    case 0: return seen(world.run(sts.get_caller_identity()));
    case 1: {
      const auto session = world.run(sts.assume_role({k_role, "keyward", "", "", 3600}));
      check_session(session);
      return seen(session);
    }
    case 2: {
      const auto session = world.run(sts.assume_role_with_web_identity(k_role, "keyward", base::Secret("a token")));
      check_session(session);
      return seen(session);
    }
    case 3: return seen(world.run(iam.list_users()));
    case 4: return seen(world.run(iam.list_access_keys(k_user)));
    case 5: return seen(world.run(iam.access_key_last_used(k_key)));
    case 6: {
      const auto made = world.run(iam.create_access_key(k_user));
      check_new_key(made);
      require(world.transport.urls.size() == 1, "CreateAccessKey is sent once");
      return seen(made);
    }
    case 7: return seen(world.run(iam.deactivate_access_key(k_user, k_key)));
    case 8: return seen(world.run(iam.delete_access_key(k_user, k_key)));
    case 9: return seen(world.run(iam.list_user_tags(k_user)));
    case 10: return seen(world.run(iam.attached_policies(k_user)));
    case 11: return seen(world.run(iam.tag_user(k_user, "keyward:ledger", "v1")));
    case 12: return seen(world.run(iam.generate_credential_report()));
    case 13: return seen(world.run(iam.credential_report()));
    case 14: return seen(world.run(iam.group_members("Exempt")));
    case 15:
      return seen(world.run(iam.simulate({.principal = k_role.str(), .actions = {"iam:ListUsers"}, .resources = {}, .context = {}})));
    case 16: return seen(world.run(sns.publish("arn:aws:sns:eu-central-1:111122223333:t", {"", "m", {}, "", ""})));
    case 17: return seen(world.run(sns.topic_exists("arn:aws:sns:eu-central-1:111122223333:t")));
    default: return seen(world.run(cloudwatch.put_metric_data({"keyward", world.host_clock.now(), {}, {{"runs", 1, "Count"}}})));
  }
}

}  // namespace keyward::fuzz
