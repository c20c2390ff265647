#pragma once

#include <optional>

#include "aws/operation.hpp"
#include "base/error.hpp"

namespace keyward::aws {

/// Whether a caller may change anything. `refused` is dry run's guard in the process; the session policy is the other.
enum class Writes { allowed, refused };

/// Why this call may not leave the process, or nothing. A refused write is `denied` with code "DryRun".
/// In a file of its own, so that a proof can be linked without the guard and see what AWS refuses by itself.
std::optional<base::Error> refused_by_guard(const Operation& operation, Writes writes);

}  // namespace keyward::aws
