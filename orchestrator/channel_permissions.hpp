#pragma once

#include "notify/settings.hpp"
#include "orchestrator/policy_statements.hpp"

namespace keyward::orchestrator {

/// What telling people needs: the channels with their secrets, the mail templates and the table of recipients.
void add_channel_rights(PolicyStatements& policy, const notify::NotifySettings& settings, const PolicyPlace& place);

}  // namespace keyward::orchestrator
