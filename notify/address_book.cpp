#include "notify/address_book.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

// 100,000 accounts of 40 bytes; an organization has a tenth of that at most.
constexpr std::size_t k_max_file = 4u << 20;
// A file that is something else altogether should not print itself.
constexpr std::size_t k_max_complaints = 10;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// A field without its double quotes. Quotes inside are left: neither an id nor an address may hold one.
std::string_view unquoted(std::string_view field) {
  field = trimmed(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    return trimmed(field.substr(1, field.size() - 2));
  return field;
}

base::Error problem(base::ErrorKind kind, std::string message) {
  return base::Error{kind, "recipients_file", "InvalidRecipientsFile", "", std::move(message)};
}

std::string quoted(std::string_view text) { return "\"" + shortened(one_line(text), 80) + "\""; }

}  // namespace

base::Result<AddressBook> AddressBook::parse(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  AddressBook book;
  std::vector<std::string> complaints;
  std::map<base::AccountId, std::size_t> first_seen;
  bool may_be_header = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;

    const auto complain = [&](const std::string& what) {
      complaints.push_back(fmt::format("{}:{}: {}", name, number, what));
    };
    const auto comma = line.find(',');
    if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos) {
      complain("expected two fields, account_id,email, in " + quoted(line));
      continue;
    }
    const std::string_view id = unquoted(line.substr(0, comma));
    const std::string_view email = unquoted(line.substr(comma + 1));
    if (std::exchange(may_be_header, false) && id == "account_id" && email == "email") continue;

    const auto account = base::AccountId::parse(id);
    const auto address = MailAddress::parse(email);
    if (!account) {
      complain(fmt::format("account_id must be {}, not {} (a spreadsheet drops leading zeros)",
                           base::AccountId::expectation(), quoted(id)));
    }
    if (!address) complain(fmt::format("email must be {}, not {}", MailAddress::expectation(), quoted(email)));
    if (!account || !address) continue;
    const auto [seen, is_new] = first_seen.emplace(*account, number);
    if (!is_new) {
      complain(fmt::format("account {} already stands in line {}", account->str(), seen->second));
      continue;
    }
    book.addresses_.emplace(*account, *address);
  }
  if (complaints.empty()) return book;

  std::string message;
  for (std::size_t i = 0; i < complaints.size() && i < k_max_complaints; ++i) {
    if (i > 0) message += '\n';
    message += complaints[i];
  }
  if (complaints.size() > k_max_complaints)
    message += fmt::format("\nand {} more", complaints.size() - k_max_complaints);
  return problem(base::ErrorKind::invalid, std::move(message));
}

base::Result<AddressBook> AddressBook::read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return problem(base::ErrorKind::not_found, path.string() + ": the file cannot be opened");
  std::string text(k_max_file + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return problem(base::ErrorKind::invalid, path.string() + ": the file cannot be read");
  if (text.size() > k_max_file)
    return problem(base::ErrorKind::invalid, path.string() + ": the file is larger than 4 MiB");
  return parse(text, path.string());
}

std::optional<MailAddress> AddressBook::find(const base::AccountId& account) const {
  const auto found = addresses_.find(account);
  if (found == addresses_.end()) return std::nullopt;
  return found->second;
}

}  // namespace keyward::notify
