#include "notify/template_set.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "notify/builtin_templates.hpp"

namespace keyward::notify {
namespace {

base::Error problem(base::ErrorKind kind, std::string message) {
  return base::Error{kind, k_template_operation, "TemplateNotRead", "", std::move(message)};
}

base::Result<TemplateFile> read_file(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) {
    return problem(base::ErrorKind::not_found, path.string() + ": there is no such template (notify.templates)");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return problem(base::ErrorKind::not_found, path.string() + ": the template cannot be opened");
  std::string text(Template::k_max_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return problem(base::ErrorKind::invalid, path.string() + ": the template cannot be read");
  return TemplateFile{path.string(), std::move(text)};
}

/// Puts the folder's pair in the place of the built-in one.
base::Result<void> read_pair(const std::filesystem::path& path, TemplateFile& html, TemplateFile& text) {
  base::Result<TemplateFile> own = read_file(path);
  if (!own) return own.error();
  html = *std::move(own);
  std::filesystem::path twin = path;
  twin.replace_extension(".txt");
  std::error_code failed;
  if (!std::filesystem::exists(twin, failed)) return {};
  base::Result<TemplateFile> own_text = read_file(twin);
  if (!own_text) return own_text.error();
  text = *std::move(own_text);
  return {};
}

}  // namespace

TemplateFiles builtin_templates() {
  return {{"built-in enforce.html", std::string(k_enforce_html)},
          {"built-in enforce.txt", std::string(k_enforce_text)},
          {"built-in audit.html", std::string(k_audit_html)},
          {"built-in audit.txt", std::string(k_audit_text)}};
}

base::Result<TemplateFiles> read_templates(const NotifySettings& settings) {
  TemplateFiles files = builtin_templates();
  if (settings.templates.empty()) return files;
  const std::filesystem::path folder = settings.templates;
  const base::Result<void> enforce = read_pair(folder / settings.template_enforce, files.enforce_html, files.enforce_text);
  if (!enforce) return enforce.error();
  const base::Result<void> audit = read_pair(folder / settings.template_audit, files.audit_html, files.audit_text);
  if (!audit) return audit.error();
  return files;
}

base::Result<TemplateSet> compile_templates(const TemplateFiles& files) {
  const auto compiled = [](const TemplateFile& file, TemplateKind kind) { return Template::compile(file.text, file.name, kind); };
  base::Result<Template> enforce_html = compiled(files.enforce_html, TemplateKind::html);
  if (!enforce_html) return enforce_html.error();
  base::Result<Template> enforce_text = compiled(files.enforce_text, TemplateKind::text);
  if (!enforce_text) return enforce_text.error();
  base::Result<Template> audit_html = compiled(files.audit_html, TemplateKind::html);
  if (!audit_html) return audit_html.error();
  base::Result<Template> audit_text = compiled(files.audit_text, TemplateKind::text);
  if (!audit_text) return audit_text.error();
  return TemplateSet{*std::move(enforce_html), *std::move(enforce_text), *std::move(audit_html), *std::move(audit_text)};
}

base::Result<TemplateSet> load_templates(const NotifySettings& settings) {
  const base::Result<TemplateFiles> files = read_templates(settings);
  if (!files) return files.error();
  return compile_templates(*files);
}

}  // namespace keyward::notify
