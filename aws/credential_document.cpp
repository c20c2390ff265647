#include "aws/credential_document.hpp"

#include <boost/json.hpp>
#include <cstddef>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "aws/error_codes.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws {
namespace {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

/// The document's text and its parsed form both hold the secret, so both are wiped. The size of each block stands
/// before it, because Boost.JSON 1.81 gives keys back with another size than it asked for.
class WipingResource final : public json::memory_resource {
  static constexpr std::size_t k_header = alignof(std::max_align_t);
  static_assert(k_header >= sizeof(std::size_t));

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (alignment > k_header) throw std::bad_alloc();
    auto* block = static_cast<std::byte*>(::operator new(k_header + size));
    std::memcpy(block, &size, sizeof size);
    return block + k_header;
  }
  void do_deallocate(void* memory, std::size_t, std::size_t) override {
    std::byte* block = static_cast<std::byte*>(memory) - k_header;
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    base::wipe(memory, size);
    ::operator delete(block);
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

/// Nothing when the member is absent, null, empty or not a string.
std::optional<std::string_view> string_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr || !member->is_string() || member->get_string().empty()) return std::nullopt;
  return std::string_view(member->get_string());
}

bool is_absent(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member == nullptr || member->is_null();
}

bool says_version_1(const json::object& object) {
  const json::value* version = object.if_contains("Version");
  return version != nullptr && version->is_int64() && version->get_int64() == 1;
}

}  // namespace

Result<CredentialsPtr> parse_credential_document(CredentialDocument kind, std::string_view text, std::string operation,
                                                 std::string source) {
  const auto malformed = [&](std::string message) {
    return Error{ErrorKind::invalid, operation, "MalformedCredentials", "", source + ": " + std::move(message)};
  };
  WipingResource memory;
  json::parser parser{json::storage_ptr(&memory), json::parse_options()};
  parser.reset(&memory);
  boost::system::error_code failed;
  parser.write(text.data(), text.size(), failed);
  if (failed) return malformed("the answer is not a JSON document");
  const json::value document = parser.release();
  if (!document.is_object()) return malformed("the answer is not a JSON object");
  const json::object& object = document.get_object();

  if (kind == CredentialDocument::process && !says_version_1(object)) return malformed("\"Version\" is not 1");
  if (const auto code = string_member(object, "Code");
      kind == CredentialDocument::endpoint && code && *code != "Success") {
    return Error{ErrorKind::invalid, operation, error_code_of(*code), "",
                 source + ": " + presentable(std::string(string_member(object, "Message").value_or("no message")))};
  }

  const std::string_view token_name = kind == CredentialDocument::process ? "SessionToken" : "Token";
  const auto key_id = string_member(object, "AccessKeyId");
  const auto secret = string_member(object, "SecretAccessKey");
  const auto token = string_member(object, token_name);
  const auto expiration = string_member(object, "Expiration");
  if (!key_id) return malformed("\"AccessKeyId\" is missing");
  if (!secret) return malformed("\"SecretAccessKey\" is missing");
  // Optional members may be absent or null, not of another kind. What an endpoint hands out is always temporary.
  const bool temporary = kind == CredentialDocument::endpoint;
  if (!token && (temporary || !is_absent(object, token_name)))
    return malformed("\"" + std::string(token_name) + "\" is missing");
  if (!expiration && (temporary || !is_absent(object, "Expiration"))) return malformed("\"Expiration\" is missing");

  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = *key_id;
  credentials->secret_access_key = base::Secret(*secret);
  if (token) credentials->session_token = base::Secret(*token);
  if (expiration) {
    credentials->expiration = base::parse_iso8601(*expiration);
    if (!credentials->expiration) return malformed("\"Expiration\" is not an ISO 8601 time");
  }
  credentials->source = std::move(source);
  return CredentialsPtr(std::move(credentials));
}

}  // namespace keyward::aws
