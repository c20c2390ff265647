#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "aws/caller.hpp"

namespace keyward::aws {

/// Amazon S3, reading only. Addresses buckets by path, which works for every name and every endpoint, and follows a bucket
/// to its region.
class S3Client {
 public:
  /// Asks in `region` first. The references outlive the client.
  S3Client(CallContext& context, CredentialProvider& credentials, const base::Region& region);

  /// Errors: `not_found` (NoSuchBucket, NoSuchKey), `denied` (also for an object that is not there, where the caller may
  /// not list the bucket), `invalid` for more than `max_bytes`, those of every call.
  base::Task<base::Result<std::string>> get_object(std::string bucket, std::string key, std::size_t max_bytes);

 private:
  CallContext& context_;
  CredentialProvider& credentials_;
  std::unique_ptr<Caller> caller_;
};

}  // namespace keyward::aws
