#include "report/html_attention.hpp"

#include "report/html_parts.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {

std::string coverage_section(const RunFindings& f) {
  const RunSummary& s = f.summary;
  const bool full = s.uncovered.empty() && s.accounts_covered >= s.accounts_participating;
  std::string html = "<section class=\"" + std::string(full ? "good" : "bad") +
                     "\" aria-labelledby=\"coverage\"><h2 id=\"coverage\">" +
                     (full ? "Every account was covered"
                           : counted(static_cast<long long>(s.uncovered.size()), "account") + " NOT covered") +
                     "</h2><p>" + grouped(s.accounts_covered) + " of " + counted(s.accounts_participating, "account") +
                     " that take part (" + percent(s.accounts_covered, s.accounts_participating) + " %).";
  if (!full) html += " Nothing is known about the keys of the others: every number below leaves them out.";
  if (!s.accounts_skipped.empty()) {
    html += " <span class=\"soft\">Do not take part:";
    std::string_view separator = " ";
    for (const auto& [reason, count] : s.accounts_skipped) {
      html += std::string(separator) + grouped(count) + " (" + escape_html(reason) + ")";
      separator = ", ";
    }
    html += ".</span>";
  }
  html += "</p>";
  if (!s.uncovered.empty()) {
    FoldedTable table({"Account", "Name", "Cause", "What to do"}, 10);
    for (const Uncovered& account : s.uncovered) {
      table.add("<td class=\"id\">" + escape_html(account.account) + "</td><td class=\"name\">" +
                escape_html(account.name) + "</td><td class=\"wrap\">" + escape_html(account.reason) +
                "</td><td class=\"do\">" + escape_html(advice_for_account(account.reason)) + "</td>");
    }
    html += table.render(s.uncovered.size());
  }
  return html + "</section>\n";
}

std::string person_section(const RunFindings& f) {
  const std::size_t total = f.highlights.recovery.total() + f.highlights.needs_human.total() +
                            f.highlights.failed.total() + f.highlights.not_done.total();
  if (total == 0) {
    return "<section class=\"good\" aria-labelledby=\"person\"><h2 id=\"person\">Nothing needs a person</h2><p "
           "class=\"soft\">No failure, no conflict, no fact that could not be read.</p></section>\n";
  }
  const bool pressing = f.highlights.recovery.total() + f.highlights.failed.total() > 0;
  std::string html = "<section class=\"" + std::string(pressing ? "bad" : "warn") +
                     "\" aria-labelledby=\"person\"><h2 id=\"person\">" +
                     counted(static_cast<long long>(total), "matter") + (total == 1 ? " needs" : " need") +
                     " a person</h2>";
  FoldedTable table({"What", "Account", "User", "Key", "Why", "What to do"}, 6);
  const auto rows = [&table](const Section& section, std::string_view what, std::string_view css) {
    for (const Event& event : section.kept()) {
      if (table.full()) return;
      const std::string cause = event.event == "decision" ? phrase(event.reason)
                                : event.event == "action" ? result_word(event)
                                                          : event.event + " failed";
      const std::string& more = event.error.empty() ? event.detail : event.error;
      table.add(
          "<td><span class=\"badge " + std::string(css) + "\">" + std::string(what) +
          "</span></td><td class=\"name\">" +
          escape_html(event.account_name.empty() ? event.account : event.account_name) + "</td><td class=\"wrap\">" +
          escape_html(event.user.empty() ? event.recipient : event.user) + "</td><td class=\"id\">" +
          escape_html(event.access_key_id.empty() ? "" : last_four(event.access_key_id)) + "</td><td class=\"wrap\">" +
          escape_html(cause) + (more.empty() ? "" : "<br><span class=\"soft\">" + escape_html(more) + "</span>") +
          "</td><td class=\"do\">" + escape_html(advice(event)) +
          (event.todo.empty() ? "" : "<pre>" + escape_html(event.todo) + "</pre>") + "</td>");
    }
  };
  rows(f.highlights.recovery, "RECOVERY", "bad");
  rows(f.highlights.failed, "FAILED", "bad");
  rows(f.highlights.needs_human, "DECIDE", "warn");
  rows(f.highlights.not_done, "NOT DONE", "warn");
  return html + table.render(total) + "</section>\n";
}

}  // namespace keyward::report
