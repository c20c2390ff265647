#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "report/event.hpp"
#include "report/output.hpp"
#include "report/summary.hpp"

namespace keyward::report {

// What a run could not look at: said first in every output.

/// True of the decision to leave a user alone because a fact about it could not be read.
bool is_unread(const Event& event);

/// The users of whom a fact could not be read, by account: a missing permission stops all users of an account.
class UnreadUsers {
 public:
  struct Account {
    std::string name;
    std::vector<std::string> users;
    std::string cause;   ///< of the first
    std::string remedy;  ///< of the first
  };

  /// Passes over what is_unread() is not true of.
  void add(const Event& event);
  std::size_t total() const noexcept { return total_; }
  const std::map<std::string, Account>& accounts() const noexcept { return accounts_; }

 private:
  std::map<std::string, Account> accounts_;
  std::size_t total_ = 0;
};

/// The first users of an account by name, and how many more there are: "alice, bob, ... and 84 more".
std::string names_of(const UnreadUsers::Account& account);

/// The users that could not be read, why, and what to do about it; nothing when there are none. `total` may be more than
/// `unread` names.
void print_unread(std::ostream& out, const UnreadUsers& unread, std::size_t total, int users, const Output& output);

/// "12 users NOT READ".
std::string users_not_read(std::size_t count);

/// The shards that a merged record lacks, then the accounts that were not covered, why, and what to do about it; nothing
/// when there are none.
void print_uncovered(std::ostream& out, const RunSummary& summary, const Output& output);

/// The same as a line of the record.
Event uncovered_event(const Uncovered& account, base::Instant time);

}  // namespace keyward::report
