#include "aws/url.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/retry.hpp"
#include "base/time.hpp"
#include "fuzz/fuzz.hpp"
#include "notify/address_book.hpp"
#include "notify/bucket_templates.hpp"
#include "notify/channel_secret.hpp"

// Times, ids, URLs and encodings, which stand in all the others.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(plain_values) {
  if (const auto time = base::parse_iso8601(input)) {
    require(base::parse_iso8601(base::format_iso8601(*time)) == time, "ISO 8601");
    require(base::parse_iso8601(base::format_basic(*time)) == time, "the basic form");
    require(base::parse_http_date(base::format_http_date(*time)) == time, "the Date header");
  }
  if (const auto time = base::parse_http_date(input)) {
    // The day of the week is not looked at.
    require(std::string_view(base::format_http_date(*time)).substr(3) == input.substr(3), "the Date header has one form");
  }
  if (const auto day = base::parse_date(input)) require(base::format_date(*day) == input, "a date has one form");
  const std::string encoded = base::percent_encode(input);
  require(base::percent_decode(encoded) == std::string(input), "percent encoding");
  require(base::base64_decode(base::base64_encode(input)) == std::string(input), "base64");
  if (const auto bytes = base::base64_decode(input)) require(bytes->size() <= input.size(), "base64 is longer than what it says");
  if (const auto text = base::percent_decode(input)) require(text->size() <= input.size(), "escapes are longer than what they say");
  if (const auto url = aws::parse_url(input)) {
    require(!url->host.empty() && (url->scheme == "http" || url->scheme == "https"), "a URL has scheme and host");
    require(is_one_line(input) && input.find(' ') == std::string_view::npos, "a URL holds no blank");
    const std::string again = url->scheme + "://" + url->authority() + url->path + (url->query.empty() ? "" : "?" + url->query);
    const auto same = aws::parse_url(again);
    require(same && same->host == url->host && same->path == url->path && same->query == url->query, "a URL says the same again");
  }
  if (!notify::problem_of_url(input)) {
    const auto url = aws::parse_url(input);
    require(url && (url->scheme == "https" || aws::is_loopback(url->host)), "a webhook is https or loopback");
  }
  if (const auto arn = base::Arn::parse(input)) {
    require(base::arn_account(*arn).size() <= input.size() && base::arn_partition(*arn).size() <= input.size(), "an ARN has its fields");
  }
  if (const auto key = base::AccessKeyId::parse(input)) require(base::last_four(*key).size() <= 8, "four characters are shown");
  if (const auto hint = base::parse_retry_hint(input)) require(hint->count() >= 0, "nobody waits a negative time");
  notify::RecipientsTable::parse(input);
  if (const auto place = notify::BucketPlace::parse(input)) require(!place->bucket.empty(), "a place has a bucket");
}

}  // namespace keyward::fuzz
