#include "report/html_report.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "report/event_log.hpp"
#include "base/files.hpp"
#include "report/highlights.hpp"
#include "report/html_page.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

using std::chrono::days;
namespace json = boost::json;

/// Rows that stand in the page itself; the others are drawn by the script.
constexpr std::size_t k_rows_without_script = 50;
/// Most rows of a table that the script does not page.
constexpr std::size_t k_plain_rows = 300;
constexpr int k_days_ahead = 30;

std::string number(double value, int decimals = 1) {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return buffer.data();
}

/// "98.4": rounded down, because 99.97 % is not all.
std::string percent(long long part, long long whole) {
  if (whole == 0 || part >= whole) return "100";
  return number(std::floor(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10.0);
}

std::string csp_hash(std::string_view content) {
  const base::Sha256 hash = base::sha256(content);
  return "'sha256-" + base::base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()}) + "'";
}

/// A covered account in which nothing could be changed.
constexpr const char* k_covered_dry_run = "covered, dry run";

/// JSON that may stand inside a script element: nothing in it can end the element or begin a comment.
std::string script_json(const json::value& value) {
  std::string escaped;
  for (const char c : json::serialize(value)) {
    switch (c) {
      case '<': escaped += "\\u003c"; break;
      case '>': escaped += "\\u003e"; break;
      case '&': escaped += "\\u0026"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

struct KeyRow {
  std::string account, user, last_four, verdict, reason, last_used, next;
  int age = -1;  ///< days; -1: unknown
  bool active = false;

  auto order() const { return std::tie(account, user, last_four); }
};

struct AccountRow {
  std::string name, coverage;
  std::set<std::string> users;
  long long keys = 0, active = 0, overdue = 0, inactive = 0;
  long long changed = 0, would_change = 0;
  int oldest = -1;  ///< days, of the active keys
};

struct ComingDay {
  long long rotate = 0, deactivate = 0, remove = 0;
  std::vector<std::string> who;  ///< the first few
  long long total() const { return rotate + deactivate + remove; }
};

/// Strings by number, so that an account's name is not repeated in every row.
class Dictionary {
 public:
  std::size_t number_of(const std::string& text) {
    const auto [found, added] = numbers_.try_emplace(text, texts_.size());
    if (added) texts_.push_back(printable(text));
    return found->second;
  }
  json::array to_json() const {
    json::array array;
    for (const std::string& text : texts_) array.emplace_back(text);
    return array;
  }

 private:
  std::map<std::string, std::size_t> numbers_;
  std::vector<std::string> texts_;
};

/// One column of a table that the script pages.
struct ColumnSpec {
  std::string_view title;
  std::string_view css;   ///< class of its cells
  std::string_view dict;  ///< cells are numbers of this dictionary
  std::string_view unit;  ///< written behind a number
  bool badges = false;
};

std::string_view badge_class(std::string_view word) {
  if (word == "OVERDUE" || word == "NOT COVERED") return "bad";
  if (word == "unknown" || word.starts_with("would ") || word == "due soon") return "warn";
  if (word == "ok" || word == "covered") return "good";
  return "";
}

std::string badge(std::string_view word) {
  return "<span class=\"badge " + std::string(badge_class(word)) + "\">" + escape_html(word) + "</span>";
}

std::string legend_entry(std::string_view css, std::string_view label, long long count, bool hatched = false) {
  std::string entry = "<li><svg viewBox=\"0 0 13 13\" aria-hidden=\"true\"><rect class=\"" + std::string(css) +
                      "\" width=\"13\" height=\"13\" rx=\"3\"/>";
  if (hatched) entry += "<rect width=\"13\" height=\"13\" rx=\"3\" fill=\"url(#hatch)\"/>";
  return entry + "</svg>" + std::string(label) + " <b>" + grouped(count) + "</b></li>";
}

std::string rectangle(std::string_view css, double x, double y, double width, double height, bool hatched) {
  const std::string place = "x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
                            "\" height=\"" + number(height) + "\"";
  std::string drawn = "<rect class=\"" + std::string(css) + "\" " + place + "/>";
  if (hatched) drawn += "<rect " + place + " fill=\"url(#hatch)\"/>";
  return drawn;
}

std::string label(double x, double y, std::string_view text, std::string_view anchor = "middle",
                  std::string_view css = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\"" +
         (css.empty() ? "" : " class=\"" + std::string(css) + "\"") + ">" + escape_html(text) + "</text>";
}

/// A table whose first rows are open and whose others unfold, so that a bad day does not bury the rest of the page.
/// Counts what it takes; beyond k_plain_rows it says how many rows it leaves out.
class FoldedTable {
 public:
  /// `open` rows stand open.
  FoldedTable(std::initializer_list<std::string_view> titles, std::size_t open) : open_(open) {
    for (const std::string_view title : titles) head_ += "<th scope=\"col\">" + std::string(title) + "</th>";
  }
  void add(std::string row) {
    if (rows_.size() < k_plain_rows) rows_.push_back(std::move(row));
  }
  bool full() const noexcept { return rows_.size() == k_plain_rows; }

  /// `total` is the number of rows there are, added or not.
  std::string render(std::size_t total) const {
    // A single row is not worth unfolding.
    const std::size_t open = rows_.size() <= open_ + 1 ? rows_.size() : open_;
    std::string html = part(0, open);
    if (open < rows_.size()) {
      html += "<details><summary>" + grouped(static_cast<long long>(rows_.size() - open)) + " more</summary>" +
              part(open, rows_.size()) + "</details>";
    }
    if (total > rows_.size()) {
      html += "<p class=\"soft\">" + grouped(static_cast<long long>(total - rows_.size())) +
              " more are in events.jsonl beside this file.</p>";
    }
    return html;
  }

 private:
  std::string part(std::size_t from, std::size_t to) const {
    std::string html = "<div class=\"scroll\"><table><thead><tr>" + head_ + "</tr></thead><tbody>\n";
    for (std::size_t i = from; i < to; ++i) html += "<tr>" + rows_[i] + "</tr>\n";
    return html + "</tbody></table></div>";
  }

  std::size_t open_;
  std::string head_;
  std::vector<std::string> rows_;
};

}  // namespace

struct HtmlReport::Collected {
  RunSummary summary;
  Highlights highlights;
  std::map<std::string, AccountRow> accounts;
  std::vector<KeyRow> keys;
  std::map<std::string, std::size_t> keys_with_change;  ///< access key id -> row, for keys whose decision is a change
  std::size_t keys_not_listed = 0;
  std::map<std::string, long long> verdicts;
  std::map<int, std::array<long long, 3>> active_by_age;  ///< days -> in policy, out of policy, exempt or unknown
  std::map<base::Instant, ComingDay> coming;              ///< midnight -> what is due on that day

  explicit Collected(RunSummary run) : summary(std::move(run)) {
    for (const Uncovered& account : summary.uncovered) {
      AccountRow& row = accounts[account.account];
      row.name = account.name;
      row.coverage = "NOT COVERED";
    }
  }

  // ---- collecting

  void add(const Event& event) {
    highlights.add(event);
    if (event.event == "account") add_account(event);
    if (event.event == "action") add_action(event);
    if (event.event == "decision" || event.event == "key") add_key(event);
    if (event.next_at) add_coming(event);
  }

  AccountRow& account_of(const Event& event) {
    AccountRow& row = accounts[event.account];
    if (row.name.empty()) row.name = event.account_name;
    return row;
  }

  void add_account(const Event& event) {
    if (event.outcome == "skipped") return;
    AccountRow& row = account_of(event);
    if (!row.coverage.empty()) return;
    row.coverage = event.outcome == "failed" ? "NOT COVERED" : event.dry_run ? k_covered_dry_run : event.outcome;
  }

  void add_action(const Event& event) {
    const bool change = event.action == "rotate" || event.action == "deactivate" || event.action == "delete";
    if (!change || (event.outcome != "done" && event.outcome != "dry_run")) return;
    ++(event.outcome == "done" ? account_of(event).changed : account_of(event).would_change);
    const auto row = keys_with_change.find(event.access_key_id);
    if (row == keys_with_change.end() || event.outcome != "done") return;
    keys[row->second].next = result_word(event);
    if (event.next_at) keys[row->second].next += ", " + base::format_date(*event.next_at) + ' ' + event.next;
  }

  void add_key(const Event& event) {
    AccountRow& account = account_of(event);
    if (account.coverage.empty()) account.coverage = event.dry_run ? k_covered_dry_run : "covered";
    if (!event.user.empty()) account.users.insert(event.user);
    if (event.access_key_id.empty() || event.verdict.empty()) return;
    const bool active = event.key_status == "active";
    const bool overdue = event.verdict == "out_of_policy";
    ++account.keys;
    account.active += active ? 1 : 0;
    account.inactive += event.key_status == "inactive" ? 1 : 0;
    account.overdue += overdue ? 1 : 0;
    ++verdicts[event.verdict];
    if (active && event.age_days) {
      account.oldest = std::max(account.oldest, *event.age_days);
      ++active_by_age[std::max(0, *event.age_days)][overdue ? 1 : event.verdict == "ok" ? 0 : 2];
    }
    if (keys.size() >= k_most_keys) {
      ++keys_not_listed;
      return;
    }
    if (event.next == event.action) keys_with_change.emplace(event.access_key_id, keys.size());
    keys.push_back({event.account, event.user, last_four(event.access_key_id), verdict_word(event.verdict),
                    event.event == "key" ? "" : why(event), last_used(event), next_step(event, summary.finished),
                    event.age_days.value_or(-1), active});
  }

  void add_coming(const Event& event) {
    const base::Instant at = *event.next_at;
    if (at <= summary.finished || at > summary.finished + days(k_days_ahead)) return;
    ComingDay& day = coming[std::chrono::floor<days>(at)];
    if (event.next == "rotate") ++day.rotate;
    if (event.next == "deactivate") ++day.deactivate;
    if (event.next == "delete") ++day.remove;
    if (day.who.size() < 3)
      day.who.push_back(event.user + " (" + (event.account_name.empty() ? event.account : event.account_name) + ")");
  }

  // ---- numbers

  long long verdict(const std::string& name) const {
    const auto found = verdicts.find(name);
    return found == verdicts.end() ? 0 : found->second;
  }
  long long all_keys() const {
    long long sum = 0;
    for (const auto& [name, count] : verdicts) sum += count;
    return sum;
  }
  /// Keys that the policy judges: active, not exempt, known.
  long long judged() const { return verdict("ok") + verdict("out_of_policy"); }
  long long active_keys() const {
    long long sum = 0;
    for (const auto& [age, counts] : active_by_age) sum += counts[0] + counts[1] + counts[2];
    return sum;
  }
  /// The age that `share` of the active keys do not exceed; -1 without keys.
  int age_quantile(double share) const {
    const auto wanted = static_cast<long long>(std::ceil(share * static_cast<double>(active_keys())));
    long long seen = 0;
    for (const auto& [age, counts] : active_by_age) {
      seen += counts[0] + counts[1] + counts[2];
      if (seen >= std::max<long long>(wanted, 1)) return age;
    }
    return -1;
  }
  std::string account_label(const std::string& account) const {
    const auto found = accounts.find(account);
    return found == accounts.end() || found->second.name.empty() ? account : found->second.name;
  }

  // ---- sections, in the order in which they are asked for

  std::string head() const {
    const RunSummary& s = summary;
    const Extent extent = extent_of(s);
    const std::string_view mode = extent == Extent::dry_run ? "DRY RUN" : extent == Extent::mixed ? "PARTLY DRY RUN" : "ENFORCED";
    std::string html =
        "<header class=\"top\"><div><h1>Access keys of " +
        escape_html(s.organization.empty() ? "the organization" : s.organization) +
        "</h1><div class=\"soft\">keyward " + escape_html(s.command) + ", " + minute(s.started) + ", took " +
        duration(s.started, s.finished) + "</div></div><div class=\"right\"><span class=\"badge mode " +
        std::string(extent == Extent::enforced ? "good" : "warn") + "\">" + std::string(mode) +
        "</span><button class=\"plain\" id=\"theme\" type=\"button\" hidden>Light / dark</button></div></header>\n";
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

  std::string coverage() const {
    const RunSummary& s = summary;
    const bool full = s.uncovered.empty() && s.accounts_covered >= s.accounts_participating;
    std::string html = "<section class=\"" + std::string(full ? "good" : "bad") +
                       "\" aria-labelledby=\"coverage\"><h2 id=\"coverage\">" +
                       (full ? "Every account was covered"
                             : counted(static_cast<long long>(s.uncovered.size()), "account") + " NOT covered") +
                       "</h2><p>" + grouped(s.accounts_covered) + " of " +
                       counted(s.accounts_participating, "account") + " that take part (" +
                       percent(s.accounts_covered, s.accounts_participating) + " %).";
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

  std::string person() const {
    const std::size_t total = highlights.recovery.total() + highlights.needs_human.total() + highlights.failed.total() +
                              highlights.not_done.total();
    if (total == 0) {
      return "<section class=\"good\" aria-labelledby=\"person\"><h2 id=\"person\">Nothing needs a person</h2><p "
             "class=\"soft\">No failure, no conflict, no fact that could not be read.</p></section>\n";
    }
    const bool pressing = highlights.recovery.total() + highlights.failed.total() > 0;
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
        table.add("<td><span class=\"badge " + std::string(css) + "\">" + std::string(what) +
                  "</span></td><td class=\"name\">" +
                  escape_html(event.account_name.empty() ? event.account : event.account_name) +
                  "</td><td class=\"wrap\">" + escape_html(event.user.empty() ? event.recipient : event.user) +
                  "</td><td class=\"id\">" +
                  escape_html(event.access_key_id.empty() ? "" : last_four(event.access_key_id)) +
                  "</td><td class=\"wrap\">" + escape_html(cause) +
                  (more.empty() ? "" : "<br><span class=\"soft\">" + escape_html(more) + "</span>") +
                  "</td><td class=\"do\">" + escape_html(advice(event)) +
                  (event.todo.empty() ? "" : "<pre>" + escape_html(event.todo) + "</pre>") + "</td>");
      }
    };
    rows(highlights.recovery, "RECOVERY", "bad");
    rows(highlights.failed, "FAILED", "bad");
    rows(highlights.needs_human, "DECIDE", "warn");
    rows(highlights.not_done, "NOT DONE", "warn");
    return html + table.render(total) + "</section>\n";
  }

  /// The sentence for a slide: how many of the keys that the policy judges are inside it.
  std::string posture() const {
    const long long inside = verdict("ok");
    const long long outside = verdict("out_of_policy");
    const std::string share = percent(inside, judged());
    std::string html = "<section aria-labelledby=\"posture\"><div class=\"hero\"><div><div class=\"figure " +
                       std::string(outside == 0 ? "good-ink" : "bad-ink") + "\">" +
                       (judged() == 0 ? "-" : share + "<small> %</small>") +
                       "</div><h2 id=\"posture\">of active keys are in policy</h2><div class=\"soft\">" +
                       grouped(outside) + " of " + counted(judged(), "key") + (outside == 1 ? " was" : " were") +
                       " older than allowed when this run looked</div></div><div>";
    const std::array<std::tuple<std::string_view, std::string_view, long long, bool>, 5> parts{
        {{"f-ok", "in policy", inside, false},
         {"f-bad", "out of policy", outside, true},
         {"f-soft", "exempt", verdict("exempt"), false},
         {"f-warn", "unknown", verdict("unknown"), false},
         {"f-mute", "inactive", verdict("inactive"), false}}};
    const long long all = all_keys();
    html +=
        "<svg viewBox=\"0 0 720 34\" role=\"img\" aria-label=\"Keys by state\"><defs><pattern id=\"hatch\" width=\"7\" "
        "height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" "
        "y1=\"0\" x2=\"0\" y2=\"7\"/></pattern></defs>";
    double x = 0;
    std::string legend;
    for (const auto& [css, name, count, hatched] : parts) {
      if (count > 0) {
        // A part that is there is seen, however small.
        const double width = std::max(3.0, 720.0 * static_cast<double>(count) / static_cast<double>(all));
        html += rectangle(css, x, 0, std::max(1.0, width - 2), 34, hatched);
        x += width;
      }
      legend += legend_entry(css, name, count, hatched);
    }
    return html + "</svg><ul class=\"legend\">" + legend + "</ul></div></div></section>\n";
  }

  std::string tile(std::string_view name, const std::string& value, const std::string& note,
                   std::string_view css = "") const {
    return "<div class=\"tile\"><span class=\"name\">" + std::string(name) + "</span><b class=\"" + std::string(css) +
           "\">" + value + "</b><span>" + note + "</span></div>\n";
  }

  std::string tiles() const {
    const RunSummary& s = summary;
    const Extent extent = extent_of(s);
    const int oldest = active_by_age.empty() ? -1 : active_by_age.rbegin()->first;
    const auto total = [](const Section& section) { return grouped(static_cast<long long>(section.total())); };
    const auto changes = [&](std::string_view done, std::string_view would, const Section& made, const Section& told, int day) {
      const std::string at = "at " + std::to_string(day) + " days, ";
      if (extent == Extent::dry_run) return tile("Would " + std::string(would), total(told), at + "in a real run");
      const std::string more = "; would " + std::string(would) + " " + total(told) + " more, in dry run";
      return tile(done, total(made), at + "in this run" + (told.total() > 0 ? more : ""));
    };
    std::string html = "<div class=\"tiles\">\n";
    html +=
        tile("Keys", grouped(all_keys()), counted(s.users, "user") + " in " + counted(s.accounts_covered, "account"));
    html += tile("Oldest active key", oldest < 0 ? "-" : grouped(oldest) + " d",
                 oldest < 0 ? "no active key"
                            : "median " + std::to_string(age_quantile(0.5)) + " d, 95 % under " +
                                  std::to_string(age_quantile(0.95) + 1) + " d",
                 oldest >= s.policy.remove ? "bad-ink" : "");
    html += changes("Rotated", "rotate", highlights.rotated, highlights.would_rotate, s.policy.rotate);
    html += changes("Deactivated", "deactivate", highlights.deactivated, highlights.would_deactivate, s.policy.deactivate);
    html += changes("Deleted", "delete", highlights.deleted, highlights.would_delete, s.policy.remove);
    html +=
        tile("Notices sent", grouped(s.notices_sent),
             s.notices_failed == 0 ? counted(static_cast<long long>(highlights.warned.total() + highlights.due_soon.total()), "key") + " with a date near"
                                   : "<span class=\"bad-ink\">" + grouped(s.notices_failed) + " not delivered</span>");
    return html + "</div>\n";
  }

  /// Age of the active keys in steps of days, with the policy's dates as lines.
  std::string histogram() const {
    const PolicyDays& policy = summary.policy;
    if (active_by_age.empty()) return "";
    constexpr int k_bins = 17;  // the last holds everything older
    const int step = std::max(5, (policy.remove * 14 / 10 + k_bins - 2) / (k_bins - 1));
    const int rounded = (step + 4) / 5 * 5;
    std::array<std::array<long long, 3>, k_bins> bins{};
    for (const auto& [age, counts] : active_by_age) {
      auto& bin = bins[static_cast<std::size_t>(std::min(k_bins - 1, age / rounded))];
      for (std::size_t i = 0; i < 3; ++i) bin[i] += counts[i];
    }
    long long highest = 1;
    for (const auto& bin : bins) highest = std::max(highest, bin[0] + bin[1] + bin[2]);
    constexpr double k_left = 10, k_wide = 1080, k_base = 300, k_top = 80;
    const double slot = k_wide / k_bins;
    std::string svg =
        "<svg viewBox=\"0 0 1100 336\" role=\"img\" aria-labelledby=\"histogram-title histogram-text\"><title "
        "id=\"histogram-title\">Age of active keys</title><desc id=\"histogram-text\">Number of active keys in steps "
        "of " +
        std::to_string(rounded) + " days; the numbers stand in the table below.</desc>";
    svg += "<line class=\"axis\" x1=\"10\" y1=\"300\" x2=\"1090\" y2=\"300\"/>";
    std::string rows;
    for (std::size_t i = 0; i < k_bins; ++i) {
      const double x = k_left + slot * static_cast<double>(i);
      double y = k_base;
      constexpr std::array<std::string_view, 3> k_css{"f-ok", "f-bad", "f-soft"};
      const long long total = bins[i][0] + bins[i][1] + bins[i][2];
      for (std::size_t part = 0; part < 3; ++part) {
        if (bins[i][part] == 0) continue;
        const double height =
            std::max(2.0, (k_base - k_top) * static_cast<double>(bins[i][part]) / static_cast<double>(highest));
        y -= height;
        svg += rectangle(k_css[part], x + 3, y, slot - 6, height, part == 1);
      }
      if (total > 0) svg += label(x + slot / 2, y - 6, grouped(total), "middle", "strong");
      const int from = static_cast<int>(i) * rounded;
      const bool last = i + 1 == k_bins;
      svg += label(last ? x + slot / 2 : x, k_base + 19, std::to_string(from) + (last ? "+" : ""));
      rows += "<tr><td>" + std::to_string(from) + (last ? " and older" : " to " + std::to_string(from + rounded - 1)) +
              "</td><td class=\"n\">" + grouped(bins[i][0]) + "</td><td class=\"n\">" + grouped(bins[i][1]) +
              "</td><td class=\"n\">" + grouped(bins[i][2]) + "</td></tr>\n";
    }
    const std::array<std::tuple<int, std::string_view, std::string_view>, 3> limits{
        {{policy.rotate, "rotate", "limit"},
         {policy.deactivate, "deactivate", "limit d2"},
         {policy.remove, "delete", "limit d3"}}};
    double height = 14;
    for (const auto& [day, name, css] : limits) {
      const double x = k_left + std::min(k_wide, slot * static_cast<double>(day) / rounded);
      svg += "<line class=\"" + std::string(css) + "\" x1=\"" + number(x) + "\" y1=\"" + number(height - 9) +
             "\" x2=\"" + number(x) + "\" y2=\"300\"/>" +
             label(x + 6, height + 2, std::to_string(day) + " d: " + std::string(name), "start", "strong");
      height += 19;
    }
    svg += "</svg>";
    return "<section aria-labelledby=\"ages\"><h2 id=\"ages\">Age of active keys</h2><p class=\"lede\">Days since the "
           "key was created; the lines are the policy's dates. A key right of the first line is either being handed "
           "over or late.</p>" +
           svg + "<ul class=\"legend\">" + legend_entry("f-ok", "in policy", sum(0)) +
           legend_entry("f-bad", "out of policy", sum(1), true) + legend_entry("f-soft", "exempt or unknown", sum(2)) +
           "</ul><details><summary>The same as a table</summary><table><thead><tr><th scope=\"col\">Age in "
           "days</th><th scope=\"col\" class=\"n\">In policy</th><th scope=\"col\" class=\"n\">Out of policy</th><th "
           "scope=\"col\" class=\"n\">Exempt or unknown</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></details></section>\n";
  }
  long long sum(std::size_t part) const {
    long long total = 0;
    for (const auto& [age, counts] : active_by_age) total += counts[part];
    return total;
  }

  /// What was done and what would have been never stand in one table.
  std::string actions() const {
    const Highlights& h = highlights;
    const Extent extent = extent_of(summary);
    std::string html;
    if (extent != Extent::dry_run)
      html += action_table("actions", "What this run did", {&h.rotated, &h.deactivated, &h.deleted, &h.warned});
    if (extent != Extent::enforced) {
      const std::string where = extent == Extent::mixed ? " in the accounts in dry run" : "";
      html += action_table("would", "What a run would do" + where, {&h.would_rotate, &h.would_deactivate, &h.would_delete, &h.due_soon});
    }
    return html;
  }

  std::string action_table(const std::string& id, const std::string& title, const std::array<const Section*, 4>& sections) const {
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

  /// One bar a day for the days ahead, and the same as a table.
  std::string ahead() const {
    std::string html =
        "<section aria-labelledby=\"ahead\"><h2 id=\"ahead\">The next " + std::to_string(k_days_ahead) + " days</h2>";
    if (coming.empty()) return html + "<p class=\"soft\">No key has a date in this time.</p></section>\n";
    if (extent_of(summary) != Extent::enforced)
      html += "<p class=\"lede\">Also the dates in accounts in dry run, where nothing will happen on them.</p>";
    long long highest = 1;
    ComingDay all;
    for (const auto& [midnight, day] : coming) {
      highest = std::max(highest, day.total());
      all.rotate += day.rotate;
      all.deactivate += day.deactivate;
      all.remove += day.remove;
    }
    html +=
        "<svg viewBox=\"0 0 1100 170\" role=\"img\" aria-label=\"Dates of the next days; the numbers stand in the "
        "table below\"><line class=\"axis\" x1=\"10\" y1=\"140\" x2=\"1090\" y2=\"140\"/>";
    const base::Instant first = std::chrono::floor<days>(summary.finished);
    const double slot = 1080.0 / (k_days_ahead + 1);
    std::string rows;
    for (int i = 0; i <= k_days_ahead; ++i) {
      const base::Instant midnight = first + days(i);
      const double x = 10 + slot * i;
      const std::string date = base::format_date(midnight);
      if (i % 5 == 0) html += label(x + slot / 2, 160, date.substr(5));
      const auto found = coming.find(midnight);
      if (found == coming.end()) continue;
      const ComingDay& day = found->second;
      double y = 140;
      const auto part = [&](long long count, std::string_view css, bool hatched) {
        if (count == 0) return;
        const double height = std::max(3.0, 112.0 * static_cast<double>(count) / static_cast<double>(highest));
        y -= height;
        html += rectangle(css, x + 2, y, slot - 4, height, hatched);
      };
      part(day.rotate, "f-ok", false);
      part(day.deactivate, "f-warn", false);
      part(day.remove, "f-bad", true);
      html += label(x + slot / 2, y - 5, grouped(day.total()), "middle", "strong");
      std::string who;
      for (const std::string& one : day.who) who += (who.empty() ? "" : ", ") + one;
      const long long others = day.total() - static_cast<long long>(day.who.size());
      if (others > 0) who += " and " + grouped(others) + " more";
      rows += "<tr><td class=\"nw\">" + date + "</td><td class=\"n\">" + grouped(day.rotate) + "</td><td class=\"n\">" +
              grouped(day.deactivate) + "</td><td class=\"n\">" + grouped(day.remove) + "</td><td class=\"wrap\">" +
              escape_html(who) + "</td></tr>\n";
    }
    return html + "</svg><ul class=\"legend\">" + legend_entry("f-ok", "rotate", all.rotate) +
           legend_entry("f-warn", "deactivate", all.deactivate) + legend_entry("f-bad", "delete", all.remove, true) +
           "</ul><details><summary>The same as a table, with names</summary><div "
           "class=\"scroll\"><table><thead><tr><th scope=\"col\">Date</th><th scope=\"col\" class=\"n\">Rotate</th><th "
           "scope=\"col\" class=\"n\">Deactivate</th><th scope=\"col\" class=\"n\">Delete</th><th "
           "scope=\"col\">Who</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div></details></section>\n";
  }

  // ---- tables that the script pages

  static constexpr std::array<ColumnSpec, 10> k_account_columns{{{"Account", "id", "", "", false},
                                                                {"Name", "wrap", "", "", false},
                                                                {"Coverage", "nw", "coverage", "", true},
                                                                {"Users", "n", "", "", false},
                                                                {"Keys", "n", "", "", false},
                                                                {"Out of policy", "n", "", "", false},
                                                                {"Inactive", "n", "", "", false},
                                                                {"Oldest active", "n", "", " d", false},
                                                                {"Changed", "n", "", "", false},
                                                                 {"Would change", "n", "", "", false}}};
  static constexpr std::array<ColumnSpec, 8> k_key_columns{{{"Account", "wrap", "account", "", false},
                                                            {"User", "wrap", "", "", false},
                                                            {"Key", "id", "", "", false},
                                                            {"Status", "nw", "verdict", "", true},
                                                            {"Age", "n nw", "", " d", false},
                                                            {"Last used", "n nw", "", "", false},
                                                            {"Why", "", "reason", "", false},
                                                            {"Next", "nw", "next", "", false}}};

  struct Dictionaries {
    std::map<std::string, Dictionary, std::less<>> by_name;
  };

  template <std::size_t N>
  static json::object table_json(const std::array<ColumnSpec, N>& columns, std::size_t pick, json::array rows) {
    json::array described;
    for (const ColumnSpec& column : columns) {
      json::object one;
      if (!column.css.empty()) one["css"] = column.css;
      if (!column.dict.empty()) one["dict"] = column.dict;
      if (!column.unit.empty()) one["unit"] = column.unit;
      if (column.badges) {
        json::object badges;
        for (const std::string_view word : {"OVERDUE", "NOT COVERED", "unknown", "ok", "covered", k_covered_dry_run})
          badges[word] = badge_class(word);
        one["badges"] = std::move(badges);
      }
      described.push_back(std::move(one));
    }
    json::object table;
    table["columns"] = std::move(described);
    table["pick"] = pick;
    table["rows"] = std::move(rows);
    return table;
  }

  /// The frame of a paged table with its first rows.
  template <std::size_t N>
  static std::string paged(std::string_view id, std::string_view caption, std::string_view pick,
                           const std::array<ColumnSpec, N>& columns,
                           const std::vector<std::vector<std::string>>& first_rows, std::size_t total) {
    const std::string name(id);
    std::string html = "<div class=\"tools\" id=\"" + name + "-tools\" hidden><label>Find <input id=\"" + name +
                       "-filter\" type=\"search\" autocomplete=\"off\"></label><label>" + std::string(pick) +
                       " <select id=\"" + name +
                       "-pick\"><option value=\"\">all</option></select></label><span class=\"soft\" id=\"" + name +
                       "-count\" role=\"status\" aria-live=\"polite\"></span></div>\n";
    if (total > first_rows.size()) {
      html += "<noscript><p class=\"soft\">The first " + grouped(static_cast<long long>(first_rows.size())) + " of " +
              grouped(static_cast<long long>(total)) +
              " rows. All of them need JavaScript, or see events.jsonl.</p></noscript>";
    }
    html +=
        "<div class=\"scroll\"><table id=\"" + name + "\"><caption>" + std::string(caption) + "</caption><thead><tr>";
    for (const ColumnSpec& column : columns) {
      html +=
          "<th scope=\"col\"" +
          (column.css.starts_with("n") && !column.css.starts_with("nw") ? std::string(" class=\"n\"") : std::string()) +
          ">" + std::string(column.title) + "</th>";
    }
    html += "</tr></thead><tbody>\n";
    for (const auto& row : first_rows) {
      html += "<tr>";
      for (std::size_t i = 0; i < N; ++i) {
        html += "<td" + (columns[i].css.empty() ? std::string() : " class=\"" + std::string(columns[i].css) + "\"") +
                ">" +
                (columns[i].badges ? badge(row[i])
                 : row[i].empty()  ? ""
                                   : escape_html(row[i]) + std::string(columns[i].unit)) +
                "</td>";
      }
      html += "</tr>\n";
    }
    return html + "</tbody></table></div><button class=\"plain more\" id=\"" + name +
           "-more\" type=\"button\" hidden>Show 100 more</button>";
  }

  std::string account_table(json::object& tables, Dictionaries& dictionaries) const {
    // The accounts that need attention first: not covered, then by keys out of policy, then by age.
    std::vector<std::pair<std::string, const AccountRow*>> order;
    for (const auto& [id, row] : accounts) order.emplace_back(id, &row);
    std::ranges::sort(order, [](const auto& a, const auto& b) {
      const auto rank = [](const AccountRow& row) {
        return std::make_tuple(row.coverage != "NOT COVERED", -row.overdue, -row.oldest);
      };
      return rank(*a.second) != rank(*b.second) ? rank(*a.second) < rank(*b.second) : a.first < b.first;
    });
    json::array rows;
    std::vector<std::vector<std::string>> first;
    for (const auto& [id, row] : order) {
      const bool known = row->coverage != "NOT COVERED";
      const auto count = [known](long long value) { return known ? json::value(value) : json::value(nullptr); };
      rows.push_back(json::array{
          printable(id), printable(row->name), dictionaries.by_name["coverage"].number_of(row->coverage),
          count(static_cast<long long>(row->users.size())), count(row->keys), count(row->overdue), count(row->inactive),
          row->oldest < 0 ? json::value(nullptr) : json::value(row->oldest), count(row->changed), count(row->would_change)});
      if (first.size() == k_rows_without_script) continue;
      const auto text = [known](long long value) { return known ? std::to_string(value) : std::string(); };
      first.push_back({id, row->name, row->coverage, text(static_cast<long long>(row->users.size())), text(row->keys),
                       text(row->overdue), text(row->inactive), row->oldest < 0 ? "" : std::to_string(row->oldest),
                       text(row->changed), text(row->would_change)});
    }
    tables["accounts"] = table_json(k_account_columns, 2, std::move(rows));
    return "<section aria-labelledby=\"accounts-title\"><h2 id=\"accounts-title\">Accounts</h2>" +
           paged("accounts", "Accounts that take part; those that need attention first.", "Coverage", k_account_columns,
                 first, order.size()) +
           "</section>\n";
  }

  std::string key_table(json::object& tables, Dictionaries& dictionaries) const {
    std::vector<const KeyRow*> order;
    for (const KeyRow& key : keys) order.push_back(&key);
    std::ranges::sort(order, [](const KeyRow* a, const KeyRow* b) {
      const auto rank = [](const KeyRow& key) {
        return std::make_tuple(key.verdict != "OVERDUE", key.verdict != "unknown", !key.active, -key.age);
      };
      return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : a->order() < b->order();
    });
    json::array rows;
    std::vector<std::vector<std::string>> first;
    for (const KeyRow* key : order) {
      const std::string name = account_label(key->account);
      const std::string account = name == key->account ? name : name + " " + key->account;
      rows.push_back(json::array{dictionaries.by_name["account"].number_of(account), printable(key->user),
                                 key->last_four, dictionaries.by_name["verdict"].number_of(key->verdict),
                                 key->age < 0 ? json::value(nullptr) : json::value(key->age), key->last_used,
                                 dictionaries.by_name["reason"].number_of(key->reason),
                                 dictionaries.by_name["next"].number_of(key->next)});
      if (first.size() == k_rows_without_script) continue;
      first.push_back({account, key->user, key->last_four, key->verdict, key->age < 0 ? "" : std::to_string(key->age),
                       key->last_used, key->reason, key->next});
    }
    tables["keys"] = table_json(k_key_columns, 3, std::move(rows));
    std::string html = "<section aria-labelledby=\"keys-title\"><h2 id=\"keys-title\">All keys</h2>";
    if (keys_not_listed > 0) {
      html += "<p class=\"bad-ink\"><strong>" + grouped(static_cast<long long>(keys_not_listed)) +
              " more keys are counted above but not listed here; they are in events.jsonl.</strong></p>";
    }
    return html +
           paged("keys", "Keys out of policy first, then the oldest. Keys are named by their last four characters.",
                 "Status", k_key_columns, first, order.size()) +
           "</section>\n";
  }

  std::string facts() const {
    const RunSummary& s = summary;
    std::string html = "<section aria-labelledby=\"facts\"><h2 id=\"facts\">About this run</h2><dl class=\"facts\">";
    const auto fact = [&html](std::string_view name, const std::string& value) {
      html += "<dt>" + std::string(name) + "</dt><dd>" + escape_html(value) + "</dd>";
    };
    fact("Run", s.run);
    fact("Version", s.version);
    fact("Mode", extent_of(s) == Extent::dry_run ? "dry run, read-only sessions"
                 : extent_of(s) == Extent::mixed
                     ? accounts_in_dry_run(s) + " in dry run, with read-only sessions; the others enforced"
                     : "enforced");
    fact("Started", base::format_iso8601(s.started));
    fact("Finished", base::format_iso8601(s.finished));
    fact("Exit code", std::to_string(s.exit_code) + ", " + std::string(exit_code_words(s.exit_code)));
    fact("Policy", "rotate at " + std::to_string(s.policy.rotate) + " days, deactivate at " +
                       std::to_string(s.policy.deactivate) + ", delete at " + std::to_string(s.policy.remove) +
                       " (accounts may differ)");
    fact("Clock", s.clock_offset_seconds == 0 ? "this host agreed with AWS"
                                              : "AWS's clock was " + std::to_string(s.clock_offset_seconds) +
                                                    " s ahead of this host; AWS's was used");
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
      html +=
          "<details><summary>API calls by action</summary><table><thead><tr><th scope=\"col\">Action</th><th "
          "scope=\"col\" class=\"n\">Requests</th></tr></thead><tbody>\n";
      for (const auto& [action, count] : s.api_calls)
        html += "<tr><td class=\"id\">" + escape_html(action) + "</td><td class=\"n\">" +
                grouped(static_cast<long long>(count)) + "</td></tr>\n";
      html += "</tbody></table></details>";
    }
    return html +
           "</section>\n<footer>Times are UTC. The page holds no secret and no secret's name; run.json and "
           "events.jsonl beside it have every detail.</footer>\n";
  }

  std::string render() const {
    json::object tables;
    Dictionaries dictionaries;
    const std::string account_section = account_table(tables, dictionaries);
    const std::string key_section = key_table(tables, dictionaries);
    json::object dicts;
    for (const auto& [name, dictionary] : dictionaries.by_name) dicts[name] = dictionary.to_json();
    json::object data;
    data["dicts"] = std::move(dicts);
    data["tables"] = std::move(tables);

    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src " +
        csp_hash(k_page_style) + "; script-src " + csp_hash(k_page_script) +
        "; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" "
        "content=\"noindex\">\n<title>keyward " +
        escape_html(summary.run) + "</title>\n<style>" + std::string(k_page_style) +
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<div class=\"page\">\n";
    html += head();
    html += "<main id=\"main\">\n";
    html += coverage();
    html += person();
    html += posture();
    html += tiles();
    html += histogram();
    html += actions();
    html += ahead();
    html += account_section;
    html += key_section;
    html += facts();
    html += "</main>\n</div>\n<script type=\"application/json\" id=\"data\">" + script_json(data) +
            "</script>\n<script>" + std::string(k_page_script) + "</script>\n</body>\n</html>\n";
    return html;
  }
};

HtmlReport::HtmlReport(RunSummary summary) : collected_(std::make_unique<Collected>(std::move(summary))) {}
HtmlReport::~HtmlReport() = default;
HtmlReport::HtmlReport(HtmlReport&&) noexcept = default;
HtmlReport& HtmlReport::operator=(HtmlReport&&) noexcept = default;

void HtmlReport::add(const Event& event) { collected_->add(event); }
std::string HtmlReport::render() const { return collected_->render(); }

base::Result<std::string> render_report(const std::filesystem::path& run_folder) {
  base::Result<RunSummary> summary = read_summary(run_folder / "run.json");
  if (!summary) return summary.error();
  HtmlReport report(std::move(*summary));
  const base::Result<EventsRead> read =
      read_events(run_folder / "events.jsonl", [&report](const Event& event) { report.add(event); });
  if (!read) return read.error();
  return report.render();
}

base::Result<void> write_report(const std::filesystem::path& run_folder) {
  const base::Result<std::string> html = render_report(run_folder);
  if (!html) return html.error();
  return base::write_atomically(run_folder / "report.html", *html);
}

}  // namespace keyward::report
