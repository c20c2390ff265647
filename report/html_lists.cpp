#include "report/html_lists.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

/// Rows that stand in the page itself; the others are drawn by the script.
constexpr std::size_t k_rows_without_script = 50;

constexpr std::string_view k_not_covered = "NOT COVERED";

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

/// Texts of the findings by the order in which the page first uses them, which does not depend on the order of events.
class Dictionary {
 public:
  std::size_t number_of(Texts::Number text) {
    if (text >= numbers_.size()) numbers_.resize(text + 1, 0);
    if (numbers_[text] == 0) {
      used_.push_back(text);
      numbers_[text] = used_.size();
    }
    return numbers_[text] - 1;
  }
  const std::vector<Texts::Number>& used() const noexcept { return used_; }

 private:
  std::vector<std::size_t> numbers_;  ///< one more than the number; 0: not used
  std::vector<Texts::Number> used_;
};

/// Writes the elements of an array or object, with commas between them.
class Elements {
 public:
  explicit Elements(const PageSink& out) : out_(out) {}
  void add(std::string_view text) {
    if (!std::exchange(first_, false)) out_(",");
    out_(text);
  }

 private:
  const PageSink& out_;
  bool first_ = true;
};

/// One column of a table that the script pages.
struct ColumnSpec {
  std::string_view title;
  std::string_view css{};     ///< class of its cells
  std::string_view dict{};    ///< cells are numbers of this dictionary
  std::string_view unit{};    ///< written behind a number
  std::string_view before{};  ///< written before a text
  bool badges = false;
  bool ages = false;  ///< texts like "12 d" and "never", sorted by time
};

constexpr std::array<ColumnSpec, 10> k_account_columns{{{.title = "Account", .css = "id"},
                                                        {.title = "Name", .css = "wrap"},
                                                        {.title = "Coverage", .css = "nw", .dict = "coverage", .badges = true},
                                                        {.title = "Users", .css = "n"},
                                                        {.title = "Keys", .css = "n"},
                                                        {.title = "Out of policy", .css = "n"},
                                                        {.title = "Inactive", .css = "n"},
                                                        {.title = "Oldest active", .css = "n nw", .unit = " d"},
                                                        {.title = "Changed", .css = "n"},
                                                        {.title = "Would change", .css = "n"}}};
constexpr std::array<ColumnSpec, 8> k_key_columns{{{.title = "Account", .css = "wrap", .dict = "account"},
                                                   {.title = "User", .css = "wrap"},
                                                   {.title = "Key", .css = "id", .before = "\xE2\x80\xA6"},
                                                   {.title = "Status", .css = "nw", .dict = "verdict", .badges = true},
                                                   {.title = "Age", .css = "n nw", .unit = " d"},
                                                   {.title = "Last used", .css = "n nw", .dict = "used", .ages = true},
                                                   {.title = "Why", .css = "why", .dict = "reason"},
                                                   {.title = "Next", .css = "next", .dict = "next"}}};

/// Which columns the choices of a table look at.
struct Choices {
  std::size_t pick;                  ///< one of its texts
  std::optional<std::size_t> where;  ///< a part of its text
};

/// The beginning of a table up to its rows.
template <std::size_t N>
std::string table_head(std::string_view name, const std::array<ColumnSpec, N>& columns, Choices choices) {
  json::array described;
  for (const ColumnSpec& column : columns) {
    json::object one;
    if (!column.css.empty()) one["css"] = column.css;
    if (!column.dict.empty()) one["dict"] = column.dict;
    if (!column.unit.empty()) one["unit"] = column.unit;
    if (!column.before.empty()) one["before"] = column.before;
    if (column.ages) one["ages"] = true;
    if (column.badges) {
      json::object badges;
      for (const std::string_view word : {"OVERDUE", "NOT COVERED", "unknown", "ok", "covered", k_covered_dry_run})
        badges[word] = badge_class(word);
      one["badges"] = std::move(badges);
    }
    described.push_back(std::move(one));
  }
  return "\"" + std::string(name) + "\":{\"columns\":" + script_json(described) + ",\"pick\":" + std::to_string(choices.pick) +
         (choices.where ? ",\"where\":" + std::to_string(*choices.where) : "") + ",\"rows\":[";
}

