#include "aws/account_client.hpp"
#include "aws/dynamodb_client.hpp"
#include "aws/kms_client.hpp"
#include "aws/organizations_client.hpp"
#include "aws/secret_value_client.hpp"
#include "aws/secrets_manager_client.hpp"
#include "aws/security_hub_client.hpp"
#include "aws/ses_client.hpp"
#include "aws/ssm_client.hpp"
#include "fuzz/aws_answers.hpp"

// Answers of the JSON protocols. Input: which call, then its answers.
namespace keyward::fuzz {
namespace {

const base::AccountId k_account = *base::AccountId::parse("111122223333");

}  // namespace

KEYWARD_FUZZ_TARGET(json_answers) {
  Input in(input);
  const std::size_t call = in.choice(22);
  const std::vector<std::string_view> bodies = in.parts();
  AnsweredCaller world(bodies);
  aws::OrganizationsClient organizations(world.caller);
  aws::SecretsManagerClient secrets(world.caller);
  aws::SecretValueClient values(world.caller);
  aws::KmsClient kms(world.caller);
  aws::SesClient ses(world.caller);
  aws::SsmClient ssm(world.caller);
  aws::AccountClient accounts(world.caller);
  aws::DynamoDbClient dynamodb(world.caller);
  aws::SecurityHubClient hub(world.caller);
  const auto seen = [&](const auto& result) {
    require(world.transport.urls.size() <= bodies.size() + 1, "no more is asked than there are pages");
    if (result) return;
    for (const std::string_view name : {"\"SecretString\":\"", "\"SecretBinary\":\"", "\"Value\":\""}) {
      check_error(result.error(), secret_between(input, name, "\""));
    }
  };
  switch (call) {
    case 0: return seen(world.run(organizations.describe_organization()));
    case 1: {
      aws::Pages pages = aws::OrganizationsClient::account_pages();
      while (pages.more()) {
        const auto page = world.run(organizations.next_accounts(pages));
        seen(page);
        if (!page) return;
      }
      return;
    }
    case 2: return seen(world.run(organizations.list_roots()));
    case 3: return seen(world.run(organizations.list_organizational_units("r-ab12")));
    case 4: return seen(world.run(organizations.list_accounts_for_parent("r-ab12")));
    case 5: return seen(world.run(organizations.list_tags(k_account)));
    case 6: return seen(world.run(secrets.describe("s")));
    case 7: return seen(world.run(secrets.create("s", "", "", "t")));
    case 8: return seen(world.run(secrets.put_value("s", "v", base::Secret("the new key's secret"), "AWSPENDING")));
    case 9: return seen(world.run(secrets.move_stage("s", "AWSCURRENT", "v", "")));
    case 10: return seen(world.run(secrets.resource_policy("s")));
    case 11: return seen(world.run(values.with_label("s", "AWSCURRENT")));
    case 12: return seen(world.run(values.version("s", "v")));
    case 13: return seen(world.run(kms.describe("k")));
    case 14: return seen(world.run(kms.policy("k")));
    case 15: return seen(world.run(ses.send_raw("a@example.org", {"b@example.org"}, "mail", "")));
    case 16: return seen(world.run(ses.account()));
    case 17: return seen(world.run(ses.is_verified("example.org")));
    case 18: return seen(world.run(ssm.get_parameter("/p")));
    case 19: return seen(world.run(accounts.alternate_contact(k_account, aws::AlternateContactType::security)));
    case 20: return seen(world.run(dynamodb.scan("t", {"account_id", "email"})));
    default: return seen(world.run(hub.import_findings({boost::json::object{{"Id", "1"}}})));
  }
}

}  // namespace keyward::fuzz
