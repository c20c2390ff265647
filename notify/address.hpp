#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace keyward::notify {

/// The plain form of a mailbox (RFC 5321, section 4.1.2): a dot-atom local part and a domain of at least two labels,
/// all ASCII, within the length limits of section 4.5.3.1 (64, 255, 254 together by RFC 3696 erratum 1690). Quoted
/// local parts, comments, source routes, display names and address literals are refused: no owner has such an address,
/// and every one of them is a way to smuggle something past a check of the domain.
struct MailAddressRule {
  static constexpr std::string_view expectation = "a plain address such as owner@example.org";
  static bool accepts(std::string_view text);
};

using MailAddress = base::Id<MailAddressRule>;

/// The part after the @, in lower case.
std::string domain_of(const MailAddress& address);

/// Two addresses with the same key are one mailbox: lower case throughout. (RFC 5321 lets local parts differ by case;
/// no provider of today does, and a second copy of the same mail would be the harm.)
std::string mailbox_key(const MailAddress& address);

/// As part of a file's name: everything but the most ordinary characters replaced, because an address may hold "/" and
/// "|". Not unique.
std::string file_part(const MailAddress& address);

}  // namespace keyward::notify
