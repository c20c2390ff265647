#include "aws/sns_client.hpp"

#include <utility>

#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

base::Task<base::Result<std::string>> SnsClient::publish(std::string topic_arn, Publication publication) {
  Parameters parameters{{"TopicArn", topic_arn}, {"Message", publication.message}};
  if (!publication.subject.empty()) parameters.add("Subject", publication.subject);
  int number = 0;
  for (const auto& [name, value] : publication.attributes) {
    const std::string entry = "MessageAttributes.entry." + std::to_string(++number);
    parameters.add(entry + ".Name", name);
    parameters.add(entry + ".Value.DataType", "String");
    parameters.add(entry + ".Value.StringValue", value);
  }
  if (!publication.group.empty()) {
    parameters.add("MessageGroupId", publication.group);
    parameters.add("MessageDeduplicationId", publication.deduplication);
  }
  base::Result<XmlAnswer> answer = co_await caller_.query(k_publish, "2010-03-31", std::move(parameters));
  if (!answer) co_return answer.error();
  co_return std::string(answer->result.child("MessageId").text().get());
}

base::Task<base::Result<bool>> SnsClient::topic_exists(std::string topic_arn) {
  Parameters parameters{{"TopicArn", topic_arn}};
  base::Result<XmlAnswer> answer =
      co_await caller_.query(k_get_topic_attributes, "2010-03-31", std::move(parameters));
  if (!answer && answer.error().kind == base::ErrorKind::not_found) co_return false;
  if (!answer) co_return answer.error();
  co_return true;
}

}  // namespace keyward::aws
