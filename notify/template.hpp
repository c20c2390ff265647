#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace keyward::notify {

/// What a template may name anywhere. The first eight are the AWS guidance's.
inline constexpr auto k_message_fields = std::to_array<std::string_view>({
    "account_id",  // of all accounts in the message: "111122223333, 444455556666"
    "account_name",
    "timestamp",        // of the run: "2026-11-21T02:30:00Z"
    "rotation_period",  // days; "45 or 90" when the accounts in the message differ
    "installation_grace_period", "recovery_grace_period", "partition_name", "sender_email",
    "mode",  // "enforce" or "dry run"
    "run_id",
    "subject_prefix",  // "[DRY RUN] " or nothing
    "headline",        // the subject without what stands before it
    "preheader",       // the most urgent in one line, for the list of mails
    "count",           // rows, those left out included
    "more",            // rows left out; empty when there are none
    "dry_run",         // for {{#dry_run}} and {{^dry_run}}
});

/// What a template may name inside {{#actions}}…{{/actions}}, beside the fields of the message: the fields of a Row.
inline constexpr auto k_action_fields = std::to_array<std::string_view>({
    "account_id", "account_name", "user", "key", "new_key", "what", "why", "todo", "due", "last_used", "urgency",
    "secret_name", "secret_region", "secret_arn", "access_key_id_field", "secret_access_key_field", "fetch_as", "fetch_command",
    "summary",  // one line with account, user, what and due
});

/// What is filled in. An absent or empty field is false to {{#field}} and nothing to {{field}}.
struct TemplateValues {
  using Fields = std::map<std::string, std::string>;
  Fields message;
  std::vector<Fields> actions;
};

enum class TemplateKind {
  html,  ///< values are escaped
  text,
};

/// Operation of the errors of templates that are not what they must be, or not there; what AWS refuses has another.
inline constexpr const char* k_template_operation = "template";

/// A checked template. Syntax: {{name}}, {{#name}}…{{/name}} (for every action; or when the field is not empty),
/// {{^name}}…{{/name}} (when it is empty), {{! comment }}. {{actions}} by itself is a bulleted list of summaries, as
/// the AWS guidance's templates expect. Nothing else: no unescaped form, no partials, no other delimiters. Values are
/// filled in once and never looked at again, so a value that contains {{sender_email}} stays what it is.
class Template {
 public:
  /// Templates above this size are refused: what Gmail does not show whole is no use to anybody.
  static constexpr std::size_t k_max_bytes = 96 * 1024;

  /// `name` stands in errors. Errors: `invalid` with "name:line:column: what is wrong" for an unknown (with the nearest
  /// known name), unclosed, misspelt or unbalanced placeholder, for one where escaping does not protect (in a script, a
  /// style sheet, an event handler, an attribute without quotes, a link of unknown scheme), for a file that is too
  /// large or not UTF-8.
  static base::Result<Template> compile(std::string_view source, std::string_view name, TemplateKind kind);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  std::string render(const TemplateValues& values) const;

 private:
  struct Engine;
  explicit Template(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace keyward::notify
