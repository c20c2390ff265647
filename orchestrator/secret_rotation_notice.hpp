#pragma once

#include "orchestrator/job.hpp"
#include "rotation/secret_rotation.hpp"

namespace keyward::orchestrator {

/// Mails whom the secret names (NOTIFY_EMAIL) that it was rotated, over the configured channels for mail; an address
/// outside of notify.allowed_domains gets nothing. That nobody could be told is logged and changes nothing: the
/// rotation is done.
base::Task<void> tell_owner_of_secret(const Configuration& configuration, const AccountSettings& settings,
                                      Services services, aws::Caller& caller, base::AccountId account,
                                      rotation::RotationStepDone done);

}  // namespace keyward::orchestrator
