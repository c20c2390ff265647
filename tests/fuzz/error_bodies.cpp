#include "aws/error_codes.hpp"
#include "aws/operations.hpp"
#include "fuzz/fuzz.hpp"

// Answers that are no success. Input: which call, which status, a line for x-amzn-errortype, a line for
// x-amz-bucket-region, the body.
namespace keyward::fuzz {

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
  const base::Error again = aws::error_of_answer(operation, response);
  require(base::describe(again) == base::describe(error), "the same answer is the same error");
}

}  // namespace keyward::fuzz
