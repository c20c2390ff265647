// Signs the requests it reads and prints the three stages: one JSON object a line, in and out.
//   {"method": "GET", "url": "https://...", "headers": [["Name", "value"], ...], "body": "<base64>", "region":
//   "us-east-1",
//    "service": "iam", "access_key_id": "...", "secret_access_key": "...", "session_token": "", "time":
//    "20260102T030405Z"}
//   {"canonical_request": "...", "string_to_sign": "...", "signature": "...", "authorization": "..."}

#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "aws/sigv4.hpp"
#include "base/encoding.hpp"

namespace {

using namespace keyward;
namespace json = boost::json;

std::string text(const json::object& object, std::string_view key) { return std::string(object.at(key).as_string()); }

json::object stages(const json::object& given) {
  base::HttpRequest request;
  request.method = text(given, "method");
  request.url = text(given, "url");
  for (const json::value& header : given.at("headers").as_array()) {
    const json::array& pair = header.as_array();
    request.headers.push_back({std::string(pair.at(0).as_string()), std::string(pair.at(1).as_string())});
  }
  request.body = base::Body(base::base64_decode(text(given, "body")).value());
  aws::Credentials credentials;
  credentials.access_key_id = text(given, "access_key_id");
  credentials.secret_access_key = base::Secret(text(given, "secret_access_key"));
  credentials.session_token = base::Secret(text(given, "session_token"));
  aws::sigv4::Scope scope{text(given, "region"), text(given, "service")};
  if (scope.service == "s3") scope.path_style = aws::sigv4::PathStyle::verbatim;
  const auto time = base::parse_iso8601(text(given, "time")).value();

  aws::sigv4::sign(request, scope, credentials, time);
  const auto signature =
      aws::sigv4::compute(request.method, request.url, request.headers, request.body.view(), scope, credentials, time);
  return {{"canonical_request", signature.canonical_request},
          {"string_to_sign", signature.string_to_sign},
          {"signature", signature.signature},
          {"authorization", request.headers.back().value}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << json::serialize(stages(json::parse(line).as_object())) << '\n';
  }
}
