#include <cstdio>

#include "aws/write_guard.hpp"

// Linked in place of aws/write_guard.cpp into the programs of tests/proofs/test_dry_run.py, and into nothing else: what
// is refused there, AWS refuses.
namespace keyward::aws {

std::optional<base::Error> refused_by_guard(const Operation&, Writes) {
  static const int said = std::fputs("a test build: the guard of dry runs is left out\n", stderr);
  static_cast<void>(said);
  return std::nullopt;
}

}  // namespace keyward::aws
