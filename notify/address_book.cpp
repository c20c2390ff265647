#include "notify/address_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

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

std::string in_quotes(std::string_view text) { return "\"" + shortened(one_line(text), 80) + "\""; }

std::string summary(const std::vector<std::string>& complaints) {
  std::string message;
  for (std::size_t i = 0; i < complaints.size() && i < k_max_complaints; ++i) {
    if (i > 0) message += '\n';
    message += complaints[i];
  }
  if (complaints.size() > k_max_complaints) message += fmt::format("\nand {} more", complaints.size() - k_max_complaints);
  return message;
}

}  // namespace

std::optional<RecipientsTable> RecipientsTable::parse(std::string_view text) {
  constexpr std::string_view k_scheme = "dynamodb://";
  constexpr std::string_view k_region = "region=";
  if (!text.starts_with(k_scheme)) return std::nullopt;
  text.remove_prefix(k_scheme.size());
  const auto question = text.find('?');
  RecipientsTable table{std::string(text.substr(0, question)), std::nullopt};
  // "Naming rules in Amazon DynamoDB".
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  if (table.name.size() < 3 || table.name.size() > 255 || !std::ranges::all_of(table.name, legal)) return std::nullopt;
  if (question == std::string_view::npos) return table;
  text.remove_prefix(question + 1);
  if (!text.starts_with(k_region)) return std::nullopt;
  table.region = base::Region::parse(text.substr(k_region.size()));
  if (!table.region) return std::nullopt;
  return table;
}

base::Result<AddressBook> AddressBook::parse(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  AddressBook book;
  std::vector<std::string> complaints;
  bool may_be_header = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;

    const std::string place = fmt::format("{}:{}", name, number);
    const auto comma = line.find(',');
    if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos) {
      complaints.push_back(place + ": expected two fields, account_id,email, in " + in_quotes(line));
      continue;
    }
    const std::string_view id = unquoted(line.substr(0, comma));
    const std::string_view email = unquoted(line.substr(comma + 1));
    if (std::exchange(may_be_header, false) && id == "account_id" && email == "email") continue;
    book.add({place, std::string(id), std::string(email)}, complaints);
  }
  if (!complaints.empty()) return problem(base::ErrorKind::invalid, summary(complaints));
  return book;
}

base::Result<AddressBook> AddressBook::of(const std::vector<Line>& lines) {
  AddressBook book;
  std::vector<std::string> complaints;
  for (const Line& line : lines) book.add(line, complaints);
  if (!complaints.empty()) return problem(base::ErrorKind::invalid, summary(complaints));
  return book;
}

void AddressBook::add(const Line& line, Complaints& complaints) {
  const auto account = base::AccountId::parse(line.account);
  const auto address = MailAddress::parse(line.email);
  if (!account) {
    complaints.push_back(fmt::format("{}: account_id must be {}, not {} (a spreadsheet drops leading zeros)", line.place,
                                     base::AccountId::expectation(), in_quotes(line.account)));
  }
  if (!address) {
    complaints.push_back(fmt::format("{}: email must be {}, not {}", line.place, MailAddress::expectation(), in_quotes(line.email)));
  }
  if (!account || !address) return;
  const auto [entry, is_new] = entries_.try_emplace(*account, Entry{*address, line.place});
  if (!is_new) complaints.push_back(fmt::format("{}: account {} already stands in {}", line.place, account->str(), entry->second.place));
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
  const auto found = entries_.find(account);
  if (found == entries_.end()) return std::nullopt;
  return found->second.address;
}

}  // namespace keyward::notify
