#include "sandbox/wire.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/encoding.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

std::string form_decode(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return base::percent_decode(spaced).value_or(std::string());
}

std::string xml_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string_view WireRequest::header(std::string_view name) const {
  const std::string wanted = lower(name);
  for (const base::HttpHeader& entry : headers) {
    if (lower(entry.name) == wanted) return entry.value;
  }
  return {};
}

std::string_view WireRequest::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view WireRequest::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

QueryParameters QueryParameters::parse(std::string_view form) {
  QueryParameters parameters;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    parameters.values_[form_decode(pair.substr(0, equals))] = form_decode(value);
  }
  return parameters;
}

std::optional<std::string> QueryParameters::find(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string QueryParameters::require(const std::string& name) const {
  const auto value = find(name);
  if (value && !value->empty()) return *value;
  std::string member = name;
  member[0] = static_cast<char>(member[0] | 0x20);
  throw ApiError(
      400, "ValidationError",
      "1 validation error detected: Value at '" + member + "' failed to satisfy constraint: Member must not be null");
}

int QueryParameters::number(const std::string& name, int low, int high, int otherwise) const {
  const auto text = find(name);
  if (!text) return otherwise;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < low || value > high) {
    std::string member = name;
    member[0] = static_cast<char>(member[0] | 0x20);
    throw ApiError(400, "ValidationError",
                   "1 validation error detected: Value '" + *text + "' at '" + member +
                       "' failed to satisfy constraint: Member must have value between " + std::to_string(low) +
                       " and " + std::to_string(high));
  }
  return value;
}

std::vector<std::string> QueryParameters::list(const std::string& prefix) const {
  std::vector<std::string> items;
  for (int i = 1;; ++i) {
    auto item = find(prefix + ".member." + std::to_string(i));
    if (!item) return items;
    items.push_back(std::move(*item));
  }
}

std::vector<std::pair<std::string, std::string>> QueryParameters::tags(const std::string& prefix) const {
  std::vector<std::pair<std::string, std::string>> items;
  for (int i = 1;; ++i) {
    const std::string entry = prefix + ".member." + std::to_string(i);
    auto key = find(entry + ".Key");
    if (!key) return items;
    items.emplace_back(std::move(*key), get(entry + ".Value"));
  }
}

JsonParameters JsonParameters::parse(std::string_view body) {
  if (body.empty()) return JsonParameters(json::object());
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object())
    throw ApiError(400, "SerializationException", "Could not parse the request body as JSON");
  return JsonParameters(std::move(value.get_object()));
}

std::optional<std::string> JsonParameters::find(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_string()) throw ApiError(400, "SerializationException", std::string(name) + " must be a string");
  return std::string(value->get_string());
}

std::string JsonParameters::require(std::string_view name, std::string_view code) const {
  auto value = find(name);
  if (value && !value->empty()) return *value;
  throw ApiError(400, std::string(code), "You must provide a value for the " + std::string(name) + " parameter.");
}

std::optional<bool> JsonParameters::flag(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_bool()) throw ApiError(400, "SerializationException", std::string(name) + " must be a boolean");
  return value->get_bool();
}

std::optional<std::int64_t> JsonParameters::number(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_int64()) throw ApiError(400, "SerializationException", std::string(name) + " must be a number");
  return value->get_int64();
}

std::vector<std::string> JsonParameters::list(std::string_view name) const {
  std::vector<std::string> items;
  const json::value* value = object_.if_contains(name);
  if (!value || value->is_null()) return items;
  if (!value->is_array()) throw ApiError(400, "SerializationException", std::string(name) + " must be a list");
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) throw ApiError(400, "SerializationException", std::string(name) + " must hold strings");
    items.emplace_back(item.get_string());
  }
  return items;
}

std::vector<JsonParameters> JsonParameters::objects(std::string_view name) const {
  std::vector<JsonParameters> items;
  const json::value* value = object_.if_contains(name);
  if (!value || value->is_null()) return items;
  if (!value->is_array()) throw ApiError(400, "SerializationException", std::string(name) + " must be a list");
  for (const json::value& item : value->get_array()) {
    if (!item.is_object()) throw ApiError(400, "SerializationException", std::string(name) + " must hold objects");
    items.emplace_back(item.get_object());
  }
  return items;
}

std::vector<std::pair<std::string, std::string>> JsonParameters::tags(std::string_view name) const {
  std::vector<std::pair<std::string, std::string>> items;
  for (const JsonParameters& item : objects(name)) items.emplace_back(item.get("Key"), item.get("Value"));
  return items;
}

void XmlWriter::open(std::string_view name, std::string_view attributes) {
  out_ += '<';
  out_ += name;
  if (!attributes.empty()) out_.append(" ").append(attributes);
  out_ += '>';
  open_.emplace_back(name);
}

void XmlWriter::close() {
  out_.append("</").append(open_.back()).append(">");
  open_.pop_back();
}

void XmlWriter::text(std::string_view name, std::string_view value) {
  out_.append("<").append(name).append(">").append(xml_escape(value)).append("</").append(name).append(">");
}

