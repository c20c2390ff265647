#include "report/html_lists.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

/// Rows that stand in the page itself; the others are drawn by the script.
constexpr std::size_t k_rows_without_script = 50;

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

struct Dictionaries {
  std::map<std::string, Dictionary, std::less<>> by_name;
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

template <std::size_t N>
json::object table_json(const std::array<ColumnSpec, N>& columns, std::size_t pick, json::array rows) {
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

std::string account_table(const RunFindings& f, json::object& tables, Dictionaries& dictionaries) {
  // The accounts that need attention first: not covered, then by keys out of policy, then by age.
  std::vector<std::pair<std::string, const AccountRow*>> order;
  for (const auto& [id, row] : f.accounts) order.emplace_back(id, &row);
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
    rows.push_back(json::array{printable(id), printable(row->name),
                               dictionaries.by_name["coverage"].number_of(row->coverage),
                               count(static_cast<long long>(row->users.size())), count(row->keys), count(row->overdue),
                               count(row->inactive), row->oldest < 0 ? json::value(nullptr) : json::value(row->oldest),
                               count(row->changed), count(row->would_change)});
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

std::string key_table(const RunFindings& f, json::object& tables, Dictionaries& dictionaries) {
  std::vector<const KeyRow*> order;
  for (const KeyRow& key : f.keys) order.push_back(&key);
  std::ranges::sort(order, [](const KeyRow* a, const KeyRow* b) {
    const auto rank = [](const KeyRow& key) {
      return std::make_tuple(key.verdict != "OVERDUE", key.verdict != "unknown", !key.active, -key.age);
    };
    return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : a->order() < b->order();
  });
  json::array rows;
  std::vector<std::vector<std::string>> first;
  for (const KeyRow* key : order) {
    const std::string name = f.account_label(key->account);
    const std::string account = name == key->account ? name : name + " " + key->account;
    rows.push_back(json::array{dictionaries.by_name["account"].number_of(account), printable(key->user), key->last_four,
                               dictionaries.by_name["verdict"].number_of(key->verdict),
                               key->age < 0 ? json::value(nullptr) : json::value(key->age), key->last_used,
                               dictionaries.by_name["reason"].number_of(key->reason),
                               dictionaries.by_name["next"].number_of(key->next)});
    if (first.size() == k_rows_without_script) continue;
    first.push_back({account, key->user, key->last_four, key->verdict, key->age < 0 ? "" : std::to_string(key->age),
                     key->last_used, key->reason, key->next});
  }
  tables["keys"] = table_json(k_key_columns, 3, std::move(rows));
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

Lists lists_of(const RunFindings& f) {
  json::object tables;
  Dictionaries dictionaries;
  Lists lists;
  lists.sections = account_table(f, tables, dictionaries);
  lists.sections += key_table(f, tables, dictionaries);
  json::object dicts;
  for (const auto& [name, dictionary] : dictionaries.by_name) dicts[name] = dictionary.to_json();
  json::object data;
  data["dicts"] = std::move(dicts);
  data["tables"] = std::move(tables);
  lists.data = script_json(data);
  return lists;
}

}  // namespace keyward::report
