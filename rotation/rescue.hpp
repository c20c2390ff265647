#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "rotation/outcome.hpp"
#include "rotation/secret_store.hpp"

namespace keyward::rotation {

/// A key that an interrupted rotation may have made, and how it is stored.
using Suspect = std::pair<base::AccessKeyId, StoredState>;

/// What a person types, with credentials of the user's account, to end an interrupted rotation that keyward does not dare
/// to end: look at the keys, delete those whose secret nobody has, remove the record. Pure. Never a secret.
std::vector<std::string> rescue_commands(const base::UserName& user, const std::vector<Suspect>& suspects, const std::string& ledger_tag);

/// What a person types to remove a key that keyward could not remove.
std::vector<std::string> removal_commands(const base::UserName& user, const base::AccessKeyId& key);

}  // namespace keyward::rotation
