#include "aws/s3_client.hpp"

#include "aws/error_codes.hpp"
#include "aws/operations.hpp"
#include "base/encoding.hpp"

namespace keyward::aws {

using namespace operations;

S3Client::S3Client(CallContext& context, CredentialProvider& credentials, const base::Region& region)
    : context_(context), credentials_(credentials), caller_(std::make_unique<Caller>(context, credentials, region, Writes::refused)) {}

base::Task<base::Result<std::string>> S3Client::get_object(std::string bucket, std::string key, std::size_t max_bytes) {
  // Encoded once: S3 signs the path as it is sent (aws-api.md, section 7.1).
  const std::string path = "/" + base::percent_encode(bucket) + "/" + base::percent_encode(key, base::Slash::keep);
  base::Result<ObjectAnswer> answer = co_await caller_->get(k_get_object, path, max_bytes);
  if (!answer && answer.error().code == k_bucket_elsewhere) {
    const auto region = base::Region::parse(answer.error().message);
    if (!region || *region == caller_->region()) co_return answer.error();
    caller_ = std::make_unique<Caller>(context_, credentials_, *region, Writes::refused);
    answer = co_await caller_->get(k_get_object, path, max_bytes);
  }
  if (!answer) co_return answer.error();
  co_return std::string(answer->content.view());
}

}  // namespace keyward::aws
