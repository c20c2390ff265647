#include "base/public_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace keyward::base {
namespace {

struct Network {
  std::uint32_t first;
  int bits;
};

constexpr std::array k_special{
    Network{0x00000000, 8},   // this network
    Network{0x0A000000, 8},   // private
    Network{0x64400000, 10},  // shared, behind a carrier's NAT
    Network{0x7F000000, 8},   // loopback
    Network{0xA9FE0000, 16},  // link-local: the metadata services of instances and containers
    Network{0xAC100000, 12},  // private
    Network{0xC0000000, 24},  // protocol assignments
    Network{0xC0000200, 24},  // documentation
    Network{0xC0586300, 24},  // relays of 6to4, given up
    Network{0xC0A80000, 16},  // private
    Network{0xC6120000, 15},  // benchmarks
    Network{0xC6336400, 24},  // documentation
    Network{0xCB007100, 24},  // documentation
    Network{0xE0000000, 4},   // multicast
    Network{0xF0000000, 4},   // reserved, broadcast
};

bool is_public_v4(std::uint32_t address) noexcept {
  return std::ranges::none_of(k_special, [address](const Network& network) {
    return (address ^ network.first) >> (32 - network.bits) == 0;
  });
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t v4_at(const Bytes& bytes, std::size_t place) noexcept {
  return std::uint32_t{bytes[place]} << 24 | std::uint32_t{bytes[place + 1]} << 16 | std::uint32_t{bytes[place + 2]} << 8 | bytes[place + 3];
}

template <std::size_t N>
bool begins(const Bytes& bytes, const std::array<std::uint8_t, N>& with) noexcept {
  return std::equal(with.begin(), with.end(), bytes.begin());
}

bool is_public_v6(const Bytes& bytes) noexcept {
  constexpr std::array<std::uint8_t, 12> k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 12> k_nat64{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (begins(bytes, k_mapped) || begins(bytes, k_nat64)) return is_public_v4(v4_at(bytes, 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public_v4(v4_at(bytes, 2));  // 6to4
  if ((bytes[0] & 0xe0) != 0x20) return false;                                     // only 2000::/3 is global unicast
  const bool protocol_assignments = bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] & 0xfe) == 0;  // Teredo among them
  const bool documentation = begins(bytes, std::array<std::uint8_t, 4>{0x20, 0x01, 0x0d, 0xb8});
  const bool longer_documentation = begins(bytes, std::array<std::uint8_t, 2>{0x3f, 0xff}) && (bytes[2] & 0xf0) == 0;  // RFC 9637
  return !protocol_assignments && !documentation && !longer_documentation;
}

}  // namespace

bool is_public_address(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  Bytes bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return is_public_v6(bytes);
}

}  // namespace keyward::base