void XmlWriter::empty(std::string_view name) { out_.append("<").append(name).append("/>"); }

json::value json_time(base::Instant time) { return static_cast<double>(time.time_since_epoch().count()); }

std::string make_token(std::string_view kind, std::string_view last) {
  std::string plain(kind);
  plain += '\n';
  plain += last;
  return base::base64_encode(plain);
}

std::optional<std::string> read_token(std::string_view kind, std::string_view token) {
  const auto plain = base::base64_decode(token);
  if (!plain) return std::nullopt;
  const std::size_t end = plain->find('\n');
  if (end == std::string::npos || plain->substr(0, end) != kind) return std::nullopt;
  return plain->substr(end + 1);
}

std::optional<Protocol> protocol_of(std::string_view service, const WireRequest& request) {
  if (service == "iam" || service == "sts" || service == "sns") return Protocol::query;
  if (service == "organizations" || service == "secretsmanager" || service == "ssm" || service == "kms")
    return Protocol::json_1_1;
  if (service == "ses" || service == "account" || service == "securityhub") return Protocol::rest_json;
  if (service == "s3") return Protocol::rest_xml;
  if (service == "dynamodb") return Protocol::json_1_0;
  if (service == "monitoring") return request.header("x-amz-target").empty() ? Protocol::query : Protocol::json_1_0;
  return std::nullopt;
}

std::string action_of(Protocol protocol, const WireRequest& request) {
  switch (protocol) {
    case Protocol::query: {
      const auto action = QueryParameters::parse(request.body).find("Action");
      return action ? *action : QueryParameters::parse(request.query()).get("Action");
    }
    case Protocol::json_1_0:
    case Protocol::json_1_1: {
      const std::string_view target = request.header("x-amz-target");
      const std::size_t dot = target.rfind('.');
      return dot == std::string_view::npos ? "" : std::string(target.substr(dot + 1));
    }
    case Protocol::rest_json:
    case Protocol::rest_xml: return "";
  }
  return "";
}

std::string_view xml_namespace(std::string_view service) {
  if (service == "iam") return "https://iam.amazonaws.com/doc/2010-05-08/";
  if (service == "sts") return "https://sts.amazonaws.com/doc/2011-06-15/";
  if (service == "sns") return "http://sns.amazonaws.com/doc/2010-03-31/";
  return "http://monitoring.amazonaws.com/doc/2010-08-01/";
}

WireReply query_reply(const Call& call, const std::optional<std::string>& result) {
  XmlWriter xml;
  xml.open(call.action + "Response", "xmlns=\"" + std::string(xml_namespace(call.service)) + "\"");
  std::string body = xml.take();
  if (result) body += "<" + call.action + "Result>" + *result + "</" + call.action + "Result>";
  body += "<ResponseMetadata><RequestId>" + call.request_id + "</RequestId></ResponseMetadata></" + call.action +
          "Response>\n";
  return {200, "text/xml", {}, std::move(body)};
}

WireReply json_reply(Protocol protocol, const json::object& body) {
  const char* type = protocol == Protocol::json_1_0   ? "application/x-amz-json-1.0"
                     : protocol == Protocol::json_1_1 ? "application/x-amz-json-1.1"
                                                      : "application/json";
  return {200, type, {}, json::serialize(body)};
}

WireReply error_reply(Protocol protocol, std::string_view service, const ApiError& error, std::string_view request_id) {
  const base::HttpHeader id{"x-amzn-RequestId", std::string(request_id)};
  switch (protocol) {
    case Protocol::query: {
      XmlWriter xml;
      xml.open("ErrorResponse", "xmlns=\"" + std::string(xml_namespace(service)) + "\"");
      xml.open("Error");
      xml.text("Type", error.status >= 500 ? "Receiver" : "Sender");
      xml.text("Code", error.code);
      xml.text("Message", error.message);
      xml.close();
      xml.text("RequestId", request_id);
      xml.close();
      return {error.status, "text/xml", {id}, xml.take() + "\n"};
    }
    case Protocol::json_1_0:
    case Protocol::json_1_1: {
      json::object body = error.details;
      body["__type"] = error.code;
      // Secrets Manager and KMS write the message in lower case for some errors; clients must read both.
      body[service == "secretsmanager" || service == "organizations" ? "Message" : "message"] = error.message;
      WireReply reply = json_reply(protocol, body);
      reply.status = error.status;
      reply.headers.push_back(id);
      return reply;
    }
    case Protocol::rest_json: {
      WireReply reply = json_reply(protocol, json::object{{"message", error.message}});
      reply.status = error.status;
      reply.headers = {id, {"x-amzn-ErrorType", error.code}};
      return reply;
    }
    case Protocol::rest_xml: {
      XmlWriter xml;
      xml.open("Error");
      xml.text("Code", error.code);
      xml.text("Message", error.message);
      xml.text("RequestId", request_id);
      xml.text("HostId", "sandbox");
      xml.close();
      return {error.status,
              "application/xml",
              {{"x-amz-request-id", std::string(request_id)}},
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml.take()};
    }
  }
  return {500, "text/plain", {}, error.message};
}

}  // namespace keyward::sandbox
