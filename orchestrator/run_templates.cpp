#include "orchestrator/run_templates.hpp"

#include <utility>

#include "aws/s3_client.hpp"
#include "notify/bucket_templates.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

constexpr const char* k_kept_templates = "templates";

bool is_in_bucket(const notify::NotifySettings& settings) { return notify::BucketPlace::parse(settings.templates).has_value(); }

Task<Result<notify::TemplateFiles>> read(notify::NotifySettings settings, Services services) {
  if (!is_in_bucket(settings)) co_return notify::read_templates(settings);
  aws::S3Client s3(services.context, *services.identity, services.region);
  Result<notify::TemplateFiles> files = co_await notify::fetch_templates(std::move(settings), s3);
  co_return files;
}

}  // namespace

Result<void> check_templates(const notify::NotifySettings& settings) {
  if (is_in_bucket(settings)) return {};
  const Result<notify::TemplateSet> templates = notify::load_templates(settings);
  if (!templates) return templates.error();
  return {};
}

Task<Result<RunTemplates>> run_templates(notify::NotifySettings settings, Services services) {
  const bool in_bucket = is_in_bucket(settings);
  Result<notify::TemplateFiles> files = co_await read(std::move(settings), std::move(services));
  if (!files) co_return files.error();
  Result<notify::TemplateSet> compiled = notify::compile_templates(*files);
  if (!compiled) co_return compiled.error();
  co_return RunTemplates{std::move(*files), std::move(*compiled), in_bucket};
}

Result<void> keep_fetched(const RunTemplates& templates, const std::filesystem::path& run_dir) {
  if (!templates.from_bucket) return {};
  return notify::keep_templates(run_dir / k_kept_templates, templates.files);
}

Result<notify::TemplateSet> templates_for_record(const notify::NotifySettings& settings, const std::filesystem::path& run_dir) {
  if (!is_in_bucket(settings)) return notify::load_templates(settings);
  return notify::load_templates(notify::settings_for_kept(settings, run_dir / k_kept_templates));
}

}  // namespace keyward::orchestrator
