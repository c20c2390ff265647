#include "sandbox/dynamodb_service.hpp"

#include <boost/json/array.hpp>

#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

/// The whole table in one page; a projection is not needed to be understood.
json::object scan(const Call& call, const JsonParameters& parameters) {
  const std::string name = parameters.require("TableName", "ValidationException");
  authorize(call, "dynamodb:Scan", "arn:aws:dynamodb:" + call.region + ":" + call.account.id + ":table/" + name);
  const auto table = call.account.tables.find({call.region, name});
  if (table == call.account.tables.end())
    throw ApiError(400, "ResourceNotFoundException", "Requested resource not found");
  json::array items;
  for (const auto& row : table->second) {
    json::object item;
    for (const auto& [attribute, value] : row) item[attribute] = json::object{{"S", value}};
    items.push_back(std::move(item));
  }
  const std::size_t count = items.size();
  return {{"Items", std::move(items)}, {"Count", count}, {"ScannedCount", count}};
}

}  // namespace

json::object handle_dynamodb(const Call& call, const JsonParameters& parameters) {
  if (call.action == "Scan") return scan(call, parameters);
  throw ApiError(400, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
