#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keyward::base {

/// A moment in UTC. AWS control planes speak in whole seconds.
using Instant = std::chrono::sys_seconds;

/// "2026-11-21T02:30:00Z".
std::string format_iso8601(Instant instant);
/// "2026-11-21".
std::string format_date(Instant instant);
/// "20261121T023000Z", the form of X-Amz-Date and of our ledger tags.
std::string format_basic(Instant instant);
/// "Sat, 21 Nov 2026 02:30:00 GMT" (RFC 9110, section 5.6.7).
std::string format_http_date(Instant instant);

/// ISO 8601 as AWS sends it: "2026-01-02T03:04:05Z", with fractions (dropped), with "+00:00" or another offset, or the
/// basic form "20260102T030405Z". Nothing for anything else, impossible dates included.
std::optional<Instant> parse_iso8601(std::string_view text);
/// The fixed form of the HTTP Date header.
std::optional<Instant> parse_http_date(std::string_view text);
/// "2027-03-31", midnight UTC.
std::optional<Instant> parse_date(std::string_view text);

}  // namespace keyward::base
