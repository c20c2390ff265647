#include "aws/dynamodb_client.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"
#include "aws/paging.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Result;

constexpr std::string_view k_target = "DynamoDB_20120810";

/// {"email": {"S": "jo@example.org"}} -> email: jo@example.org
DynamoDbClient::Item strings_of(const boost::json::object& element) {
  DynamoDbClient::Item item;
  for (const auto& attribute : element) {
    if (!attribute.value().is_object()) continue;
    if (const auto text = json_fields::text(attribute.value().get_object(), "S")) item.emplace(attribute.key(), *text);
  }
  return item;
}

/// The attributes by placeholders, because many plain words are reserved.
boost::json::object request(const std::string& table, const std::vector<std::string>& attributes) {
  boost::json::object names;
  std::string projection;
  for (const std::string& attribute : attributes) {
    const std::string placeholder = "#a" + std::to_string(names.size());
    names[placeholder] = attribute;
    projection += (projection.empty() ? "" : ",") + placeholder;
  }
  return {{"TableName", table}, {"ConsistentRead", true}, {"ProjectionExpression", projection}, {"ExpressionAttributeNames", names}};
}

}  // namespace

base::Task<Result<std::vector<DynamoDbClient::Item>>> DynamoDbClient::scan(std::string table, std::vector<std::string> attributes) {
  boost::json::object input = request(table, attributes);
  std::vector<Item> items;
  Pages pages(k_scan);
  while (pages.more()) {
    Result<JsonAnswer> answer = co_await caller_.json(k_scan, k_target, input);
    if (!answer) co_return answer.error();
    const auto* elements = json_fields::array(answer->result, "Items");
    if (elements == nullptr) {
      co_return base::Error{base::ErrorKind::invalid, k_scan.full_name(), "MalformedAnswer", "", "the answer has no Items"};
    }
    for (const boost::json::value& element : *elements) {
      if (element.is_object()) items.push_back(strings_of(element.get_object()));
    }
    // A page may be empty; only the key's absence ends the scan.
    const auto* last = json_fields::object(answer->result, "LastEvaluatedKey");
    const auto token = last == nullptr ? std::nullopt : std::optional(boost::json::serialize(*last));
    const Result<void> advanced = pages.advance(token);
    if (!advanced) co_return advanced.error();
    if (last != nullptr) input["ExclusiveStartKey"] = *last;
  }
  co_return items;
}

}  // namespace keyward::aws
