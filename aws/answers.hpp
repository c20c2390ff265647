#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>

#include "aws/operation.hpp"
#include "base/http.hpp"

namespace keyward::aws {

/// An answer of the Query protocol. It may hold a secret, and pugixml keeps copies in memory that nobody wipes: so it
/// is parsed in place, and what the nodes hand out are parts of `text`.
struct XmlAnswer {
  base::Body text;
  std::unique_ptr<pugi::xml_document> document;
  pugi::xml_node result;  ///< the `{Op}Result` element, or the root where an operation has none
  std::string request_id;
};

struct JsonAnswer {
  boost::json::object result;
  std::string request_id;
};

/// The bytes of an object (S3).
struct ObjectAnswer {
  base::Body content;
};

/// Reads an answer with a good status, and may take its body. Nothing where it was cut off or is none of this operation.
template <class Answer>
std::optional<Answer> read_answer(const Operation& operation, base::HttpResponse& response);
template <>
std::optional<XmlAnswer> read_answer(const Operation& operation, base::HttpResponse& response);
template <>
std::optional<JsonAnswer> read_answer(const Operation& operation, base::HttpResponse& response);
template <>
std::optional<ObjectAnswer> read_answer(const Operation& operation, base::HttpResponse& response);

}  // namespace keyward::aws
