#pragma once

#include "base/time.hpp"
#include "notify/digest.hpp"

namespace keyward::notify {

/// A digest of invented keys in an invented account, for trying channels and templates: a key that was replaced and one
/// that will be switched off soon. Every row says that it is a test.
RecipientDigest sample_digest(MailAddress to, base::Instant now);

}  // namespace keyward::notify
