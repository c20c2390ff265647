#include "report/html_changes.hpp"

#include <array>
#include <string_view>

#include "report/html_parts.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

std::string tile(std::string_view name, const std::string& value, const std::string& note, std::string_view css = "") {
  return "<div class=\"tile\"><span class=\"name\">" + std::string(name) + "</span><b class=\"" + std::string(css) +
         "\">" + value + "</b><span>" + note + "</span></div>\n";
}

std::string change_section(const std::string& id, const std::string& title,
                           const std::array<const Section*, 4>& sections) {
  std::size_t total = 0;
  for (const Section* section : sections) total += section->total();
  std::string html = "<section aria-labelledby=\"" + id + "\"><h2 id=\"" + id + "\">" + title + "</h2>";
  if (total == 0) return html + "<p class=\"soft\">Nothing was due.</p></section>\n";
  FoldedTable table({"Action", "Account", "User", "Key", "New key", "Why", "Due", "Next"}, 20);
  for (const Section* section : sections) {
    for (const Event& event : section->kept()) {
      if (table.full()) break;
      const bool warning = event.event == "decision";
      const std::string word = warning ? (event.dry_run ? "due soon" : "warned") : result_word(event);
      const bool more = !warning && event.next_at && event.next != event.action;
      table.add("<td class=\"nw\">" + badge(word) + "</td><td class=\"name\">" +
                escape_html(event.account_name.empty() ? event.account : event.account_name) +
                "</td><td class=\"wrap\">" + escape_html(event.user) + "</td><td class=\"id\">" +
                escape_html(last_four(event.access_key_id)) + "</td><td class=\"id\">" +
                escape_html(event.new_access_key_id.empty() ? "" : last_four(event.new_access_key_id)) + "</td><td>" +
                escape_html(why(event)) + "</td><td class=\"nw\">" +
                (event.due ? base::format_date(*event.due) : "now") + "</td><td class=\"nw\">" +
                (more ? base::format_date(*event.next_at) + " " + escape_html(event.next) : "") + "</td>");
    }
  }
  return html + table.render(total) + "</section>\n";
}

}  // namespace

std::string change_tiles(const RunFindings& f) {
  const RunSummary& s = f.summary;
  const Extent extent = extent_of(s);
  const int oldest = f.active_by_age.empty() ? -1 : f.active_by_age.rbegin()->first;
  const auto total = [](const Section& section) { return grouped(static_cast<long long>(section.total())); };
  const auto changes = [&](std::string_view done, std::string_view would, const Section& made, const Section& told,
                           int day) {
    const std::string at = "at " + std::to_string(day) + " days, ";
    if (extent == Extent::dry_run) return tile("Would " + std::string(would), total(told), at + "in a real run");
    const std::string more = "; would " + std::string(would) + " " + total(told) + " more, in dry run";
    return tile(done, total(made), at + "in this run" + (told.total() > 0 ? more : ""));
  };
  std::string html = "<div class=\"tiles\">\n";
  html +=
      tile("Keys", grouped(f.all_keys()), counted(s.users, "user") + " in " + counted(s.accounts_covered, "account"));
  html += tile("Oldest active key", oldest < 0 ? "-" : grouped(oldest) + " d",
               oldest < 0 ? "no active key"
                          : "median " + std::to_string(f.age_quantile(0.5)) + " d, 95 % under " +
                                std::to_string(f.age_quantile(0.95) + 1) + " d",
               oldest >= s.policy.remove ? "bad-ink" : "");
  html += changes("Rotated", "rotate", f.highlights.rotated, f.highlights.would_rotate, s.policy.rotate);
  html += changes("Deactivated", "deactivate", f.highlights.deactivated, f.highlights.would_deactivate,
                  s.policy.deactivate);
  html += changes("Deleted", "delete", f.highlights.deleted, f.highlights.would_delete, s.policy.remove);
  html +=
      tile("Notices sent", grouped(s.notices_sent),
           s.notices_failed == 0
               ? counted(static_cast<long long>(f.highlights.warned.total() + f.highlights.due_soon.total()), "key") +
                     " with a date near"
               : "<span class=\"bad-ink\">" + grouped(s.notices_failed) + " not delivered</span>");
  return html + "</div>\n";
}

std::string change_sections(const RunFindings& f) {
  const Highlights& h = f.highlights;
  const Extent extent = extent_of(f.summary);
  std::string html;
  if (extent != Extent::dry_run)
    html += change_section("actions", "What this run did", {&h.rotated, &h.deactivated, &h.deleted, &h.warned});
  if (extent != Extent::enforced) {
    const std::string where = extent == Extent::mixed ? " in the accounts in dry run" : "";
    html += change_section("would", "What a run would do" + where,
                           {&h.would_rotate, &h.would_deactivate, &h.would_delete, &h.due_soon});
  }
  return html;
}

}  // namespace keyward::report
