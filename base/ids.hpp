#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace keyward::base {

/// A string that was checked once, at its only entrance `parse()`. `Rule` tells what is allowed:
///   static constexpr std::string_view expectation;   // for the error: "12 digits"
///   static bool accepts(std::string_view text);
template <class Rule>
class Id {
 public:
  static std::optional<Id> parse(std::string_view text) {
    if (!Rule::accepts(text)) return std::nullopt;
    return Id(std::string(text));
  }
  static constexpr std::string_view expectation() { return Rule::expectation; }

  const std::string& str() const noexcept { return text_; }
  std::strong_ordering operator<=>(const Id& other) const { return text_.compare(other.text_) <=> 0; }
  bool operator==(const Id& other) const { return text_ == other.text_; }
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.text_; }

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct AccountIdRule {
  static constexpr std::string_view expectation = "12 digits";
  static bool accepts(std::string_view text);
};
struct ArnRule {
  static constexpr std::string_view expectation = "arn:partition:service:region:account:resource";
  static bool accepts(std::string_view text);
};
struct RegionRule {
  static constexpr std::string_view expectation = "a region such as eu-central-1";
  static bool accepts(std::string_view text);
};
struct UserNameRule {
  static constexpr std::string_view expectation = "1 to 128 characters of A-Z a-z 0-9 _ + = , . @ -";
  static bool accepts(std::string_view text);
};
struct AccessKeyIdRule {
  static constexpr std::string_view expectation = "16 to 128 letters, digits or underscores";
  static bool accepts(std::string_view text);
};

/// IAM UserName: 64 characters at creation, 128 accepted in calls. Compare case-insensitively with IAM's own answers only.
using UserName = Id<UserNameRule>;
using AccountId = Id<AccountIdRule>;
using Arn = Id<ArnRule>;
/// The shape of a region; whether a partition has it is aws/endpoints.hpp's question.
using Region = Id<RegionRule>;
using AccessKeyId = Id<AccessKeyIdRule>;

/// How an access key id appears in logs, mails and reports: "…7QXM".
std::string last_four(const AccessKeyId& id);

/// The account field of an ARN, empty when it has none.
std::string_view arn_account(const Arn& arn);
/// The region field of an ARN, empty when it has none.
std::string_view arn_region(const Arn& arn);
/// The partition field of an ARN: "aws", "aws-us-gov", "aws-cn".
std::string_view arn_partition(const Arn& arn);

}  // namespace keyward::base

template <class Rule>
struct std::hash<keyward::base::Id<Rule>> {
  std::size_t operator()(const keyward::base::Id<Rule>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
