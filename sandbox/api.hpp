#pragma once

#include <boost/json/object.hpp>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.hpp"
#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// How a service writes requests, answers and errors (aws-api.md, section 0.1).
enum class Protocol { query, json_1_0, json_1_1, rest_json, rest_xml };

/// A request as it came in; `target` is path and query as sent.
struct WireRequest {
  std::string method;
  std::string target;
  std::vector<base::HttpHeader> headers;
  std::string body;

  std::string_view header(std::string_view name) const;
  std::string_view path() const;
  std::string_view query() const;
};

struct WireReply {
  int status = 200;
  std::string content_type;
  std::vector<base::HttpHeader> headers;
  std::string body;
};

/// An error answer. Thrown: it ends the handling of a request wherever it is noticed, and so the services read as what
/// AWS does when all is well. Caught in one place (simulation.cpp).
class ApiError : public std::exception {
 public:
  ApiError(int http_status, std::string error_code, std::string sentence)
      : status(http_status), code(std::move(error_code)), message(std::move(sentence)) {}
  const char* what() const noexcept override { return message.c_str(); }

  int status;
  std::string code;
  std::string message;
  boost::json::object details;  ///< further members of a JSON error: "Reason"
};

enum class PrincipalKind { user, role_session, web_identity };

/// Who signed the request, or whom its token speaks of.
struct Principal {
  PrincipalKind kind = PrincipalKind::user;
  std::string account;
  std::string arn;        ///< of the user, of the session or of the identity provider
  std::string role_arn;   ///< of the session's role, else empty
  std::string unique_id;  ///< "AIDA...", "AROA...:session", or the token's subject
  std::string user;       ///< name, for users
  std::string access_key_id;
};

/// One authenticated call. The references live as long as the call.
struct Call {
  World& world;
  Account& account;  ///< the caller's
  const Principal& principal;
  std::string service;  ///< signing name
  std::string action;   ///< "ListUsers"
  std::string region;   ///< of the signature
  base::Instant now;
  std::string request_id;
};

/// Parameters of the Query protocol: Action=..&Tags.member.1.Key=..
class QueryParameters {
 public:
  static QueryParameters parse(std::string_view form);

  std::optional<std::string> find(const std::string& name) const;
  std::string get(const std::string& name) const { return find(name).value_or(""); }
  /// Throws ValidationError when it is missing or empty.
  std::string require(const std::string& name) const;
  /// MaxItems and the like; throws ValidationError outside of low..high.
  int number(const std::string& name, int low, int high, int otherwise) const;
  /// prefix.member.1, prefix.member.2, ...
  std::vector<std::string> list(const std::string& prefix) const;
  /// prefix.member.N.Key and .Value; `member` is "entry" for maps of SNS.
  std::vector<std::pair<std::string, std::string>> tags(const std::string& prefix) const;

 private:
  std::map<std::string, std::string> values_;
};

/// A JSON request body with AWS's complaints about wrong members.
class JsonParameters {
 public:
  /// Throws SerializationException for anything but an object; an empty body is an empty object.
  static JsonParameters parse(std::string_view body);
  explicit JsonParameters(boost::json::object object) : object_(std::move(object)) {}

  const boost::json::object& object() const { return object_; }
  std::optional<std::string> find(std::string_view name) const;
  std::string get(std::string_view name) const { return find(name).value_or(""); }
  /// Throws `code` (InvalidParameterException unless told) when it is missing or empty.
  std::string require(std::string_view name, std::string_view code = "InvalidParameterException") const;
  std::optional<bool> flag(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> tags(std::string_view name) const;
  std::vector<JsonParameters> objects(std::string_view name) const;

 private:
  boost::json::object object_;
};

/// Writes the XML of Query and S3 answers.
class XmlWriter {
 public:
  void open(std::string_view name, std::string_view attributes = "");
  void close();
  void text(std::string_view name, std::string_view value);
  void time(std::string_view name, base::Instant value) { text(name, base::format_iso8601(value)); }
  void flag(std::string_view name, bool value) { text(name, value ? "true" : "false"); }
  void empty(std::string_view name);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::vector<std::string> open_;
};

/// Epoch seconds as AWS writes them in JSON: a number with a fraction.
boost::json::value json_time(base::Instant time);

/// A slice of a list that is sorted by name. The token is opaque to clients; it names the last item they saw, so that
/// items which come and go between two pages disturb nobody.
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  ///< empty on the last page
};

std::string make_token(std::string_view kind, std::string_view last);
/// Nothing for a token that was not made for this kind of list.
std::optional<std::string> read_token(std::string_view kind, std::string_view token);

}  // namespace keyward::sandbox
