#include "report/html_report.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "report/event_log.hpp"
#include "report/html_attention.hpp"
#include "report/html_changes.hpp"
#include "report/html_charts.hpp"
#include "report/html_exemptions.hpp"
#include "report/html_heat_map.hpp"
#include "report/html_lists.hpp"
#include "report/html_page.hpp"
#include "report/html_parts.hpp"
#include "report/html_timeline.hpp"
#include "report/run_findings.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

std::string csp_hash(std::string_view content) {
  const base::Sha256 hash = base::sha256(content);
  return "'sha256-" + base::base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()}) + "'";
}

std::string head(const RunFindings& f) {
  const RunSummary& s = f.summary;
  const Extent extent = extent_of(s);
  const std::string_view mode = extent == Extent::dry_run ? "DRY RUN"
                                : extent == Extent::mixed ? "PARTLY DRY RUN"
                                                          : "ENFORCED";
  std::string html =
      "<header class=\"top\"><div><h1>Access keys of <span class=\"whole\">" +
      escape_html(s.organization.empty() ? "the organization" : s.organization) + "</span></h1><div class=\"soft\">keyward " +
      escape_html(s.command) + ", " + minute(s.started) + ", took " + duration(s.started, s.finished) +
      "</div></div><div class=\"right\"><span class=\"badge mode " +
      std::string(extent == Extent::enforced ? "good" : "warn") + "\">" + std::string(mode) +
      "</span><button class=\"plain\" id=\"theme\" type=\"button\" hidden>Dark</button></div></header>\n";
  if (extent == Extent::dry_run) {
    html += "<div class=\"banner\" role=\"note\"><strong>Dry run: nothing was changed.</strong> " +
            std::string(s.command == "recover" ? "Interrupted rotations are only listed."
                                               : "What follows is what a run would have done.") +
            "</div>\n";
  } else if (extent == Extent::mixed) {
    html += "<div class=\"banner\" role=\"note\"><strong>" + accounts_in_dry_run(s) +
            " in dry run; nothing was changed there.</strong> What would have been done there stands apart, and is "
            "counted apart.</div>\n";
  }
  if (!s.stopped_by.empty()) {
    html += "<div class=\"banner bad\" role=\"alert\"><strong>The run was stopped.</strong> " +
            escape_html(s.stopped_by) + "</div>\n";
  } else if (s.interrupted) {
    html +=
        "<div class=\"banner bad\" role=\"alert\"><strong>The run was interrupted.</strong> Accounts in work were "
        "finished, the others not begun.</div>\n";
  }
  return html;
}

std::string facts(const RunFindings& f) {
  const RunSummary& s = f.summary;
  std::string html = "<section aria-labelledby=\"facts\"><h2 id=\"facts\">About this run</h2><dl class=\"facts\">";
  const auto fact = [&html](std::string_view name, const std::string& value) {
    html += "<dt>" + std::string(name) + "</dt><dd>" + escape_html(value) + "</dd>";
  };
  fact("Run", s.run);
  fact("Version", s.version);
  fact("Configuration", s.configuration.empty() ? "not known" : s.configuration);
  if (s.shard) fact("Shard", shard_words(s));
  if (!s.merged_from.empty()) {
    std::string runs;
    for (const std::string& run : s.merged_from) runs += (runs.empty() ? "" : ", ") + run;
    fact("Merged from", runs);
  }
  fact("Mode", extent_of(s) == Extent::dry_run ? "dry run, read-only sessions"
               : extent_of(s) == Extent::mixed
                   ? accounts_in_dry_run(s) + " in dry run, with read-only sessions; the others enforced"
                   : "enforced");
  fact("Started", base::format_iso8601(s.started));
  fact("Finished", base::format_iso8601(s.finished) + ", after " + duration(s.started, s.finished));
  fact("Exit code", std::to_string(s.exit_code) + ", " + std::string(exit_code_words(s.exit_code)));
  fact("Policy", "rotate at " + std::to_string(s.policy.rotate) + " days, deactivate at " +
                     std::to_string(s.policy.deactivate) + ", delete at " + std::to_string(s.policy.remove) +
                     " (accounts may differ)");
  fact("Clock", "this host's is " + host_clock(s.clock_offset_seconds) + (s.clock_offset_seconds == 0 ? "" : "; AWS's was used"));
  std::string limits;
  for (const auto& [name, value] : s.limits)
    limits += (limits.empty() ? "" : ", ") + name + " " + std::to_string(value);
  if (!limits.empty()) fact("Limits", limits + "; " + std::to_string(s.held_back) + " changes held back");
  long long calls = 0;
  for (const auto& [action, count] : s.api_calls) calls += static_cast<long long>(count);
  fact("API calls", grouped(calls) + ", " + grouped(static_cast<long long>(s.api_throttled)) + " throttled, " +
                        grouped(static_cast<long long>(s.api_retried)) + " tried again");
  html += "</dl>";
  if (!s.api_calls.empty()) {
    std::string table =
        "<table><caption class=\"vh\">API calls by action</caption><thead><tr><th scope=\"col\">Action</th><th scope=\"col\" "
        "class=\"n\">Requests</th></tr></thead><tbody>\n";
    for (const auto& [action, count] : s.api_calls)
      table += "<tr><td class=\"id\">" + escape_html(action) + "</td><td class=\"n\">" +
              grouped(static_cast<long long>(count)) + "</td></tr>\n";
    html += "<details><summary>API calls by action</summary>" + scroll("API calls by action", table + "</tbody></table>") + "</details>";
  }
  return html +
         "</section>\n</main>\n<footer>Times are UTC. The page holds no secret and no secret's name; run.json and "
         "events.jsonl beside it have every detail.</footer>\n";
}

