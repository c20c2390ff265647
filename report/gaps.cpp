#include "report/gaps.hpp"

#include <algorithm>
#include <map>
#include <ostream>

#include "report/layout.hpp"
#include "report/words.hpp"

namespace keyward::report {

namespace {

/// Names of one account that are told; the others are in the record.
constexpr std::size_t k_names_shown = 12;

}  // namespace

bool is_unread(const Event& event) {
  return event.event == "decision" && (event.reason == "fact_unknown" || event.reason == "exemption_unreadable");
}

void UnreadUsers::add(const Event& event) {
  if (!is_unread(event)) return;
  Account& account = accounts_[event.account];
  if (account.users.empty()) {
    account.name = event.account_name;
    account.cause = event.detail;
    account.remedy = advice(event);
  }
  // A user's lines follow each other.
  if (!account.users.empty() && account.users.back() == event.user) return;
  account.users.push_back(event.user);
  ++total_;
}

std::string names_of(const UnreadUsers::Account& account) {
  std::string names;
  const std::size_t shown = std::min(account.users.size(), k_names_shown);
  for (std::size_t i = 0; i < shown; ++i) names += (i == 0 ? "" : ", ") + account.users[i];
  if (shown < account.users.size()) names += ", ... and " + std::to_string(account.users.size() - shown) + " more";
  return names;
}

std::string users_not_read(std::size_t count) { return counted(static_cast<long long>(count), "user") + " NOT READ"; }

void print_unread(std::ostream& out, const UnreadUsers& unread, std::size_t total, int users, const Output& output) {
  if (total == 0) return;
  out << paint(output, Tone::alarm,
               "NOT READ: " + grouped(static_cast<long long>(total)) + " of " + counted(users, "user") +
                   ". A user is left alone while a fact about it is unknown.")
      << '\n';
  const std::size_t width = prose_width(output) - 16;
  std::map<std::string, std::size_t> remedies;
  for (const auto& [id, account] : unread.accounts()) {
    out << "  " << paint(output, Tone::alarm, fit(id, 12)) << "  "
        << printable(account.name.empty() ? "(no name)" : account.name) << "\n                "
        << wrapped(counted(static_cast<long long>(account.users.size()), "user") + ": " + names_of(account), width, 16)
        << "                " << wrapped(account.cause, width, 16);
    ++remedies[account.remedy];
  }
  for (const auto& [remedy, count] : remedies)
    out << "  -> " << wrapped(remedy + (remedies.size() > 1 ? " (" + std::to_string(count) + ")" : ""), width + 11, 5);
  out << '\n';
}

void print_uncovered(std::ostream& out, const RunSummary& summary, const Output& output) {
  if (!summary.shards_missing.empty()) {
    out << paint(output, Tone::alarm, wrapped("SHARDS MISSING: " + missing_shards(summary) + ".", prose_width(output), 2))
        << "  -> " << wrapped("Run them, then merge the records of all shards.", prose_width(output) - 5, 5) << '\n';
  }
  if (summary.uncovered.empty()) return;
  out << paint(output, Tone::alarm,
               "NOT COVERED: " + std::to_string(summary.uncovered.size()) + " of " +
                   counted(summary.accounts_participating, "account") + ". Nothing is known about their keys.")
      << '\n';
  const std::size_t width = prose_width(output) - 16;
  // The same cause usually stops many accounts: what to do is said once for all of them.
  std::map<std::string, std::size_t> remedies;
  for (const Uncovered& account : summary.uncovered) {
    out << "  " << paint(output, Tone::alarm, fit(account.account, 12)) << "  "
        << printable(account.name.empty() ? "(no name)" : account.name) << "\n                "
        << wrapped(account.reason, width, 16);
    ++remedies[advice_for_account(account.reason)];
  }
  for (const auto& [remedy, count] : remedies)
    out << "  -> " << wrapped(remedy + (remedies.size() > 1 ? " (" + std::to_string(count) + ")" : ""), width + 11, 5);
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
