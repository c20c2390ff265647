#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "report/output.hpp"

namespace keyward::report {

enum class Health {
  ok,
  warning,  ///< a run goes on all the same
  failure,
  not_checked,  ///< could not be found out: neither well nor wrong
};

/// What a failure keeps from working.
enum class Reach {
  everything,  ///< nothing may be enforced before it is mended
  part,        ///< some accounts, or some notices; the rest is not touched by it
};

/// What one check of `keyward doctor` found.
struct Finding {
  std::string id;  ///< "doctor.role.assume": stable, for machines; its second word is the group
  Health health = Health::ok;
  std::string what;   ///< in a few words, without account ids
  std::string cause;  ///< why it is not well; empty for ok
  /// Commands or lines of configuration that mend it, to be copied. "{accounts}" stands for the account ids, with
  /// blanks between them, "{account}" for the first of them.
  std::string fix;
  Reach reach = Reach::everything;
  std::vector<std::string> accounts;  ///< ids; empty: not about single accounts

  bool operator==(const Finding&) const = default;
};

struct FindingCounts {
  int ok = 0;
  int warnings = 0;
  int failures = 0;
  int not_checked = 0;
  int blocking = 0;  ///< failures that reach everything
};
FindingCounts counts_of(const std::vector<Finding>& findings);

/// Findings that say the same of several accounts as one, in the order of groups; placeholders of the fixes filled in.
/// Pure.
std::vector<Finding> merged(std::vector<Finding> findings);

/// The verdict in a sentence: "23 ok, 2 warnings, 1 failure: nothing may be enforced before the failure is mended".
std::string verdict(const FindingCounts& counts);

/// Merged findings, and the verdict.
void print_findings(std::ostream& out, const std::vector<Finding>& findings, const Output& output);

}  // namespace keyward::report
