#include "report/html_lists.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
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
  std::string_view css;   ///< class of its cells
  std::string_view dict;  ///< cells are numbers of this dictionary
  std::string_view unit;  ///< written behind a number
  bool badges = false;
};

constexpr std::array<ColumnSpec, 10> k_account_columns{{{"Account", "id", "", "", false},
                                                        {"Name", "wrap", "", "", false},
                                                        {"Coverage", "nw", "coverage", "", true},
                                                        {"Users", "n", "", "", false},
                                                        {"Keys", "n", "", "", false},
                                                        {"Out of policy", "n", "", "", false},
                                                        {"Inactive", "n", "", "", false},
                                                        {"Oldest active", "n", "", " d", false},
                                                        {"Changed", "n", "", "", false},
                                                        {"Would change", "n", "", "", false}}};
constexpr std::array<ColumnSpec, 8> k_key_columns{{{"Account", "wrap", "account", "", false},
                                                   {"User", "wrap", "", "", false},
                                                   {"Key", "id", "", "", false},
                                                   {"Status", "nw", "verdict", "", true},
                                                   {"Age", "n nw", "", " d", false},
                                                   {"Last used", "n nw", "", "", false},
                                                   {"Why", "", "reason", "", false},
                                                   {"Next", "nw", "next", "", false}}};

/// The beginning of a table up to its rows.
template <std::size_t N>
std::string table_head(std::string_view name, const std::array<ColumnSpec, N>& columns, std::size_t pick) {
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
  return "\"" + std::string(name) + "\":{\"columns\":" + script_json(described) + ",\"pick\":" + std::to_string(pick) + ",\"rows\":[";
}

/// The frame of a paged table with its first rows.
template <std::size_t N>
std::string paged(std::string_view id, std::string_view caption, std::string_view pick,
                  const std::array<ColumnSpec, N>& columns, const std::vector<std::vector<std::string>>& first_rows,
                  std::size_t total) {
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
  html += "<div class=\"scroll\"><table id=\"" + name + "\"><caption>" + std::string(caption) + "</caption><thead><tr>";
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

std::string account_section(const std::vector<const AccountEntry*>& order) {
  std::vector<std::vector<std::string>> first;
  for (const AccountEntry* entry : order) {
    if (first.size() == k_rows_without_script) break;
    const AccountRow& row = entry->second;
    const bool known = row.coverage != k_not_covered;
    const auto text = [known](long long value) { return known ? std::to_string(value) : std::string(); };
    first.push_back({entry->first, row.name, row.coverage, text(row.users), text(row.keys), text(row.overdue), text(row.inactive),
                     row.oldest < 0 ? "" : std::to_string(row.oldest), text(row.changed), text(row.would_change)});
  }
  return "<section aria-labelledby=\"accounts-title\"><h2 id=\"accounts-title\">Accounts</h2>" +
         paged("accounts", "Accounts that take part; those that need attention first.", "Coverage", k_account_columns,
               first, order.size()) +
         "</section>\n";
}

std::string key_section(const RunFindings& f, const std::vector<const KeyRow*>& order) {
  const Texts& texts = f.texts;
  std::vector<std::vector<std::string>> first;
  for (const KeyRow* key : order) {
    if (first.size() == k_rows_without_script) break;
    first.push_back({account_label(f, texts[key->account]), key->user, key->last_four, texts[key->verdict],
                     key->age < 0 ? "" : std::to_string(key->age), texts[key->last_used], texts[key->reason], texts[key->next]});
  }
  std::string html = "<section aria-labelledby=\"keys-title\"><h2 id=\"keys-title\">All keys</h2>";
  if (f.keys_not_listed > 0) {
    html += "<p class=\"bad-ink\"><strong>" + grouped(static_cast<long long>(f.keys_not_listed)) +
            " more keys are counted above but not listed here; they are in events.jsonl.</strong></p>";
  }
  return html +
         paged("keys", "Keys out of policy first, then the oldest. Keys are named by their last four characters.",
               "Status", k_key_columns, first, order.size()) +
         "</section>\n";
}

}  // namespace

Lists::Lists(const RunFindings& findings) : f_(findings) {
  // The accounts that need attention first: not covered, then by keys out of policy, then by age.
  for (const AccountEntry& entry : f_.accounts) accounts_.push_back(&entry);
  std::ranges::sort(accounts_, [](const AccountEntry* a, const AccountEntry* b) {
    const auto rank = [](const AccountRow& row) { return std::make_tuple(row.coverage != k_not_covered, -row.overdue, -row.oldest); };
    return rank(a->second) != rank(b->second) ? rank(a->second) < rank(b->second) : a->first < b->first;
  });
  for (const KeyRow& key : f_.keys) keys_.push_back(&key);
  std::ranges::sort(keys_, [this](const KeyRow* a, const KeyRow* b) {
    const auto rank = [this](const KeyRow& key) {
      const std::string& verdict = f_.texts[key.verdict];
      return std::make_tuple(verdict != "OVERDUE", verdict != "unknown", !key.active, -key.age);
    };
    const auto order = [this](const KeyRow& key) { return std::tie(f_.texts[key.account], key.user, key.last_four); };
    return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : order(*a) < order(*b);
  });
}

std::string Lists::sections() const { return account_section(accounts_) + key_section(f_, keys_); }

void Lists::write_data(const PageSink& out) const {
  out("{\"tables\":{" + table_head("accounts", k_account_columns, 2));
  Texts coverage_texts;
  Dictionary coverage;
  Elements account_rows(out);
  for (const AccountEntry* entry : accounts_) {
    const auto& [id, row] = *entry;
    const bool known = row.coverage != k_not_covered;
    const auto count = [known](long long value) { return known ? json::value(value) : json::value(nullptr); };
    account_rows.add(script_json(json::array{printable(id), printable(row.name), coverage.number_of(coverage_texts.number_of(row.coverage)),
                                             count(row.users), count(row.keys), count(row.overdue), count(row.inactive),
                                             known_age(row.oldest), count(row.changed), count(row.would_change)}));
  }
  out("]}," + table_head("keys", k_key_columns, 3));
  Dictionary account, verdict, reason, next;
  Elements key_rows(out);
  for (const KeyRow* key : keys_) {
    key_rows.add(script_json(json::array{account.number_of(key->account), printable(key->user), key->last_four,
                                         verdict.number_of(key->verdict), known_age(key->age), f_.texts[key->last_used], reason.number_of(key->reason),
                                         next.number_of(key->next)}));
  }
  out("]}},\"dicts\":{");
  const auto text = [this](Texts::Number number) { return f_.texts[number]; };
  Elements dictionaries(out);
  write_dictionary(dictionaries, out, "account", account, [&](Texts::Number number) { return account_label(f_, f_.texts[number]); });
  write_dictionary(dictionaries, out, "coverage", coverage, [&](Texts::Number number) { return coverage_texts[number]; });
  write_dictionary(dictionaries, out, "next", next, text);
  write_dictionary(dictionaries, out, "reason", reason, text);
  write_dictionary(dictionaries, out, "verdict", verdict, text);
  out("}}");
}

}  // namespace keyward::report