/// The frame of a paged table with its first rows.
struct Frame {
  std::string_view id;
  std::string_view caption;
  std::string_view pick;   ///< name of the choice of one text
  std::string_view where;  ///< name of the choice of a part; empty: none
};

template <std::size_t N>
std::string paged(const Frame& frame, const std::array<ColumnSpec, N>& columns, const std::vector<std::vector<std::string>>& first_rows,
                  std::size_t total) {
  const std::string name(frame.id);
  std::string html = "<div class=\"tools\" id=\"" + name + "-tools\" role=\"search\" aria-label=\"" + name +
                     "\" hidden><label>Find <input id=\"" + name + "-filter\" type=\"search\" autocomplete=\"off\"></label>";
  if (!frame.where.empty()) {
    html += "<label>" + std::string(frame.where) + " <input class=\"short\" id=\"" + name +
            "-where\" type=\"search\" autocomplete=\"off\" placeholder=\"name or id\"></label>";
  }
  html += "<label>" + std::string(frame.pick) + " <select id=\"" + name +
          "-pick\"><option value=\"\">all</option></select></label><button class=\"plain\" id=\"" + name +
          "-csv\" type=\"button\">Save as CSV</button><span class=\"soft\" id=\"" + name +
          "-count\" role=\"status\" aria-live=\"polite\"></span></div>\n";
  if (total > first_rows.size()) {
    html += "<noscript><p class=\"soft\">The first " + grouped(static_cast<long long>(first_rows.size())) + " of " +
            grouped(static_cast<long long>(total)) +
            " rows. All of them need JavaScript, or see events.jsonl.</p></noscript>";
  }
  std::vector<std::string> titles;
  titles.reserve(columns.size());
  for (const ColumnSpec& column : columns) titles.emplace_back(column.title);
  std::string table = "<table class=\"stack sorts\" id=\"" + name + "\"><caption>" + std::string(frame.caption) + "</caption><thead><tr>";
  for (const ColumnSpec& column : columns) {
    const bool number = column.css == "n" || column.css.starts_with("n ");
    table += "<th scope=\"col\"" + std::string(number ? " class=\"n\"" : "") + ">" + std::string(column.title) + "</th>";
  }
  table += "</tr></thead><tbody>\n";
  for (const auto& row : first_rows) {
    std::string cells;
    for (std::size_t i = 0; i < N; ++i) {
      const ColumnSpec& column = columns[i];
      const std::string text = row[i].empty() ? "" : std::string(column.before) + row[i] + std::string(column.unit);
      cells += "<td" + (column.css.empty() ? std::string() : " class=\"" + std::string(column.css) + "\"") + ">" +
               (column.badges ? badge(text) : escape_html(text)) + "</td>";
    }
    table += "<tr>" + titled(titles, cells) + "</tr>\n";
  }
  return html + scroll(std::string(frame.id) + ", table", table + "</tbody></table>") + "<button class=\"plain more\" id=\"" + name +
         "-more\" type=\"button\" hidden>Show 100 more</button>";
}

template <class Text>
void write_dictionary(Elements& dictionaries, const PageSink& out, std::string_view name, const Dictionary& dictionary, Text text) {
  dictionaries.add("\"" + std::string(name) + "\":[");
  Elements texts(out);
  for (const Texts::Number number : dictionary.used()) texts.add(script_json(json::string(printable(text(number)))));
  out("]");
}

/// "prod-payments 111122223333".
std::string account_label(const RunFindings& f, const std::string& account) {
  const std::string name = f.account_label(account);
  return name == account ? name : name + " " + account;
}

json::value known_age(int days) { return days < 0 ? json::value(nullptr) : json::value(days); }

