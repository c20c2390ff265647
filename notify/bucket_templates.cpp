#include "notify/bucket_templates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/files.hpp"

namespace keyward::notify {
namespace {

using base::Result;
using base::Task;

constexpr std::string_view k_scheme = "s3://";
// Larger than a template may be, so that what is a little too large is named with its limit.
constexpr std::size_t k_max_bytes = 4 * Template::k_max_bytes;

constexpr const char* k_enforce_file = "enforce.html";
constexpr const char* k_audit_file = "audit.html";

bool is_hidden(const base::Error& error) {
  return error.kind == base::ErrorKind::not_found || (error.kind == base::ErrorKind::denied && error.code == "AccessDenied");
}

/// The rules for names of buckets, as far as they matter here ("Bucket naming rules", S3 user guide).
bool is_bucket(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, allowed) && name.front() != '.' && name.back() != '.';
}

std::string key_in(const std::string& prefix, const std::string& file) { return prefix.empty() ? file : prefix + "/" + file; }

std::string text_of(const std::string& html) { return std::filesystem::path(html).replace_extension(".txt").string(); }

class Fetch {
 public:
  Fetch(aws::S3Client& s3, BucketPlace place) : s3_(s3), place_(std::move(place)) {}

  /// The first of all: settles which spelling of the prefix it is.
  Task<Result<TemplateFile>> first(std::string file) {
    Result<TemplateFile> found = co_await get(file);
    if (found || !is_hidden(found.error()) || !(place_.prefix == "Template" || place_.prefix.ends_with("/Template"))) co_return found;
    const std::string written = place_.prefix;
    place_.prefix[place_.prefix.rfind('T')] = 't';
    Result<TemplateFile> other = co_await get(file);
    if (other) co_return other;
    place_.prefix = written;
    co_return found;
  }

  Task<Result<TemplateFile>> get(std::string file) {
    const std::string key = key_in(place_.prefix, file);
    std::string name = fmt::format("{}{}/{}", k_scheme, place_.bucket, key);
    Result<std::string> text = co_await s3_.get_object(place_.bucket, key, k_max_bytes);
    if (!text) co_return explained(text.error(), name);
    co_return TemplateFile{std::move(name), std::move(*text)};
  }

  /// Nothing where there is no such file.
  Task<Result<std::optional<TemplateFile>>> get_if_there(std::string file) {
    Result<TemplateFile> found = co_await get(file);
    if (found) co_return std::optional<TemplateFile>(std::move(*found));
    if (is_hidden(found.error())) co_return std::nullopt;
    co_return found.error();
  }

 private:
  static base::Error explained(base::Error error, const std::string& name) {
    const std::string words = error.message.empty() ? "" : error.message + "; ";
    if (error.kind == base::ErrorKind::not_found) {
      error.message = fmt::format("{}: {}put the template there, or say where it is (notify.templates, notify.template_enforce, "
                                  "notify.template_audit)", name, words);
    } else if (error.kind == base::ErrorKind::denied) {
      error.message = fmt::format("{}: {}allow s3:GetObject on it to the identity that runs keyward; without s3:ListBucket AWS "
                                  "answers this for a missing object, too", name, words);
    } else {
      error.message = fmt::format("{}: {}", name, error.message);
    }
    return error;
  }

  aws::S3Client& s3_;
  BucketPlace place_;
};

}  // namespace

std::optional<BucketPlace> BucketPlace::parse(std::string_view text) {
  if (!text.starts_with(k_scheme)) return std::nullopt;
  text.remove_prefix(k_scheme.size());
  const std::string_view bucket = text.substr(0, text.find('/'));
  if (!is_bucket(bucket)) return std::nullopt;
  text.remove_prefix(bucket.size());
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return BucketPlace{std::string(bucket), std::string(text)};
}

Task<Result<TemplateFiles>> fetch_templates(NotifySettings settings, aws::S3Client& s3) {
  std::optional<BucketPlace> place = BucketPlace::parse(settings.templates);
  if (!place) {
    co_return base::Error{base::ErrorKind::invalid, k_template_operation, "TemplateNotRead", "",
                          settings.templates + " is not s3://bucket/prefix"};
  }
  Fetch fetch(s3, std::move(*place));
  TemplateFiles files = builtin_templates();
  Result<TemplateFile> enforce = co_await fetch.first(settings.template_enforce);
  if (!enforce) co_return enforce.error();
  Result<TemplateFile> audit = co_await fetch.get(settings.template_audit);
  if (!audit) co_return audit.error();
  Result<std::optional<TemplateFile>> enforce_text = co_await fetch.get_if_there(text_of(settings.template_enforce));
  if (!enforce_text) co_return enforce_text.error();
  Result<std::optional<TemplateFile>> audit_text = co_await fetch.get_if_there(text_of(settings.template_audit));
  if (!audit_text) co_return audit_text.error();
  files.enforce_html = std::move(*enforce);
  files.audit_html = std::move(*audit);
  if (*enforce_text) files.enforce_text = std::move(**enforce_text);
  if (*audit_text) files.audit_text = std::move(**audit_text);
  co_return files;
}

Result<void> keep_templates(const std::filesystem::path& folder, const TemplateFiles& files) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const std::pair<std::string, const TemplateFile*> all[] = {{k_enforce_file, &files.enforce_html},
                                                             {text_of(k_enforce_file), &files.enforce_text},
                                                             {k_audit_file, &files.audit_html},
                                                             {text_of(k_audit_file), &files.audit_text}};
  for (const auto& [name, file] : all) {
    const Result<void> written = base::write_atomically(folder / name, file->text, base::Durability::may_be_lost);
    if (!written) return written;
  }
  return {};
}

NotifySettings settings_for_kept(NotifySettings settings, const std::filesystem::path& folder) {
  settings.templates = folder.string();
  settings.template_enforce = k_enforce_file;
  settings.template_audit = k_audit_file;
  return settings;
}

}  // namespace keyward::notify
