#pragma once

#include <sys/socket.h>

namespace keyward::base {

/// Whether an address is one of the public Internet: not private (RFC 1918, RFC 4193), shared (RFC 6598), link-local, loopback,
/// multicast or reserved, after IANA's registries of special-purpose addresses (RFC 6890). An IPv4 address inside of an
/// IPv6 one (mapped, NAT64, 6to4) counts as itself. Other families are not public.
bool is_public_address(const sockaddr& address) noexcept;

}  // namespace keyward::base
