#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "notify/address.hpp"

namespace keyward::notify {

/// Where a recipients_file is a DynamoDB table: "dynamodb://TABLE" or "dynamodb://TABLE?region=eu-central-1".
struct RecipientsTable {
  std::string name;
  std::optional<base::Region> region;  ///< absent: the run's

  /// Nothing for anything else.
  static std::optional<RecipientsTable> parse(std::string_view text);
};

/// The recipients_file: who hears of an account instead of the account's own address.
class AddressBook {
 public:
  /// Lines of `account_id,email`. A first line with exactly these words, empty lines and lines that begin with # are
  /// skipped; fields may stand in double quotes; a byte order mark and CRLF are accepted.
  /// Errors: `invalid`, one line of message for every wrong line: "owners.csv:3: …". `name` is the file's name there.
  static base::Result<AddressBook> parse(std::string_view text, std::string_view name);
  /// Errors: as parse(), and `not_found` or `invalid` when the file cannot be read or is above 4 MiB.
  static base::Result<AddressBook> read(const std::filesystem::path& path);

  struct Line {
    std::string place;  ///< for complaints: "owners.csv:3"
    std::string account;
    std::string email;
  };
  /// Errors: as parse().
  static base::Result<AddressBook> of(const std::vector<Line>& lines);

  std::optional<MailAddress> find(const base::AccountId& account) const;

 private:
  struct Entry {
    MailAddress address;
    std::string place;
  };
  using Complaints = std::vector<std::string>;
  void add(const Line& line, Complaints& complaints);

  std::map<base::AccountId, Entry> entries_;
};

}  // namespace keyward::notify
