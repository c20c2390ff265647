#pragma once

#include <string>

#include "base/error.hpp"
#include "notify/settings.hpp"
#include "notify/template.hpp"
#include "notify/wording.hpp"

namespace keyward::notify {

/// The four templates of a run, compiled before the run begins.
struct TemplateSet {
  Template enforce_html;
  Template enforce_text;
  Template audit_html;
  Template audit_text;

  const Template& html(Mode mode) const { return mode == Mode::dry_run ? audit_html : enforce_html; }
  const Template& text(Mode mode) const { return mode == Mode::dry_run ? audit_text : enforce_text; }
};

/// Where a template comes from, for errors, and its text.
struct TemplateFile {
  std::string name;
  std::string text;
};

struct TemplateFiles {
  TemplateFile enforce_html;
  TemplateFile enforce_text;
  TemplateFile audit_html;
  TemplateFile audit_text;
};

/// The built-in templates (templates/ at build time).
TemplateFiles builtin_templates();

/// The templates these settings name: the built-in ones when `settings.templates` is empty, else those of that folder.
/// There the HTML files named by `template_enforce` and `template_audit` must exist; the text part is the file of the
/// same name that ends in .txt, and the built-in one where there is none, so that a folder made for the AWS guidance,
/// which knows no text part, works as it is. Errors: `not_found` for a missing file, `invalid` for one that cannot be
/// read. Not for a place in S3 (notify/bucket_templates.hpp).
base::Result<TemplateFiles> read_templates(const NotifySettings& settings);

/// Errors: `invalid` as Template::compile().
base::Result<TemplateSet> compile_templates(const TemplateFiles& files);

/// Reads and compiles.
base::Result<TemplateSet> load_templates(const NotifySettings& settings);

}  // namespace keyward::notify
