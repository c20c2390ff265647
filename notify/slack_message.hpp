#pragma once

#include <string>

#include "notify/run_digest.hpp"

namespace keyward::notify {

/// What Slack shows of a run: a header, counts, the troubles, in Slack's mrkdwn. Stays within its limits: 50 blocks, 150
/// characters a header, 3000 a section, and some 13 000 of text in all, where an undocumented limit lies.
std::string slack_message(const RunDigest& digest);

}  // namespace keyward::notify
