#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aws/caller.hpp"

namespace keyward::aws {

/// Amazon S3: whole objects. Addresses buckets by path, which works for every name and every endpoint, and follows a bucket
/// to its region.
class S3Client {
 public:
  /// Asks in `region` first. The references outlive the client.
  S3Client(CallContext& context, CredentialProvider& credentials, const base::Region& region);

  /// Errors: `not_found` (NoSuchBucket, NoSuchKey), `denied` (also for an object that is not there, where the caller may
  /// not list the bucket), `invalid` for more than `max_bytes`, those of every call.
  base::Task<base::Result<std::string>> get_object(std::string bucket, std::string key, std::size_t max_bytes);

  /// Replaces what was there. Errors: `not_found` (NoSuchBucket), `denied`, those of every call.
  base::Task<base::Result<void>> put_object(std::string bucket, std::string key, std::string_view content_type, std::string content);

 private:
  using Request = std::function<base::Task<base::Result<ObjectAnswer>>(Caller&)>;
  base::Task<base::Result<ObjectAnswer>> ask(Request request);

  CallContext& context_;
  CredentialProvider& credentials_;
  std::unique_ptr<Caller> caller_;
};

}  // namespace keyward::aws
