#include "rotation/key_document.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>

namespace keyward::rotation {
namespace {

namespace json = boost::json;

constexpr std::string_view k_user = "USER_NAME";
constexpr std::string_view k_key = "AWS_ACCESS_KEY_ID";
constexpr std::string_view k_secret = "AWS_SECRET_ACCESS_KEY";
constexpr std::string_view k_notify = "NOTIFY_EMAIL";

std::string_view text(const json::object& members, std::string_view name) {
  const json::value* member = members.if_contains(name);
  return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

base::Error incomplete(std::string what) {
  return base::Error{base::ErrorKind::invalid, "secret rotation", "IncompleteSecret", "",
                     "the secret is to hold an IAM user's access key, and " + std::move(what) +
                         "; it needs USER_NAME, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"};
}

}  // namespace

base::Result<std::optional<KeyDocument>> parse_key_document(const base::Secret& value) {
  boost::system::error_code failed;
  json::value parsed = json::parse(value.expose(), failed);
  json::object* members = failed ? nullptr : parsed.if_object();
  if (members == nullptr || (!members->contains(k_user) && !members->contains(k_key)))
    return std::optional<KeyDocument>();
  const auto user = base::UserName::parse(text(*members, k_user));
  if (!user) return incomplete("its USER_NAME is not the name of a user");
  const auto key = base::AccessKeyId::parse(text(*members, k_key));
  if (!key) return incomplete("its AWS_ACCESS_KEY_ID is not the id of an access key");
  const std::string_view secret = text(*members, k_secret);
  if (secret.empty()) return incomplete("it has no AWS_SECRET_ACCESS_KEY");
  KeyDocument document{{}, *user, *key, base::Secret(secret), std::string(text(*members, k_notify))};
  document.members = std::move(*members);
  return std::optional<KeyDocument>(std::move(document));
}

base::Secret with_key(const KeyDocument& document, const base::AccessKeyId& key, const base::Secret& secret) {
  json::object members = document.members;
  members[k_key] = key.str();
  members[k_secret] = json::string(secret.expose());
  return base::Secret(json::serialize(members));
}

bool differ_in_key_only(const KeyDocument& one, const KeyDocument& other) {
  json::object members = one.members;
  members[k_key] = *other.members.if_contains(k_key);
  members[k_secret] = *other.members.if_contains(k_secret);
  return members == other.members;
}

}  // namespace keyward::rotation
