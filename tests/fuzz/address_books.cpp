#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "notify/address_book.hpp"

// owners.csv, and the addresses in it.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(address_books) {
  const auto book = notify::AddressBook::parse(input, "owners.csv");
  if (!book) {
    require(book.error().kind == base::ErrorKind::invalid, "a book that cannot be read is invalid");
    const std::string message = book.error().message;
    require(std::ranges::none_of(message, [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < ' ' || c == '\x7f'); }),
            "complaints are lines");
    return;
  }
  std::string written;
  std::string_view left = input;
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    for (std::size_t i = 0; i + 12 <= line.size(); ++i) {
      const auto account = base::AccountId::parse(line.substr(i, 12));
      if (!account) continue;
      const auto found = book->find(*account);
      if (!found) continue;
      require(input.find(found->str()) != std::string_view::npos, "an address stands in the file");
      require(!notify::domain_of(*found).empty() && !notify::mailbox_key(*found).empty(), "an address has its parts");
      require(notify::file_part(*found).find('/') == std::string::npos, "no folder is named");
      const std::string entry = account->str() + ',' + found->str() + '\n';
      if (written.find(entry) == std::string::npos) written += entry;
    }
  }
  const auto again = notify::AddressBook::parse(written, "again.csv");
  require(again.has_value(), "what was read can be written");
}

}  // namespace keyward::fuzz