std::string account_json(const AccountEntry& entry, std::size_t coverage) {
  const auto& [id, row] = entry;
  const bool known = row.coverage != k_not_covered;
  const auto count = [known](long long value) { return known ? json::value(value) : json::value(nullptr); };
  return script_json(json::array{printable(id), printable(row.name), coverage, count(row.users), count(row.keys), count(row.overdue),
                                 count(row.inactive), known_age(row.oldest), count(row.changed), count(row.would_change)});
}

/// Dictionaries of the rows of keys.
struct KeyDictionaries {
  Dictionary account, verdict, used, reason, next;

  std::string row(const KeyRow& key) {
    return script_json(json::array{account.number_of(key.account), printable(key.user), printable(key.last_four.str()), verdict.number_of(key.verdict),
                                   known_age(key.age), used.number_of(key.last_used), reason.number_of(key.reason), next.number_of(key.next)});
  }
};

/// "123 more keys are counted above but not listed".
std::string cut_notice(std::size_t count, std::string_view what) {
  if (count == 0) return "";
  return "<p class=\"bad-ink\" role=\"note\"><strong>" + counted(static_cast<long long>(count), std::string("more ") + std::string(what)) +
         (count == 1 ? " is" : " are") + " counted above but not listed here: a page that holds them all would be too large to open. " +
         "events.jsonl has all of them.</strong></p>";
}

std::string account_section(const std::vector<const AccountEntry*>& order, std::size_t left_out) {
  std::vector<std::vector<std::string>> first;
  for (const AccountEntry* entry : order) {
    if (first.size() == k_rows_without_script) break;
    const AccountRow& row = entry->second;
    const bool known = row.coverage != k_not_covered;
    const auto text = [known](long long value) { return known ? std::to_string(value) : std::string(); };
    first.push_back({entry->first, row.name, row.coverage, text(row.users), text(row.keys), text(row.overdue), text(row.inactive),
                     row.oldest < 0 ? "" : std::to_string(row.oldest), text(row.changed), text(row.would_change)});
  }
  return "<section aria-labelledby=\"accounts-title\"><h2 id=\"accounts-title\">Accounts</h2>" + cut_notice(left_out, "account") +
         paged({"accounts", "Accounts that take part; those that need attention first.", "Coverage", ""}, k_account_columns, first, order.size()) +
         "</section>\n";
}

std::string key_section(const RunFindings& f, const std::vector<const KeyRow*>& order, std::size_t left_out) {
  const Texts& texts = f.texts;
  std::vector<std::vector<std::string>> first;
  for (const KeyRow* key : order) {
    if (first.size() == k_rows_without_script) break;
    first.push_back({account_label(f, texts[key->account]), key->user, std::string(key->last_four.str()), texts[key->verdict],
                     key->age < 0 ? "" : std::to_string(key->age), texts[key->last_used], texts[key->reason], texts[key->next]});
  }
  return "<section aria-labelledby=\"keys-title\"><h2 id=\"keys-title\">All keys</h2>" + cut_notice(left_out, "key") +
         paged({"keys", "Keys out of policy first, then the oldest. Keys are named by their last four characters. \xE2\x80\x9C-\xE2\x80\x9D: last use not asked, nothing is due.", "Status", "Account"},
               k_key_columns, first, order.size()) +
         "</section>\n";
}

/// Counts the bytes of dictionary entries that a row brings into the page.
template <class Text>
std::size_t new_entries(const Dictionary& dictionary, std::size_t before, Text text) {
  std::size_t bytes = 0;
  for (std::size_t i = before; i < dictionary.used().size(); ++i) bytes += script_json(json::string(printable(text(dictionary.used()[i])))).size() + 1;
  return bytes;
}

}  // namespace

