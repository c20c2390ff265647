#pragma once

#include "base/time.hpp"
#include "rotation/decision.hpp"
#include "rotation/fact.hpp"
#include "rotation/outcome.hpp"

namespace keyward::rotation {

/// What became of an action that a run began at `begun` and whose end nobody recorded. Known: it took effect, here is its
/// outcome (without the place of the secret). Absent: it did not, or the rules will finish it as something of their own.
/// Unknown: the facts that tell could not be read. Pure.
Fact<Outcome> what_became_of(const Decision& decision, base::Instant begun, const UserFacts& facts);

}  // namespace keyward::rotation
