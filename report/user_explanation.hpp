#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "report/output.hpp"
#include "rotation/explanation.hpp"
#include "rotation/facts.hpp"
#include "rotation/forecast.hpp"

namespace keyward::report {

/// What `explain` tells about one user: everything that may stand in a ticket, and no secret.
struct UserExplanation {
  struct Setting {
    std::string path;
    std::string value;
    std::string origin;
  };
  struct Recipient {
    std::string address;
    std::string source;  ///< "user_tag", "account_owner", "fallback"
  };
  /// Where the user's new keys are stored.
  struct Secret {
    std::string name;
    std::string place;          ///< "member account 111122223333, eu-central-1"
    std::optional<bool> exists;  ///< absent: that could not be asked
    std::string fetch_as;
    std::string fetch_command;
    std::string trouble;  ///< why it could not be asked, or why a key cannot be stored
  };

  UserExplanation(base::Instant at, base::AccountId id, std::string name) : now(at), account_id(std::move(id)), user(std::move(name)) {}

  base::Instant now;
  base::AccountId account_id;
  std::optional<accounts::Account> account;  ///< absent: not in the organization
  std::string user;
  std::string not_taking_part;  ///< why the account does not; empty: it does
  std::string failure;          ///< why nothing is known of the user; empty: it is
  std::optional<rotation::UserFacts> facts;
  bool dry_run = false;
  bool exempt_group = true;  ///< whether there is one to be asked for its members
  std::string record_tag;    ///< name of the tag with keyward's record
  rotation::Explained explained;
  std::vector<rotation::ForecastEvent> coming;
  std::optional<base::Instant> coming_until;  ///< where the look ahead ends
  std::vector<Setting> settings;
  std::vector<Recipient> recipients;
  std::vector<std::string> mail_problems;
  std::optional<Secret> secret;
};

void print_explanation(std::ostream& out, const UserExplanation& explanation, const Output& output);

}  // namespace keyward::report