Lists::Lists(const RunFindings& findings, std::size_t bytes) : f_(findings) {
  // The accounts that need attention first: not covered, then by keys out of policy, then by age.
  for (const AccountEntry& entry : f_.accounts) accounts_.push_back(&entry);
  std::ranges::sort(accounts_, [](const AccountEntry* a, const AccountEntry* b) {
    const auto rank = [](const AccountRow& row) { return std::make_tuple(row.coverage != k_not_covered, -row.overdue, -row.oldest); };
    return rank(a->second) != rank(b->second) ? rank(a->second) < rank(b->second) : a->first < b->first;
  });
  keys_.reserve(f_.keys.size());
  for (const KeyRow& key : f_.keys) keys_.push_back(&key);
  std::ranges::sort(keys_, [this](const KeyRow* a, const KeyRow* b) {
    const auto rank = [this](const KeyRow& key) {
      const std::string& verdict = f_.texts[key.verdict];
      return std::make_tuple(verdict != "OVERDUE", verdict != "unknown", !key.active, -key.age);
    };
    const auto order = [this](const KeyRow& key) { return std::tuple(std::string_view(f_.texts[key.account]), std::string_view(key.user), key.last_four.str()); };
    return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : order(*a) < order(*b);
  });
  keep_within(bytes);
}

void Lists::keep_within(std::size_t bytes) {
  // Of the accounts that need no attention the last may go; their keys are what the room is for.
  std::size_t used = 0;
  std::size_t kept = 0;
  while (kept < accounts_.size()) {
    used += account_json(*accounts_[kept], 0).size() + 1;
    if (used > bytes / 2) break;
    ++kept;
  }
  accounts_left_out_ = accounts_.size() - kept;
  accounts_.resize(kept);
  kept = 0;
  KeyDictionaries dictionaries;
  const auto text = [this](Texts::Number number) { return f_.texts[number]; };
  while (kept < keys_.size()) {
    const std::size_t accounts = dictionaries.account.used().size(), used_texts = dictionaries.used.used().size(),
                      reasons = dictionaries.reason.used().size(), next = dictionaries.next.used().size();
    used += dictionaries.row(*keys_[kept]).size() + 1;
    used += new_entries(dictionaries.account, accounts, [this](Texts::Number number) { return account_label(f_, f_.texts[number]); });
    used += new_entries(dictionaries.used, used_texts, text) + new_entries(dictionaries.reason, reasons, text);
    used += new_entries(dictionaries.next, next, text);
    if (used > bytes) break;
    ++kept;
  }
  keys_left_out_ = keys_.size() - kept;
  keys_.resize(kept);
}

std::string Lists::sections() const {
  return account_section(accounts_, accounts_left_out_) + key_section(f_, keys_, keys_left_out_ + f_.keys_not_listed);
}

void Lists::write_data(const PageSink& out) const {
  out("{\"run\":" + script_json(json::string(printable(f_.summary.run))) + ",\"tables\":{" + table_head("accounts", k_account_columns, {2, {}}));
  Texts coverage_texts;
  Dictionary coverage;
  Elements account_rows(out);
  for (const AccountEntry* entry : accounts_)
    account_rows.add(account_json(*entry, coverage.number_of(coverage_texts.number_of(entry->second.coverage))));
  out("]}," + table_head("keys", k_key_columns, {3, 0}));
  KeyDictionaries keys;
  Elements key_rows(out);
  for (const KeyRow* key : keys_) key_rows.add(keys.row(*key));
  out("]}},\"dicts\":{");
  const auto text = [this](Texts::Number number) { return f_.texts[number]; };
  Elements dictionaries(out);
  write_dictionary(dictionaries, out, "account", keys.account, [&](Texts::Number number) { return account_label(f_, f_.texts[number]); });
  write_dictionary(dictionaries, out, "coverage", coverage, [&](Texts::Number number) { return coverage_texts[number]; });
  write_dictionary(dictionaries, out, "next", keys.next, text);
  write_dictionary(dictionaries, out, "reason", keys.reason, text);
  write_dictionary(dictionaries, out, "used", keys.used, text);
  write_dictionary(dictionaries, out, "verdict", keys.verdict, text);
  out("}}");
}

}  // namespace keyward::report
