#include "report/asff.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "aws/endpoints.hpp"
#include "base/digest.hpp"
#include "report/text.hpp"
#include "report/user_events.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

// Lengths of the format ("AWS Security Finding Format (ASFF) required attributes").
constexpr std::size_t k_title = 256;
constexpr std::size_t k_description = 1024;
constexpr std::size_t k_bytes = 3;  // of a character that takes one column, at most

/// The region and partition of records that were written before records named a region.
constexpr const char* k_region_unknown = "us-east-1";

AsffSource source_of(const RunSummary& summary) {
  const std::string name = summary.region.empty() ? k_region_unknown : summary.region;
  const auto region = base::Region::parse(name);
  const base::Result<std::string> partition = region ? aws::partition_of(*region) : base::Result<std::string>(std::string("aws"));
  return {partition ? *partition : "aws", name, summary.version};
}

json::object severity(std::string_view label) { return {{"Label", label}}; }

/// What failed and resolved findings of a key have in common.
json::object finding(const AsffSubject& subject, base::Instant now, std::string_view label, const std::string& description,
                     const AsffSource& source) {
  const std::string product =
      "arn:" + source.partition + ":securityhub:" + source.region + ':' + subject.account + ":product/" + subject.account + "/default";
  const json::array types{"Software and Configuration Checks/AWS Security Best Practices"};
  json::object details{{"AccountId", subject.account},
                       {"AccessKeyId", subject.access_key_id},
                       {"PrincipalName", valid_utf8(subject.user)},
                       {"PrincipalType", "User"}};
  json::object object;
  object["SchemaVersion"] = "2018-10-08";
  object["Id"] = subject.id();
  object["ProductArn"] = product;
  object["ProductName"] = "keyward";
  object["CompanyName"] = "keyward";
  object["GeneratorId"] = "keyward/access-key-age";
  object["AwsAccountId"] = subject.account;
  object["Region"] = source.region;
  object["Types"] = types;
  object["CreatedAt"] = base::format_iso8601(std::min(subject.since, now));
  object["UpdatedAt"] = base::format_iso8601(now);
  object["Severity"] = severity(label);
  object["Title"] = shorten("IAM access key out of policy: " + subject.user, k_title / k_bytes);
  object["Description"] = shorten(description, k_description / k_bytes);
  object["ProductFields"] = json::object{{"keyward/version", source.version}};
  object["Resources"] = json::array{json::object{{"Type", "AwsIamAccessKey"},
                                                 {"Id", "AWS::IAM::AccessKey:" + subject.access_key_id},
                                                 {"Partition", source.partition},
                                                 {"Region", source.region},
                                                 {"Details", json::object{{"AwsIamAccessKey", std::move(details)}}}}};
  // Severity and Types beside it are kept from the first import on; these are what an update can change.
  object["FindingProviderFields"] = json::object{{"Severity", severity(label)}, {"Types", types}};
  return object;
}

}  // namespace

std::string finding_id(const std::string& account, const std::string& user, const std::string& access_key_id) {
  constexpr std::size_t k_digits = 16;  // of a user's two keys
  return "keyward/" + account + '/' + user + '/' + base::sha256_hex(access_key_id).substr(0, k_digits) + "/age";
}

std::optional<AsffSubject> asff_subject(const Event& event, int rotate_after_days) {
  if (event.verdict != to_string(Verdict::out_of_policy) || event.access_key_id.empty()) return std::nullopt;
  const std::chrono::days over(std::max(0, event.age_days.value_or(rotate_after_days) - rotate_after_days));
  return AsffSubject{event.account, event.user, event.access_key_id, std::chrono::floor<std::chrono::days>(event.time) - over};
}

json::object asff_failed(const AsffSubject& subject, const Event& event, int severe_after_days, const AsffSource& source) {
  const bool severe = event.age_days.value_or(0) > severe_after_days;
  const std::string description = "The access key is out of policy: " + why(event) + ". keyward: " + event.action + ".";
  json::object object = finding(subject, event.time, severe ? "HIGH" : "MEDIUM", description, source);
  object["Resources"].as_array()[0].as_object()["Details"].as_object()["AwsIamAccessKey"].as_object()["Status"] =
      event.key_status == "inactive" ? "Inactive" : "Active";
  object["Compliance"] = json::object{{"Status", "FAILED"}};
  object["RecordState"] = "ACTIVE";
  return object;
}

json::object asff_resolved(const AsffSubject& subject, base::Instant now, const AsffSource& source) {
  json::object object = finding(subject, now, "INFORMATIONAL", "The access key is gone, or in policy again.", source);
  object["Compliance"] = json::object{{"Status", "PASSED"}};
  object["RecordState"] = "ARCHIVED";
  return object;
}

AsffWriter::AsffWriter(const RunSummary& summary, TextSink out)
    : source_(source_of(summary)), policy_(summary.policy), out_(std::move(out)) {
  out_("[");
}

void AsffWriter::add(const Event& event) {
  const std::optional<AsffSubject> subject = asff_subject(event, policy_.rotate);
  if (!subject) return;
  out_((first_ ? "\n" : ",\n") + json::serialize(asff_failed(*subject, event, policy_.remove, source_)));
  first_ = false;
}

}  // namespace keyward::report
