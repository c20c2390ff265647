#include "notify/template.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "notify/template_set.hpp"

namespace keyward::notify {
namespace {

TemplateValues values() {
  TemplateValues result;
  result.message = {{"account_id", "111122223333"},
                    {"account_name", "prod"},
                    {"sender_email", "keyward@example.org"},
                    {"rotation_period", "90"},
                    {"run_id", "r1"}};
  result.actions = {{{"user", "svc-a"}, {"summary", "first <b>"}, {"due", "2026-11-30"}},
                    {{"user", "svc-b"}, {"summary", "second"}, {"account_name", "inner"}}};
  return result;
}

std::string render(std::string_view source, TemplateKind kind = TemplateKind::html,
                   const TemplateValues& with = values()) {
  const auto compiled = Template::compile(source, "t.html", kind);
  return compiled ? compiled->render(with) : "ERROR " + compiled.error().message;
}

std::string error(std::string_view source, TemplateKind kind = TemplateKind::html) {
  const auto compiled = Template::compile(source, "t.html", kind);
  return compiled ? "accepted" : compiled.error().message;
}

TEST(Template, FillsInTheGuidancesPlaceholders) {
  EXPECT_EQ(render("{{account_id}} {{ account_name }} {{rotation_period}} {{sender_email}}"),
            "111122223333 prod 90 keyward@example.org");
  EXPECT_EQ(render("To all:<br>{{actions}}Bye"), "To all:<br>&bull; first &lt;b&gt;<br>&bull; second<br>Bye");
}

TEST(Template, ShowsInTheGuidancesListWhatWasLeftOut) {
  TemplateValues with = values();
  with.message["more"] = "7";
  EXPECT_EQ(render("{{actions}}", TemplateKind::html, with),
            "&bull; first &lt;b&gt;<br>&bull; second<br>&bull; and 7 more, see the report of run r1<br>");
  EXPECT_EQ(render("{{actions}}", TemplateKind::text), "- first <b>\n- second\n");
}

TEST(Template, RepeatsSectionsAndLooksOutwardsOnlyForFieldsOfTheMessage) {
  EXPECT_EQ(
      render("{{#actions}}[{{user}}{{#due}} by {{due}}{{/due}}{{^due}} any time{{/due}} r={{run_id}}]{{/actions}}"),
      "[svc-a by 2026-11-30 r=r1][svc-b any time r=r1]");
  // An action without the field does not show the message's field of the same name.
  EXPECT_EQ(render("{{#actions}}[{{account_name}}]{{/actions}}"), "[][inner]");
}

TEST(Template, EscapesValuesInHtmlOnly) {
  TemplateValues hostile;
  hostile.message = {{"account_name", "<script>alert('x')</script>&\""}};
  EXPECT_EQ(render("{{account_name}}", TemplateKind::html, hostile),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
  EXPECT_EQ(render("{{account_name}}", TemplateKind::text, hostile), "<script>alert('x')</script>&\"");
}

TEST(Template, NeverExpandsValues) {
  TemplateValues hostile;
  hostile.message = {{"account_name", "{{sender_email}} {{{sender_email}}} {{#actions}}"}, {"sender_email", "SENDER"}};
  hostile.actions = {{{"summary", "{{sender_email}}"}}};
  EXPECT_EQ(render("{{account_name}}|{{actions}}", TemplateKind::html, hostile),
            "{{sender_email}} {{{sender_email}}} {{#actions}}|&bull; {{sender_email}}<br>");
}

TEST(Template, RefusesUnknownPlaceholdersWithTheNearestName) {
  EXPECT_EQ(error("a\n  {{acount_id}}"), "t.html:2:3: unknown placeholder {{acount_id}}; did you mean {{account_id}}?");
  EXPECT_EQ(error("\xC3\xBC {{action}}"), "t.html:1:3: unknown placeholder {{action}}; did you mean {{actions}}?");
  EXPECT_EQ(error("{{completely_different_name}}"), "t.html:1:1: unknown placeholder {{completely_different_name}}");
  EXPECT_EQ(error("{{#actoins}}{{/actoins}}"),
            "t.html:1:1: unknown placeholder {{actoins}}; did you mean {{actions}}?");
  EXPECT_EQ(error("{{user}}"), "t.html:1:1: {{user}} is known only inside {{#actions}}\xE2\x80\xA6{{/actions}}");
}

TEST(Template, RefusesBrokenPlaceholders) {
  EXPECT_EQ(error("x\n{{account_id"), "t.html:2:1: this placeholder is not closed by }}");
  EXPECT_EQ(error("{{account_id}"), "t.html:1:1: this placeholder is not closed by }}");
  EXPECT_EQ(error("{{account_id\n}}"), "t.html:1:1: this placeholder is not closed by }}");
  EXPECT_EQ(error("{{account_id {{account_name}}"), "t.html:1:1: this placeholder is not closed by }}");
  EXPECT_EQ(error("{{"), "t.html:1:1: this placeholder is not closed by }}");
  EXPECT_EQ(error("{{}}"), "t.html:1:1: this placeholder has no name");
  EXPECT_EQ(error("{{Account ID}}"),
            "t.html:1:1: a placeholder's name has lower-case letters, digits and underscores only");
  EXPECT_EQ(error("{account_id}}"), "t.html:1:1: a placeholder has two braces: {{account_id}}");
  EXPECT_EQ(error("{ account_id }"), "t.html:1:1: a placeholder has two braces: {{account_id}}");
}

TEST(Template, RefusesWhatWouldPassUnescaped) {
  EXPECT_EQ(error("{{{account_id}}}"), "t.html:1:1: the unescaped form {{{name}}} is not allowed; write {{name}}");
  EXPECT_EQ(error("{{&account_id}}"), "t.html:1:1: the unescaped form {{&name}} is not allowed; write {{name}}");
  EXPECT_EQ(error("{{> header}}"), "t.html:1:1: partials are not allowed");
  EXPECT_EQ(error("{{=<% %>=}}"), "t.html:1:1: other delimiters are not allowed");
}

TEST(Template, RefusesSectionsThatDoNotMatch) {
  EXPECT_EQ(error("{{#actions}}\n{{user}}"), "t.html:1:1: section {{#actions}} is not closed by {{/actions}}");
  EXPECT_EQ(error("{{/actions}}"), "t.html:1:1: {{/actions}} closes a section that is not open");
  EXPECT_EQ(error("{{#actions}}{{#due}}{{/actions}}{{/due}}"),
            "t.html:1:21: {{/actions}} stands where {{/due}} is expected");
  EXPECT_EQ(error("{{#actions}}{{actions}}{{/actions}}"), "t.html:1:13: {{actions}} cannot stand inside {{#actions}}");
  EXPECT_EQ(error("{{^actions}}{{user}}{{/actions}}"),
            "t.html:1:13: {{user}} is known only inside {{#actions}}\xE2\x80\xA6{{/actions}}");
  EXPECT_EQ(error("{{#actions}}{{/actions}}{{user}}"),
            "t.html:1:25: {{user}} is known only inside {{#actions}}\xE2\x80\xA6{{/actions}}");
}

TEST(Template, RefusesPlacesWhereEscapingDoesNotProtect) {
  for (const char* source :
       {"<script>var a = '{{account_name}}'</script>", "<STYLE>p{color:{{account_name}}}</STYLE>",
        "<p class={{account_name}}>", "<p {{account_name}}>", "<{{account_name}}>", "<p onclick=\"{{account_name}}\">",
        "<p style='{{account_name}}'>", "<a href=\"{{account_name}}\">", "<a href=\"javascript:{{account_name}}\">",
        "<p title = {{account_name}}>"}) {
    EXPECT_NE(error(source), "accepted") << source;
  }
  for (const char* source :
       {"<p title=\"{{account_name}}\">", "<a href=\"mailto:{{sender_email}}\">x</a>",
        "<a href='https://a.example/{{run_id}}'>", "<script>var a</script>{{account_name}}",
        "<style>@media x{p{color:red}}</style>{{account_name}}", "1 < 2 {{account_name}}",
        "<!-- {{account_name}} --><br/>{{account_name}}", "<p title=\"a\" class=\"b\">{{account_name}}</p>",
        "<p {{#dry_run}}class=\"dry\"{{/dry_run}}>{{account_name}}"}) {
    EXPECT_EQ(error(source), "accepted") << source;
  }
  EXPECT_EQ(error("<script>{{account_name}}", TemplateKind::text), "accepted");
}

TEST(Template, RefusesWhatIsTooLargeOrNotText) {
  EXPECT_EQ(error(std::string(Template::k_max_bytes + 1, 'a')), "t.html: the template is larger than 96 KiB");
  EXPECT_EQ(error("\xFF\xFE"), "t.html: the template is not UTF-8 text");
  EXPECT_EQ(error(std::string_view("a\0b", 3)), "t.html: the template is not UTF-8 text");
}

TEST(Template, KeepsCommentsToItself) { EXPECT_EQ(render("a{{! see {x}\n the runbook }}b"), "ab"); }

TEST(TemplateSet, HasBuiltInTemplatesThatAreTheFilesOfTheRepository) {
  NotifySettings from_folder;
  from_folder.templates = KEYWARD_TEMPLATES_DIR;
  const auto builtin = load_templates(NotifySettings{});
  const auto files = load_templates(from_folder);
  ASSERT_TRUE(builtin) << builtin.error().message;
  ASSERT_TRUE(files) << files.error().message;
  for (const Mode mode : {Mode::enforce, Mode::dry_run}) {
    EXPECT_EQ(builtin->html(mode).render(values()), files->html(mode).render(values()));
    EXPECT_EQ(builtin->text(mode).render(values()), files->text(mode).render(values()));
  }
}

TEST(TemplateSet, UsesOnesOwnFilesAndNamesTheMissingOne) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "keyward_own_templates";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "mine.html") << "<p>{{account_id}}: {{actions}}</p>";
  NotifySettings settings;
  settings.templates = folder.string();
  settings.template_enforce = "mine.html";
  std::filesystem::remove(folder / "audit.html");
  const auto missing = load_templates(settings);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(missing.error().message,
            (folder / "audit.html").string() + ": there is no such template (notify.templates)");

  settings.template_audit = "mine.html";
  const auto loaded = load_templates(settings);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->html(Mode::enforce).render(values()).starts_with("<p>111122223333: &bull;"));
}

}  // namespace
}  // namespace keyward::notify
