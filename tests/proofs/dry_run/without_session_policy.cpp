#include <cstdio>

#include "accounts/session.hpp"

// Linked in place of accounts/session_policy.cpp into the programs of tests/proofs/test_dry_run.py, and into nothing
// else: what is refused there, the guard refuses.
namespace keyward::accounts {

std::string read_only_session_policy() {
  static const int said = std::fputs("a test build: the session policy of dry runs is left out\n", stderr);
  static_cast<void>(said);
  return {};
}

}  // namespace keyward::accounts
