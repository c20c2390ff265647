#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "aws/secrets_manager_client.hpp"
#include "base/digest.hpp"
#include "orchestrator/doctor_store.hpp"

// What `doctor --write-test` changes, and takes back.
namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using report::Finding;
using report::Health;
using report::Reach;

struct Step {
  std::string what;  ///< that failed; empty: nothing did
  std::optional<base::Error> error;
};

Task<Step> store_and_look(aws::SecretsManagerClient& secrets, std::string name, std::string kms_key) {
  const std::string token = base::sha256_hex("keyward/doctor|" + name);
  base::Secret value("keyward doctor --write-test");
  Result<void> stored = co_await secrets.put_value(name, token, std::move(value), "AWSPENDING");
  if (!stored)
    co_return Step{"a value cannot be stored" + (kms_key.empty() ? std::string() : " with KMS key " + kms_key),
                   stored.error()};
  Result<std::optional<aws::SecretDescription>> found = co_await secrets.describe(name);
  if (!found) co_return Step{"the stored secret cannot be described", found.error()};
  if (!*found || !(*found)->version_stages.contains(token))
    co_return Step{"the stored value is not there", std::nullopt};
  co_return Step{};
}

}  // namespace

Task<std::vector<Finding>> write_test(const StoreAccess& store, std::string name, std::string region) {
  // A secret that was made must be deleted again, whoever wants to stop meanwhile.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  const std::string id = "doctor.store.write_test";
  std::vector<Finding> findings;
  const auto failure = [&](std::string what, const std::optional<base::Error>& error, std::string fix) {
    findings.push_back({id,
                        Health::failure,
                        std::move(what),
                        error ? reason_of(*error) : std::string(),
                        std::move(fix),
                        Reach::part,
                        {}});
  };
  const base::Region at = store.region();
  const std::unique_ptr<aws::Caller> caller = store.caller(at);
  aws::SecretsManagerClient secrets(*caller);
  const std::string kms_key = store.settings().kms_key_id;
  const bool central = store.settings().target == rotation::StoreTarget::central;
  const std::string rights =
      std::string("keyward policy ") + (central ? "store" : "rotate") + "   # the rights that are needed";
  const std::string description = "Written by keyward doctor --write-test; may be deleted";
  const std::string token = base::sha256_hex("keyward/doctor|create|" + name);
  Result<std::string> created = co_await secrets.create(name, description, kms_key, token);
  // Where nothing was made there is nothing to take back; a lost answer may hide that something was.
  const bool surely_not_made = !created && (created.error().kind == base::ErrorKind::denied ||
                                            created.error().kind == base::ErrorKind::conflict ||
                                            created.error().kind == base::ErrorKind::invalid);
  if (!created) failure("no secret can be made", created.error(), rights);
  if (surely_not_made) co_return findings;
  Step step;
  if (created) step = co_await store_and_look(secrets, name, kms_key);
  Result<void> deleted = co_await secrets.delete_for_good(name);
  if (!step.what.empty()) failure(step.what, step.error, rights);
  if (!deleted && deleted.error().kind != base::ErrorKind::not_found) {
    failure("the secret of the write test could not be deleted", deleted.error(),
            "aws secretsmanager delete-secret --secret-id " + name + " --region " + region +
                " --force-delete-without-recovery");
  }
  if (findings.empty())
    findings.push_back(
        {id, Health::ok, "a secret was stored in " + region + ", seen and deleted again", {}, {}, Reach::part, {}});
  co_return findings;
}

}  // namespace keyward::orchestrator
