#pragma once

#include <filesystem>

#include "notify/settings.hpp"
#include "notify/template_set.hpp"
#include "orchestrator/job.hpp"

namespace keyward::orchestrator {

/// What a run writes its mails with.
struct RunTemplates {
  notify::TemplateFiles files;
  notify::TemplateSet compiled;
  bool from_bucket = false;
};

/// What can be said about the templates without a call to AWS: everything, unless they are in S3.
base::Result<void> check_templates(const notify::NotifySettings& settings);

/// Reads and compiles them. Errors: with notify::k_template_operation when a template is wrong, or not in its folder; else
/// those of AWS.
base::Task<base::Result<RunTemplates>> run_templates(notify::NotifySettings settings, Services services);

/// A run keeps the templates that it fetched, so that its messages can be written again without a call to AWS.
base::Result<void> keep_fetched(const RunTemplates& templates, const std::filesystem::path& run_dir);
/// For writing the messages of a finished run again. Errors: as run_templates().
base::Result<notify::TemplateSet> templates_for_record(const notify::NotifySettings& settings, const std::filesystem::path& run_dir);

}  // namespace keyward::orchestrator
