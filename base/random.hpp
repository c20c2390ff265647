#pragma once

#include <cstddef>

#include "base/secret.hpp"

namespace keyward::base {

/// That many bytes nobody can guess, from OpenSSL's generator. Throws when the system has none to give.
Secret random_bytes(std::size_t count);

}  // namespace keyward::base
