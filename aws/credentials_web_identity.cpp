#include "aws/credentials_web_identity.hpp"

#include <string_view>
#include <utility>

#include "aws/small_file.hpp"
#include "aws/sts_client.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

/// WebIdentityToken may have 20,000 characters; a new line at the end belongs to the file, not to the token.
constexpr std::size_t k_max_token_file = 20'010;

std::string_view trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

}  // namespace

WebIdentityCredentials::WebIdentityCredentials(CallContext& context, base::Region region, WebIdentityInputs inputs)
    : caller_(context, nobody_, std::move(region), Writes::refused), inputs_(std::move(inputs)) {}

Task<Result<CredentialsPtr>> WebIdentityCredentials::credentials() {
  const Result<base::Body> file = read_small_file(inputs_.token_file, k_max_token_file);
  if (!file) co_return file.error();
  base::Secret token(trimmed(file->view()));
  if (token.empty()) {
    co_return Error{ErrorKind::invalid, "credentials", "EmptyTokenFile", "", inputs_.token_file + " holds no token"};
  }
  StsClient sts(caller_);
  Result<CredentialsPtr> assumed =
      co_await sts.assume_role_with_web_identity(inputs_.role, inputs_.session_name, std::move(token));
  co_return assumed;
}

}  // namespace keyward::aws
