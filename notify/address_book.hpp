#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "notify/address.hpp"

namespace keyward::notify {

/// The recipients_file: who hears of an account instead of the account's own address.
class AddressBook {
 public:
  /// Lines of `account_id,email`. A first line with exactly these words, empty lines and lines that begin with # are
  /// skipped; fields may stand in double quotes; a byte order mark and CRLF are accepted.
  /// Errors: `invalid`, one line of message for every wrong line: "owners.csv:3: …". `name` is the file's name there.
  static base::Result<AddressBook> parse(std::string_view text, std::string_view name);
  /// Errors: as parse(), and `not_found` or `invalid` when the file cannot be read or is above 4 MiB.
  static base::Result<AddressBook> read(const std::filesystem::path& path);

  std::optional<MailAddress> find(const base::AccountId& account) const;

 private:
  std::map<base::AccountId, MailAddress> addresses_;
};

}  // namespace keyward::notify
