#pragma once

#include <string>

#include "notify/run_digest.hpp"

namespace keyward::notify {

/// What Teams shows of a run, for a workflow "When a Teams webhook request is received": a message with one Adaptive
/// Card 1.4. Foreign text stands in text runs, in which Markdown means nothing. Teams takes 28 KB; this stays below
/// 21 000 bytes, because what it counts is not documented. An answer 202 says that the workflow took the card, not that
/// anybody sees it.
std::string teams_message(const RunDigest& digest);

}  // namespace keyward::notify
