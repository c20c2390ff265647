#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "aws/s3_client.hpp"
#include "base/task.hpp"
#include "notify/template_set.hpp"

namespace keyward::notify {

/// A place for templates in S3.
struct BucketPlace {
  std::string bucket;
  std::string prefix;  ///< without slashes at its ends; may be empty

  /// Of "s3://bucket/prefix". Nothing for any other text, or where no bucket can be called so.
  static std::optional<BucketPlace> parse(std::string_view text);
};

/// The templates that a place in S3 holds: files as in a folder (read_templates()). Where the prefix ends in "Template", as
/// the AWS guidance's code has it, and holds no template, "template" is tried, as the guidance's repository has it. A text
/// part that is not there, or that AWS does not let us see, is the built-in one: without s3:ListBucket it answers the same
/// to both. Errors: those of S3Client::get_object(), with the object's name and what to do.
base::Task<base::Result<TemplateFiles>> fetch_templates(NotifySettings settings, aws::S3Client& s3);

/// Keeps templates in a folder, which is made. Errors: `invalid` with the system's words.
base::Result<void> keep_templates(const std::filesystem::path& folder, const TemplateFiles& files);
/// Settings that name the kept templates.
NotifySettings settings_for_kept(NotifySettings settings, const std::filesystem::path& folder);

}  // namespace keyward::notify
