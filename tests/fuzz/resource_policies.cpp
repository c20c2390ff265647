#include "fuzz/fuzz.hpp"
#include "rotation/reader_policy.hpp"
#include "sandbox/policy_engine.hpp"

// The policy that stands on a secret, to which keyward adds its own statements. The sandbox reads what comes out as AWS
// does.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(resource_policies) {
  const std::vector<base::Arn> readers{*base::Arn::parse("arn:aws:iam::111122223333:user/svc")};
  const auto before = sandbox::parse_policy(input, sandbox::PolicyKind::resource);
  for (const auto kind : {sandbox::PolicyKind::identity, sandbox::PolicyKind::trust}) sandbox::parse_policy(input, kind);
  const auto with = rotation::with_readers(input, readers);
  if (!with) {
    require(with.error().kind == base::ErrorKind::invalid, "what is no policy is invalid");
    return;
  }
  if (!*with) return;
  const auto again = rotation::with_readers(**with, readers);
  require(again.has_value() && !again->has_value(), "what was written needs no change");
  if (!before && !input.empty()) return;  // a policy that AWS never had
  const auto after = sandbox::parse_policy(**with, sandbox::PolicyKind::resource);
  require(after.has_value(), "AWS takes the policy");
  sandbox::PolicyQuestion stranger;
  stranger.action = "secretsmanager:GetSecretValue";
  stranger.resource = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:s-AbCdEf";
  stranger.account = "111122223333";
  stranger.principal_arns = {"arn:aws:iam::111122223333:user/somebody-else"};
  stranger.context["aws:principalarn"] = stranger.principal_arns;
  require(!sandbox::evaluate(*after, stranger).allows(), "nobody else reads the secret");
}

}  // namespace keyward::fuzz
