#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <variant>

#include "accounts/account.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "notify/bucket_templates.hpp"

// The events that the function takes (docs/lambda.md), told apart by their shape. It is a closed set: whatever has a
// member too many, too few or of another kind is refused, because an event that is half understood does half of what
// somebody meant.
namespace keyward::orchestrator {

/// The daily run: `{}`, a schedule of EventBridge, or `{"action":"run"[,"dryrun"]}`.
struct DailyRunEvent {
  bool dry_run = false;
};

/// `{"action":"inventory"[,"dryrun"][,"bucket","prefix"]}`: the accounts that take part, each as an AccountEvent.
struct InventoryEvent {
  bool dry_run = false;  ///< of the events that are listed
  std::optional<notify::BucketPlace> fan_out;
};

/// `{"account","name","email"[,"ForceRotate"][,"dryrun"]}`, as the AWS guidance's rotation function takes it. Those that an
/// inventory lists also say, where a rule asks for it, which units are above the account (`path`) and its `tags`.
struct AccountEvent {
  accounts::Account account;
  bool path_given = false;
  std::optional<base::UserName> force_rotate;
  bool dry_run = false;
  std::optional<notify::BucketPlace> fan_out;  ///< what was found is left there, and nobody is told yet
};

/// `{"action":"merge","bucket","prefix"}`: ends a fan-out.
struct MergeEvent {
  notify::BucketPlace fan_out;
};

enum class KeyOrder { create, deactivate, remove };

/// `{"action":"create"|"deactivate"|"delete","username"[,"dryrun"]}`: a user of the caller's own account.
struct UserEvent {
  KeyOrder order = KeyOrder::create;
  base::UserName user;
  bool dry_run = false;
};

/// `{"Step","SecretId","ClientRequestToken"}`, sent by Secrets Manager when it rotates a secret.
struct SecretEvent {
  boost::json::object event;
};

using LambdaEvent = std::variant<DailyRunEvent, InventoryEvent, AccountEvent, MergeEvent, UserEvent, SecretEvent>;

/// Errors: `invalid`. It names the shapes and says what is wrong, and repeats nothing of the payload, which may hold anything.
base::Result<LambdaEvent> parse_lambda_event(std::string_view payload);

/// "run", "inventory", "account", "merge", "user", "secret".
std::string_view name_of(const LambdaEvent& event);

/// The account as an event of its own, for a fan-out. Where the rules ask for neither, path and tags are left out.
boost::json::object account_event(const accounts::Account& account, bool with_path, bool with_tags, bool dry_run);

}  // namespace keyward::orchestrator
