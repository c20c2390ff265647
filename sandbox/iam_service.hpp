#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"
#include "sandbox/policy_engine.hpp"

namespace keyward::sandbox {

/// IAM 2010-05-08 as far as users, their keys, tags, groups and inline policies go. Returns the inside of the Result
/// element; nothing for actions that answer without one.
std::optional<std::string> handle_iam(const Call& call, const QueryParameters& parameters);

/// The credential report of an account as it is now: 22 columns, the root user first.
std::string credential_report_csv(const Account& account);

// Parts of IAM, by file. Each returns whether it knows the action.
using IamResult = std::optional<std::string>;
bool handle_iam_users(const Call& call, const QueryParameters& parameters, IamResult& result);
bool handle_iam_keys(const Call& call, const QueryParameters& parameters, IamResult& result);
bool handle_iam_policies(const Call& call, const QueryParameters& parameters, IamResult& result);
bool handle_iam_simulation(const Call& call, const QueryParameters& parameters, IamResult& result);
bool handle_iam_reports(const Call& call, const QueryParameters& parameters, IamResult& result);

/// The user that a request names, or the caller when it names none. Throws NoSuchEntity; for a role session without a
/// name ValidationError, because it has no user.
User& iam_user(const Call& call, const QueryParameters& parameters, const PolicyContext& context = {});
Group& iam_group(const Call& call, const QueryParameters& parameters);
void write_user(XmlWriter& xml, const Call& call, const User& user);

/// How many items a list may answer: MaxItems (100 unless told), less when IAM is in the mood for short pages.
std::size_t iam_page_size(const Call& call, const QueryParameters& parameters);

/// Writes the page of `items` (sorted by `name_of`) that begins after Marker, then IsTruncated and Marker.
template <class Items, class NameOf, class Write>
void write_iam_page(XmlWriter& xml, const Call& call, const QueryParameters& parameters, std::string_view list,
                    const Items& items, NameOf name_of, Write write) {
  std::optional<std::string> after;
  if (const auto marker = parameters.find("Marker"); marker && !marker->empty()) {
    after = read_token(call.action, *marker);
    if (!after) throw ApiError(400, "ValidationError", "Invalid Marker.");
  }
  const std::size_t size = iam_page_size(call, parameters);
  std::size_t written = 0;
  std::string last;
  bool truncated = false;
  xml.open(list);
  for (const auto& item : items) {
    const std::string name = name_of(item);
    if (after && !CaseInsensitiveLess()(*after, name)) continue;
    if (written == size) {
      truncated = true;
      break;
    }
    xml.open("member");
    write(item);
    xml.close();
    last = name;
    ++written;
  }
  xml.close();
  xml.flag("IsTruncated", truncated);
  if (truncated) xml.text("Marker", make_token(call.action, last));
}

}  // namespace keyward::sandbox