/// A page of more than this opens too slowly to be of use (operations.md has the measurements of other tools).
constexpr std::size_t k_page_bytes = 8u << 20u;
/// For what stands around the data of the lists: their first rows.
constexpr std::size_t k_around_lists = 256u << 10u;

std::string contents() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> k_sections{{{"coverage", "Coverage"},
                                                                                      {"person", "Needs a person"},
                                                                                      {"figures", "Figures"},
                                                                                      {"heat", "Accounts by age"},
                                                                                      {"ahead", "Day by day"},
                                                                                      {"exemptions", "Exemptions"},
                                                                                      {"accounts-title", "Accounts"},
                                                                                      {"keys-title", "All keys"},
                                                                                      {"facts", "About this run"}}};
  std::string html = "<nav aria-label=\"On this page\"><ul>";
  for (const auto& [id, name] : k_sections) html += "<li><a href=\"#" + std::string(id) + "\">" + std::string(name) + "</a></li>";
  return html + "</ul></nav>\n";
}

void write_page(const RunFindings& f, const PageSink& out) {
  std::string before =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src " +
      csp_hash(k_page_style) + "; script-src " + csp_hash(k_page_script) +
      "; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" "
      "content=\"noindex\">\n<title>keyward " +
      escape_html(f.summary.run) + "</title>\n<style>" + std::string(k_page_style) +
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<div class=\"page\">\n";
  before += head(f) + contents() + "<main id=\"main\" tabindex=\"-1\">\n";
  before += coverage_section(f) + person_section(f) + posture_section(f) + change_tiles(f) + age_section(f);
  before += heat_map_section(f) + timeline_section(f) + change_sections(f) + exemption_section(f);
  const std::string after = facts(f);
  const std::size_t fixed = before.size() + after.size() + k_page_script.size() + k_around_lists;
  const Lists lists(f, k_page_bytes - std::min(fixed, k_page_bytes));
  out(before);
  out(lists.sections());
  out(after);
  out("</div>\n<script type=\"application/json\" id=\"data\">");
  lists.write_data(out);
  out("</script>\n<script>" + std::string(k_page_script) + "</script>\n</body>\n</html>\n");
}

}  // namespace

HtmlReport::HtmlReport(RunSummary summary, RunHistory history)
    : findings_(std::make_unique<RunFindings>(std::move(summary), std::move(history))) {}
HtmlReport::~HtmlReport() = default;
HtmlReport::HtmlReport(HtmlReport&&) noexcept = default;
HtmlReport& HtmlReport::operator=(HtmlReport&&) noexcept = default;

void HtmlReport::add(const Event& event) { findings_->add(event); }
void HtmlReport::write(const PageSink& out) const { write_page(*findings_, out); }

std::string HtmlReport::render() const {
  std::string html;
  write([&html](std::string_view part) { html += part; });
  return html;
}

base::Result<void> write_report(const std::filesystem::path& run_folder, RunHistory history) {
  base::Result<RunSummary> summary = read_summary(run_folder / "run.json");
  if (!summary) return summary.error();
  HtmlReport report(std::move(*summary), std::move(history));
  const base::Result<EventsRead> read =
      read_events(run_folder / "events.jsonl", [&report](const Event& event) { report.add(event); });
  if (!read) return read.error();
  base::FileReplacement file(run_folder / "report.html");
  report.write([&file](std::string_view part) { file.write(part); });
  return file.commit();
}

}  // namespace keyward::report
