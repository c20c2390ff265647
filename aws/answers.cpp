#include "aws/answers.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "aws/error_codes.hpp"

namespace keyward::aws {
namespace {

bool is_named(pugi::xml_node node, std::string_view operation, std::string_view end) {
  const std::string_view name(node.name());
  return name.size() == operation.size() + end.size() && name.starts_with(operation) && name.ends_with(end);
}

}  // namespace

template <>
std::optional<XmlAnswer> read_answer(const Operation& operation, base::HttpResponse& response) {
  XmlAnswer answer;
  answer.text = std::move(response.body);
  answer.document = std::make_unique<pugi::xml_document>();
  // AWS sends UTF-8. Were pugixml left to find out, it could decide to convert, and that makes a copy.
  const auto parsed = answer.document->load_buffer_inplace(answer.text.data(), answer.text.size(), pugi::parse_default,
                                                           pugi::encoding_utf8);
  const pugi::xml_node root = answer.document->document_element();
  if (!parsed || !is_named(root, operation.name, "Response")) return std::nullopt;
  answer.result = root.find_child([&](pugi::xml_node child) { return is_named(child, operation.name, "Result"); });
  if (!answer.result) answer.result = root;
  answer.request_id = request_id_of(root.child("ResponseMetadata").child("RequestId").text().get());
  return answer;
}

template <>
std::optional<JsonAnswer> read_answer(const Operation&, base::HttpResponse& response) {
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(response.body.view(), failed);
  if (failed || !value.is_object()) return std::nullopt;
  return JsonAnswer{std::move(value.get_object()), request_id_of(response.header("x-amzn-requestid"))};
}

template <>
std::optional<ObjectAnswer> read_answer(const Operation&, base::HttpResponse& response) {
  return ObjectAnswer{std::move(response.body)};
}

}  // namespace keyward::aws
