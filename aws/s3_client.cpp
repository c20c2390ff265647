#include "aws/s3_client.hpp"

#include "aws/error_codes.hpp"
#include "aws/operations.hpp"
#include "base/encoding.hpp"

namespace keyward::aws {

using namespace operations;

S3Client::S3Client(CallContext& context, CredentialProvider& credentials, const base::Region& region)
    : context_(context), credentials_(credentials), caller_(std::make_unique<Caller>(context, credentials, region, Writes::refused)) {}

namespace {

/// Encoded once: S3 signs the path as it is sent (aws-api.md, section 7.1).
std::string path_of(const std::string& bucket, const std::string& key) {
  return "/" + base::percent_encode(bucket) + "/" + base::percent_encode(key, base::Slash::keep);
}

}  // namespace

base::Task<base::Result<ObjectAnswer>> S3Client::ask(Request request) {
  base::Result<ObjectAnswer> answer = co_await request(*caller_);
  if (answer || answer.error().code != k_bucket_elsewhere) co_return answer;
  const auto region = base::Region::parse(answer.error().message);
  if (!region || *region == caller_->region()) co_return answer;
  caller_ = std::make_unique<Caller>(context_, credentials_, *region, Writes::refused);
  answer = co_await request(*caller_);
  co_return answer;
}

base::Task<base::Result<std::string>> S3Client::get_object(std::string bucket, std::string key, std::size_t max_bytes) {
  const std::string path = path_of(bucket, key);
  const Request request = [&path, max_bytes](Caller& caller) { return caller.get(k_get_object, path, max_bytes); };
  base::Result<ObjectAnswer> answer = co_await ask(request);
  if (!answer) co_return answer.error();
  co_return std::string(answer->content.view());
}

base::Task<base::Result<void>> S3Client::put_object(std::string bucket, std::string key, std::string_view content_type, std::string content) {
  const std::string path = path_of(bucket, key);
  const Request request = [&](Caller& caller) { return caller.put(k_put_object, path, content_type, content); };
  base::Result<ObjectAnswer> answer = co_await ask(request);
  if (!answer) co_return answer.error();
  co_return base::Result<void>();
}

}  // namespace keyward::aws
