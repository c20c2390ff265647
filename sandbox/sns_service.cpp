#include "sandbox/sns_service.hpp"

#include <algorithm>

#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

std::string publish(const Call& call, const QueryParameters& parameters) {
  const std::string arn = parameters.require("TopicArn");
  const std::string message = parameters.get("Message");
  const std::string subject = parameters.get("Subject");
  const std::string own = "arn:aws:sns:" + call.region + ":" + call.account.id + ":";
  authorize(call, "sns:Publish", arn);
  if (!arn.starts_with(own)) throw ApiError(400, "InvalidParameter", "Invalid parameter: TopicArn");
  if (!call.account.topics.contains({call.region, arn.substr(own.size())}))
    throw ApiError(404, "NotFound", "Topic does not exist");
  if (message.empty()) throw ApiError(400, "InvalidParameter", "Invalid parameter: Empty message");
  if (message.size() > 262'144) throw ApiError(400, "InvalidParameter", "Invalid parameter: Message too long");
  const bool printable = std::all_of(subject.begin(), subject.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (subject.size() >= 100 || !printable) throw ApiError(400, "InvalidParameter", "Invalid parameter: Subject");
  call.account.publications.push_back({call.now, arn, subject, message});
  XmlWriter xml;
  xml.text("MessageId", call.world.random.uuid());
  return xml.take();
}

}  // namespace

std::optional<std::string> handle_sns(const Call& call, const QueryParameters& parameters) {
  if (call.action == "Publish") return publish(call, parameters);
  if (call.action == "CreateTopic") {
    const std::string name = parameters.require("Name");
    const std::string arn = "arn:aws:sns:" + call.region + ":" + call.account.id + ":" + name;
    authorize(call, "sns:CreateTopic", arn);
    call.account.topics.insert({call.region, name});
    XmlWriter xml;
    xml.text("TopicArn", arn);
    return xml.take();
  }
  if (call.action == "GetTopicAttributes") {
    const std::string arn = parameters.require("TopicArn");
    const std::string own = "arn:aws:sns:" + call.region + ":" + call.account.id + ":";
    authorize(call, "sns:GetTopicAttributes", arn);
    if (!arn.starts_with(own) || !call.account.topics.contains({call.region, arn.substr(own.size())}))
      throw ApiError(404, "NotFound", "Topic does not exist");
    XmlWriter xml;
    xml.open("Attributes");
    xml.open("entry");
    xml.text("key", "TopicArn");
    xml.text("value", arn);
    xml.close();
    xml.close();
    return xml.take();
  }
  throw ApiError(400, "InvalidAction", "Could not find operation " + call.action + " for version 2010-03-31");
}

}  // namespace keyward::sandbox
