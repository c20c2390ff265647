#include "report/gaps.hpp"

#include <map>
#include <ostream>

#include "report/layout.hpp"
#include "report/words.hpp"

namespace keyward::report {

void print_uncovered(std::ostream& out, const RunSummary& summary, const Output& output) {
  if (summary.uncovered.empty()) return;
  out << paint(output, Tone::alarm,
               "NOT COVERED: " + std::to_string(summary.uncovered.size()) + " of " +
                   counted(summary.accounts_participating, "account") + ". Nothing is known about their keys.")
      << '\n';
  const std::size_t width = width_of(output) - 16;
  // The same cause usually stops many accounts: what to do is said once for all of them.
  std::map<std::string, std::size_t> remedies;
  for (const Uncovered& account : summary.uncovered) {
    out << "  " << paint(output, Tone::alarm, fit(account.account, 12)) << "  "
        << shorten(account.name.empty() ? "(no name)" : account.name, width) << "\n                "
        << wrapped(account.reason, width, 16);
    ++remedies[advice_for_account(account.reason)];
  }
  for (const auto& [remedy, count] : remedies)
    out << "  -> " << remedy << (remedies.size() > 1 ? " (" + std::to_string(count) + ")" : "") << '\n';
  out << '\n';
}

Event uncovered_event(const Uncovered& account, base::Instant time) {
  Event event;
  event.time = time;
  event.event = "account";
  event.account = account.account;
  event.account_name = account.name;
  event.outcome = "failed";
  event.error = account.reason;
  return event;
}

}  // namespace keyward::report
