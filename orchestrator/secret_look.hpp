#pragma once

#include <string_view>

namespace keyward::orchestrator {

/// Whether a text may be a secret that somebody put where a name or a reference belongs: an access key id, 40 characters
/// as of a secret access key, a webhook's secret or URL. Names of roles, ARNs and addresses are none.
bool looks_like_secret(std::string_view text);

}  // namespace keyward::orchestrator
