#pragma once

#include "orchestrator/doctor.hpp"

namespace keyward::orchestrator {

// Channels that carry mail to owners; examine_channels() calls them.

base::Task<void> examine_ses(Examination& examination);
/// EHLO, TLS and login, no mail.
base::Task<void> examine_smtp(Examination& examination, notify::ChannelSettings channel);

}  // namespace keyward::orchestrator
