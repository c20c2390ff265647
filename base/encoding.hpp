#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/wiped_buffer.hpp"

namespace keyward::base {

enum class Slash { encode, keep };

/// RFC 3986 percent-encoding of everything but `A-Za-z0-9-._~`, upper-case hex, as SigV4 wants it.
std::string percent_encode(std::string_view text, Slash slash = Slash::encode);
/// The same into a buffer that is wiped, for texts that may be secret.
void percent_encode_to(Body& body, std::string_view text);
/// Decodes %XX; nothing for a broken escape. `+` stays `+`.
std::optional<std::string> percent_decode(std::string_view text);

/// A-Z to a-z, everything else as it is: IAM compares names and the keys of tags this way.
std::string lower_case(std::string text);

std::string base64_encode(std::string_view bytes);
/// Ignores white space (credential reports come wrapped); nothing for any other foreign character.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace keyward::base
