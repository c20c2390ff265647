#include "notify/template_set.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "notify/builtin_templates.hpp"

namespace keyward::notify {
namespace {

base::Error problem(base::ErrorKind kind, std::string message) {
  return base::Error{kind, "template", "TemplateNotRead", "", std::move(message)};
}

base::Result<Template> compile_file(const std::filesystem::path& path, TemplateKind kind) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) {
    return problem(base::ErrorKind::not_found, path.string() + ": there is no such template (notify.templates)");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return problem(base::ErrorKind::not_found, path.string() + ": the template cannot be opened");
  std::string source(Template::k_max_bytes + 1, '\0');
  file.read(source.data(), static_cast<std::streamsize>(source.size()));
  source.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return problem(base::ErrorKind::invalid, path.string() + ": the template cannot be read");
  return Template::compile(source, path.string(), kind);
}

struct Pair {
  Template html;
  Template text;
};

base::Result<Pair> load_pair(const std::filesystem::path& folder, const std::string& file,
                             std::string_view builtin_text, std::string_view builtin_name) {
  base::Result<Template> html = compile_file(folder / file, TemplateKind::html);
  if (!html) return html.error();
  std::filesystem::path twin = folder / file;
  twin.replace_extension(".txt");
  std::error_code failed;
  base::Result<Template> text = std::filesystem::exists(twin, failed)
                                    ? compile_file(twin, TemplateKind::text)
                                    : Template::compile(builtin_text, builtin_name, TemplateKind::text);
  if (!text) return text.error();
  return Pair{*std::move(html), *std::move(text)};
}

base::Result<Pair> builtin_pair(std::string_view html_source, std::string_view html_name, std::string_view text_source,
                                std::string_view text_name) {
  base::Result<Template> html = Template::compile(html_source, html_name, TemplateKind::html);
  if (!html) return html.error();
  base::Result<Template> text = Template::compile(text_source, text_name, TemplateKind::text);
  if (!text) return text.error();
  return Pair{*std::move(html), *std::move(text)};
}

}  // namespace

base::Result<TemplateSet> load_templates(const NotifySettings& settings) {
  if (settings.templates.starts_with("s3://")) {
    return problem(base::ErrorKind::invalid, settings.templates + ": templates are read from a folder, not from S3");
  }
  const bool builtin = settings.templates.empty();
  const std::filesystem::path folder = settings.templates;
  base::Result<Pair> enforce =
      builtin ? builtin_pair(k_enforce_html, "built-in enforce.html", k_enforce_text, "built-in enforce.txt")
              : load_pair(folder, settings.template_enforce, k_enforce_text, "built-in enforce.txt");
  if (!enforce) return enforce.error();
  base::Result<Pair> audit = builtin
                                 ? builtin_pair(k_audit_html, "built-in audit.html", k_audit_text, "built-in audit.txt")
                                 : load_pair(folder, settings.template_audit, k_audit_text, "built-in audit.txt");
  if (!audit) return audit.error();
  return TemplateSet{std::move(enforce->html), std::move(enforce->text), std::move(audit->html),
                     std::move(audit->text)};
}

}  // namespace keyward::notify
