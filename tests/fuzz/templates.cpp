#include "fuzz/fuzz.hpp"
#include "notify/template.hpp"
#include "notify/text.hpp"

// Mail templates. Input: HTML or text, then the template, which is filled with hostile values.
namespace keyward::fuzz {
namespace {

constexpr std::string_view k_hostile = "<kw7f1'x\"&{{run_id}}>";

notify::TemplateValues hostile_values() {
  notify::TemplateValues values;
  for (const std::string_view field : notify::k_message_fields) values.message.emplace(field, k_hostile);
  notify::TemplateValues::Fields action;
  for (const std::string_view field : notify::k_action_fields) action.emplace(field, k_hostile);
  values.actions.assign(2, action);
  return values;
}

}  // namespace

KEYWARD_FUZZ_TARGET(templates) {
  static const notify::TemplateValues k_values = hostile_values();
  Input in(input);
  const notify::TemplateKind kind = in.choice(2) == 0 ? notify::TemplateKind::html : notify::TemplateKind::text;
  const auto compiled = notify::Template::compile(in.rest(), "t", kind);
  if (!compiled) {
    require(compiled.error().kind == base::ErrorKind::invalid, "a template that is refused is invalid");
    require(is_one_line(compiled.error().message), "an error is one line");
    return;
  }
  const std::string filled = compiled->render(k_values);
  require(filled == compiled->render(k_values), "the same values give the same text");
  if (kind == notify::TemplateKind::html && in.rest().find("kw7f1") == std::string_view::npos) {
    require(filled.find("<kw7f1") == std::string::npos, "a value opens no tag");
    require(filled.find("kw7f1'x\"") == std::string::npos, "a value ends no attribute");
  }
  // A line of the template may hold a field of each two dozen bytes, twice for the two actions.
  require(filled.size() <= (in.rest().size() + 1) * k_hostile.size() * 8, "a template does not explode");
  const std::string empty = compiled->render({});
  require(notify::is_utf8(empty), "a template makes UTF-8");
}

}  // namespace keyward::fuzz
