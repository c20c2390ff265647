#pragma once

#include "notify/settings.hpp"
#include "orchestrator/policy_statements.hpp"

namespace keyward::orchestrator {

/// What telling people needs: the channels with their secrets, the mail templates and the table of recipients.
void add_channel_rights(PolicyStatements& policy, const notify::NotifySettings& settings, const PolicyPlace& place);

/// What doctor asks of channels beside.
void add_doctor_channel_rights(PolicyStatements& policy, const notify::NotifySettings& settings, const PolicyPlace& place);
/// The identities that can let SES send for a sender: the address, its domain, and the domains above.
std::vector<std::string> identities_of(const std::string& sender);

}  // namespace keyward::orchestrator
