#include "notify/channel_secret.hpp"

#include <utility>

#include "aws/url.hpp"

namespace keyward::notify {
namespace {

constexpr std::string_view k_parameter = "ssm:";

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

base::Task<base::Result<SecretPtr>> ChannelSecret::get() {
  if (!source_.value) {
    std::string name = source_.reference.substr(k_parameter.size());
    base::Result<base::Secret> fetched = co_await ssm_.get_parameter(std::move(name));
    if (!fetched) co_return fetched.error();
    source_.value = std::make_shared<const base::Secret>(std::move(*fetched));
  }
  if (source_.value->expose() != without_line_end(source_.value->expose())) {
    source_.value = std::make_shared<const base::Secret>(without_line_end(source_.value->expose()));
  }
  if (source_.value->empty()) {
    co_return base::Error{base::ErrorKind::invalid, "notify", "EmptySecret", "", source_.reference + " is empty"};
  }
  co_return source_.value;
}

std::optional<std::string> problem_of_url(std::string_view text) {
  const std::optional<aws::Url> url = aws::parse_url(text);
  if (!url) return "is not an absolute https URL";
  if (url->scheme != "https" && !aws::is_loopback(url->host)) return "is not https; plain http is for loopback only";
  return std::nullopt;
}

}  // namespace keyward::notify
