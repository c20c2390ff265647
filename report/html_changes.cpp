#include "report/html_changes.hpp"

#include <array>
#include <string_view>

#include "report/html_parts.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

/// `changed` may be empty.
std::string tile(std::string_view name, const std::string& value, const std::string& note, const std::string& changed, std::string_view css = "") {
  return "<div class=\"tile\"><span class=\"name\">" + std::string(name) + "</span><b class=\"" + std::string(css) +
         "\">" + value + "</b><span>" + note + "</span>" + changed + "</div>\n";
}

/// "+3 since the last run". Says it in words: more is not always worse.
std::string change(long long by, std::string_view unit = "") {
  if (by == 0) return "<span class=\"delta\">as in the last run</span>";
  return "<span class=\"delta\">" + std::string(by > 0 ? "+" : "\xE2\x88\x92") + grouped(by > 0 ? by : -by) + std::string(unit) +
         " since last run</span>";
}

long long outcomes(const RunSummary& run, const std::string& action, std::string_view outcome) {
  const auto by_action = run.outcomes.find(action);
  if (by_action == run.outcomes.end()) return 0;
  const auto count = by_action->second.find(std::string(outcome));
  return count == by_action->second.end() ? 0 : count->second;
}

std::string change_section(const std::string& id, const std::string& title,
                           const std::array<const Section*, 4>& sections) {
  std::size_t total = 0;
  for (const Section* section : sections) total += section->total();
  std::string html = "<section aria-labelledby=\"" + id + "\"><h2 id=\"" + id + "\">" + title + "</h2>";
  if (total == 0) return html + "<p class=\"soft\">Nothing was due.</p></section>\n";
  FoldedTable table(title, {"Action", "Account", "User", "Key", "Why", "Due", "Next", "AWS request"}, 20);
  for (const Section* section : sections) {
    for (const Event& event : section->kept()) {
      if (table.full()) break;
      const bool warning = event.event == "decision";
      const std::string word = warning ? (event.dry_run ? "due soon" : "warned") : result_word(event);
      const bool more = !warning && event.next_at && event.next != event.action;
      table.add("<td class=\"nw\">" + badge(word) + "</td><td class=\"name\">" +
                escape_html(event.account_name.empty() ? event.account : event.account_name) +
                "</td><td class=\"wrap\">" + escape_html(event.user) + "</td><td class=\"id\">" +
                escape_html(last_four(event.access_key_id)) +
                (event.new_access_key_id.empty() ? "" : " \xE2\x86\x92 " + escape_html(last_four(event.new_access_key_id))) + "</td><td class=\"why\">" +
                escape_html(why(event)) + "</td><td class=\"nw\">" +
                (event.due ? base::format_date(*event.due) : "now") + "</td><td class=\"next\">" +
                (more ? base::format_date(*event.next_at) + " " + escape_html(event.next) : "") + "</td><td class=\"request\">" +
                escape_html(event.request_id) + "</td>");
    }
  }
  return html + table.render(total) + "</section>\n";
}

}  // namespace

std::string change_tiles(const RunFindings& f) {
  const RunSummary& s = f.summary;
  const RunSummary* last = f.history.last ? &*f.history.last : nullptr;
  // Of a version that did not write them nothing can be compared.
  const bool aged = last != nullptr && (!last->active_keys_by_age.empty() || last->keys == 0);
  const Extent extent = extent_of(s);
  const std::map<int, int> ages = f.ages();
  const auto total = [](const Section& section) { return static_cast<long long>(section.total()); };
  std::string html = "<section class=\"bare\" aria-labelledby=\"figures\"><h2 id=\"figures\" class=\"vh\">Figures</h2><div class=\"tiles\">\n";
  html += tile("Keys", grouped(f.all_keys()), counted(s.users, "user") + " in " + counted(s.accounts_covered, "account"),
               last == nullptr ? "" : change(f.all_keys() - last->keys));
  const auto quantile = [&](std::string_view name, double share, std::string_view note) {
    const int age = age_quantile(ages, share);
    const int before = aged ? age_quantile(last->active_keys_by_age, share) : -1;
    html += tile(name, age < 0 ? "-" : grouped(age) + " d", age < 0 ? "no active key" : std::string(note),
                 age < 0 || before < 0 ? "" : change(age - before, " d"));
  };
  quantile("Median age", 0.5, "half of the active keys are younger");
  quantile("Age, 95 %", 0.95, "95 % of active keys are no older");
  const int oldest = ages.empty() ? -1 : ages.rbegin()->first;
  html += tile("Oldest active key", oldest < 0 ? "-" : grouped(oldest) + " d", oldest < 0 ? "no active key" : "exempt ones too",
               oldest < 0 || !aged || last->active_keys_by_age.empty() ? "" : change(oldest - last->active_keys_by_age.rbegin()->first, " d"),
               oldest >= s.policy.remove ? "bad-ink" : "");
  const auto from = [&](int day) {
    const long long keys = keys_from(ages, day);
    html += tile(std::to_string(day) + " days and older", grouped(keys), "active keys, exempt ones too",
                 aged ? change(keys - keys_from(last->active_keys_by_age, day)) : "", keys > 0 && day >= s.policy.remove ? "bad-ink" : "");
  };
  for (const int day : {s.policy.rotate, s.policy.deactivate, s.policy.remove}) from(day);
  const auto changes = [&](std::string_view done, const std::string& action, const Section& made, const Section& told) {
    const std::string_view outcome = extent == Extent::dry_run ? "dry_run" : "done";
    const long long count = extent == Extent::dry_run ? total(told) : total(made);
    const std::string change_of = last == nullptr ? "" : change(count - outcomes(*last, action, outcome));
    if (extent == Extent::dry_run) {
      html += tile("Would " + action, grouped(count), "in a real run", change_of);
    } else {
      const std::string more = "; would " + action + " " + grouped(total(told)) + " more, in dry run";
      html += tile(done, grouped(count), "in this run" + (told.total() > 0 ? more : ""), change_of);
    }
  };
  changes("Rotated", "rotate", f.highlights.rotated, f.highlights.would_rotate);
  changes("Deactivated", "deactivate", f.highlights.deactivated, f.highlights.would_deactivate);
  changes("Deleted", "delete", f.highlights.deleted, f.highlights.would_delete);
  html += tile("Notices sent", grouped(s.notices_sent),
               counted(total(f.highlights.warned) + total(f.highlights.due_soon), "key") + " with a date near",
               last == nullptr ? "" : change(s.notices_sent - last->notices_sent));
  html += tile("Notices not delivered", grouped(s.notices_failed), s.notices_failed == 0 ? "everybody was reached" : "their owners do not know",
               last == nullptr ? "" : change(s.notices_failed - last->notices_failed), s.notices_failed > 0 ? "bad-ink" : "");
  html += "</div><p class=\"soft\">";
  if (last == nullptr) {
    html += "No earlier run over these accounts is on record here, so nothing is compared.";
  } else {
    html += "Changes are since run " + escape_html(last->run) + " of " + minute(last->started) + ", which covered " +
            grouped(last->accounts_covered) + " of " + counted(last->accounts_participating, "account") + ".";
  }
  return html + "</p></section>\n";
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
