#include "report/html_attention.hpp"

#include <algorithm>

#include "report/gaps.hpp"
#include "report/html_parts.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {

namespace {

std::string unread_table(const UnreadUsers& unread) {
  FoldedTable table("Users that could not be read", {"Account", "Name", "Users", "Cause", "What to do"}, 10);
  for (const auto& [id, account] : unread.accounts()) {
    table.add("<td class=\"id\">" + escape_html(id) + "</td><td class=\"name\">" + escape_html(account.name) +
              "</td><td class=\"wrap\">" + grouped(static_cast<long long>(account.users.size())) + ": " +
              escape_html(names_of(account)) + "</td><td class=\"wrap\">" + escape_html(account.cause) +
              "</td><td class=\"do\">" + escape_html(account.remedy) + "</td>");
  }
  return "<h3>Users that could not be read</h3><p class=\"soft\">A user is left alone while a fact about it is "
         "unknown.</p>" +
         table.render(unread.accounts().size());
}

/// How long an account has not been covered: "this run", "2026-11-18", "2026-10-22 or longer".
std::string since(const RunFindings& f, const std::string& account) {
  const auto found = f.history.uncovered.find(account);
  if (found == f.history.uncovered.end()) return "-";
  if (found->second.started == f.summary.started) return "this run";
  return "<span class=\"whole\">" + base::format_date(found->second.started) + "</span>" + (found->second.or_longer ? " or longer" : "");
}

}  // namespace

std::string coverage_section(const RunFindings& f) {
  const RunSummary& s = f.summary;
  const bool every_account = s.uncovered.empty() && s.shards_missing.empty() && s.accounts_covered >= s.accounts_participating;
  UnreadUsers unread;
  for (const Event& event : f.highlights.unread.kept()) unread.add(event);
  const std::size_t users = std::max(unread.total(), static_cast<std::size_t>(s.users_unreadable));
  const bool full = every_account && users == 0;
  std::string title;
  if (!s.shards_missing.empty()) title = counted(static_cast<long long>(s.shards_missing.size()), "shard") + " MISSING";
  if (!s.uncovered.empty() || (!every_account && title.empty()))
    title += (title.empty() ? "" : ", ") + counted(static_cast<long long>(s.uncovered.size()), "account") + " NOT covered";
  if (users > 0) title += (title.empty() ? "" : ", ") + users_not_read(users);
  std::string html = "<section class=\"" + std::string(full ? "good" : "bad") +
                     "\" aria-labelledby=\"coverage\"><h2 id=\"coverage\">" +
                     (!full ? title : s.shard ? "Every account of this shard was covered" : "Every account was covered") +
                     "</h2><p>" + grouped(s.accounts_covered) + " of " + counted(s.accounts_participating, "account") +
                     " that take part (" + percent(s.accounts_covered, s.accounts_participating) + " %).";
  if (!every_account) html += " Nothing is known about the keys of the others: every number below leaves them out.";
  if (!s.shards_missing.empty()) html += " <strong>Missing: shards " + escape_html(missing_shards(s)) + ".</strong>";
  if (s.shard) html += " Shard " + escape_html(shard_words(s)) + "; the others are not in this shard.";
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
    FoldedTable table("Accounts that were not covered", {"Account", "Name", "Since", "Cause", "What to do"}, 10);
    for (const Uncovered& account : s.uncovered) {
      table.add("<td class=\"id\">" + escape_html(account.account) + "</td><td class=\"name\">" +
                escape_html(account.name) + "</td><td>" + since(f, account.account) + "</td><td class=\"wrap\">" +
                escape_html(account.reason) +
                "</td><td class=\"do\">" + escape_html(advice_for_account(account.reason)) + "</td>");
    }
    html += table.render(s.uncovered.size());
  }
  if (users > 0) html += unread_table(unread);
  return html + "</section>\n";
}

std::string person_section(const RunFindings& f) {
  const std::size_t total = f.highlights.recovery.total() + f.highlights.needs_human.total() +
                            f.highlights.failed.total() + f.highlights.not_done.total();
  if (total == 0) {
    const bool unread = f.highlights.unread.total() > 0;
    const bool gaps = unread || !f.summary.uncovered.empty() || !f.summary.shards_missing.empty();
    return "<section class=\"good\" aria-labelledby=\"person\"><h2 id=\"person\">Nothing " +
           std::string(gaps ? "else " : "") + "needs a person</h2><p class=\"soft\">No failure, no conflict" +
           (unread ? "" : ", no fact that could not be read") + ".</p></section>\n";
  }
  const bool pressing = f.highlights.recovery.total() + f.highlights.failed.total() > 0;
  std::string html = "<section class=\"" + std::string(pressing ? "bad" : "warn") +
                     "\" aria-labelledby=\"person\"><h2 id=\"person\">" +
                     counted(static_cast<long long>(total), "matter") + (total == 1 ? " needs" : " need") +
                     " a person</h2>";
  FoldedTable table("What needs a person", {"What", "Account", "User", "Key", "Why", "What to do"}, 6);
  const auto rows = [&table](const Section& section, std::string_view what, std::string_view css) {
    for (const Event& event : section.kept()) {
      if (table.full()) return;
      const std::string& more = event.error.empty() ? event.detail : event.error;
      table.add(
          "<td><span class=\"badge " + std::string(css) + "\">" + std::string(what) +
          "</span></td><td class=\"name\">" +
          escape_html(event.account_name.empty() ? event.account : event.account_name) + "</td><td class=\"wrap\">" +
          escape_html(event.user.empty() ? event.recipient : event.user) + "</td><td class=\"id\">" +
          escape_html(event.access_key_id.empty() ? "" : last_four(event.access_key_id)) + "</td><td class=\"wrap\">" +
          escape_html(matter(event)) + (more.empty() ? "" : "<br><span class=\"soft\">" + escape_html(more) + "</span>") +
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
