#pragma once

#include <string>
#include <string_view>

namespace keyward::base {

/// The text with "(hidden)" for every piece of a secret that stands in it, from eight characters on (fewer where the secret
/// has fewer). What a server says goes into logs and records, and it may repeat what it was sent, cut or with other
/// characters between.
std::string without_pieces(std::string_view text, std::string_view secret);

}  // namespace keyward::base
