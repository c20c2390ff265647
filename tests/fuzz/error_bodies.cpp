#include <boost/json/serialize.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "aws/error_codes.hpp"
#include "aws/operations.hpp"
#include "fuzz/fuzz.hpp"

// Answers that are no success. Input: which call, which status, a line for x-amzn-errortype, a line for
// x-amz-bucket-region, the body.
namespace keyward::fuzz {
namespace {

/// What AWS says of a wrong signature, behind what the input says: it quotes the request that it expected.
std::string with_quoted_request(std::string_view said) {
  return std::string(said) + "\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:" +
         std::string(k_secret_mark) + "\n\nhost;x-amz-security-token\n'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n'\n";
}

std::string xml_refusal(const std::string& message) {
  pugi::xml_document document;
  pugi::xml_node error = document.append_child("ErrorResponse").append_child("Error");
  error.append_child("Code").text().set("SignatureDoesNotMatch");
  error.append_child("Message").text().set(message.c_str());
  std::ostringstream out;
  document.save(out);
  return out.str();
}

std::string json_refusal(const std::string& message) {
  return boost::json::serialize(boost::json::object{{"__type", "InvalidSignatureException"}, {"message", message}});
}

void require_no_quoted_request(const aws::Operation& operation, std::string_view said) {
  if (said.find(k_secret_mark) != std::string_view::npos) return;  // what is said before may be repeated
  const std::string message = with_quoted_request(said);
  for (const std::string& body : {xml_refusal(message), json_refusal(message)}) {
    base::HttpResponse response;
    response.status = 403;
    response.body = base::Body(body);
    const base::Error error = aws::error_of_answer(operation, response);
    require_absent(k_secret_mark, base::describe(error));
    require(error.message.find("The Canonical String") == std::string::npos, "no error quotes a request");
  }
}

}  // namespace

KEYWARD_FUZZ_TARGET(error_bodies) {
  namespace operations = aws::operations;
  constexpr std::array k_operations{operations::k_list_users, operations::k_create_access_key, operations::k_list_accounts,
                                    operations::k_put_secret_value, operations::k_send_email, operations::k_get_object};
  constexpr std::array k_status{400, 403, 404, 429, 500, 503, 301, 307};
  Input in(input);
  const aws::Operation operation = k_operations[in.choice(k_operations.size())];
  base::HttpResponse response;
  response.status = k_status[in.choice(k_status.size())];
  response.headers.push_back({"x-amzn-errortype", std::string(in.line())});
  response.headers.push_back({"x-amz-bucket-region", std::string(in.line())});
  response.body = base::Body(in.rest());

  const base::Error error = aws::error_of_answer(operation, response);
  require(error.operation == operation.full_name(), "an error names its operation");
  require(!error.code.empty(), "an error has a code");
  require(error.kind != base::ErrorKind::internal && error.kind != base::ErrorKind::deadline_exceeded, "an answer is of AWS");
  if (operation.idempotency == base::Idempotency::non_idempotent) {
    require(response.status < 500 || error.kind != base::ErrorKind::transient, "what may have been executed is not sent again");
  }
  // The name of a bucket's region is repeated as it came.
  require(error.code == aws::k_bucket_elsewhere || error.message.find("The Canonical String") == std::string::npos, "no error quotes a request");
  const base::Error again = aws::error_of_answer(operation, response);
  require(base::describe(again) == base::describe(error), "the same answer is the same error");
  require_no_quoted_request(operation, response.body.view());
}

}  // namespace keyward::fuzz
