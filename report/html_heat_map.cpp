#include "report/html_heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

using Ages = std::array<long long, k_age_steps>;

/// Rows that are drawn; the rest is added up in rows that say of how many.
constexpr std::size_t k_most_accounts = 60;
constexpr std::size_t k_most_units = 60;
/// Depths of colour, from none to the most.
constexpr int k_depths = 5;

struct Line {
  const std::string* id;
  const AccountRow* account;
};

struct Unit {
  Ages sum{};
  std::size_t accounts = 0;
  std::vector<Line> shown;
  Ages folded{};
  std::size_t folded_accounts = 0;
};

void add(Ages& sum, const Ages& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

/// Cells of one row. A cell's depth is the logarithm of its count: one key over the limit is seen beside a thousand.
std::string cells(const Ages& ages, long long most) {
  std::string html;
  for (const long long count : ages) {
    const double share = count == 0 ? 0 : std::log1p(static_cast<double>(count)) / std::log1p(static_cast<double>(most));
    const int depth = count == 0 ? 0 : std::clamp(static_cast<int>(std::ceil(share * k_depths)), 1, k_depths);
    html += "<td class=\"h h" + std::to_string(depth) + "\">" + (count == 0 ? "0" : grouped(count)) + "</td>";
  }
  return html;
}

/// "ou-ab12-11111111" of "r-ab12/ou-ab12-11111111".
std::string last_part(const std::string& path) { return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1); }

std::string unit_label(const std::string& path) {
  if (path.empty()) return "Organizational unit not known";
  if (path.find('/') == std::string::npos) return "Root <span class=\"id\">" + escape_html(path) + "</span>";
  const std::string above = path.substr(0, path.rfind('/'));
  return "<span class=\"id\">" + escape_html(last_part(path)) + "</span> <span class=\"soft\">below " + escape_html(above) + "</span>";
}

std::string folded_row(std::string_view what, std::size_t count, const Ages& ages, long long most) {
  return "<tr><th scope=\"row\" class=\"soft\">" + counted(static_cast<long long>(count), what) + " more</th>" + cells(ages, most) + "</tr>\n";
}

}  // namespace

std::string heat_map_section(const RunFindings& f) {
  std::vector<Line> order;
  long long most = 1;
  for (const auto& [id, account] : f.accounts) {
    if (account.active > 0) order.push_back({&id, &account});
    most = std::max(most, *std::ranges::max_element(account.by_age));
  }
  std::string html = "<section aria-labelledby=\"heat\"><h2 id=\"heat\">Where the old keys are</h2>";
  if (order.empty()) return html + "<p class=\"soft\">No account with an active key was seen.</p></section>\n";
  // Those with the most keys over the limit are drawn, whatever their unit.
  std::ranges::sort(order, [](const Line& a, const Line& b) {
    const auto rank = [](const Line& line) { return std::make_tuple(-line.account->overdue, -line.account->oldest, *line.id); };
    return rank(a) < rank(b);
  });
  std::map<std::string, Unit> units;
  for (std::size_t i = 0; i < order.size(); ++i) {
    Unit& unit = units[order[i].account->unit];
    add(unit.sum, order[i].account->by_age);
    ++unit.accounts;
    if (i < k_most_accounts) {
      unit.shown.push_back(order[i]);
      continue;
    }
    add(unit.folded, order[i].account->by_age);
    ++unit.folded_accounts;
  }
  for (const auto& [path, unit] : units) most = std::max(most, *std::ranges::max_element(unit.sum));
  std::vector<std::map<std::string, Unit>::const_iterator> by_age;
  for (auto unit = units.cbegin(); unit != units.cend(); ++unit) by_age.push_back(unit);
  if (by_age.size() > k_most_units) {
    // The oldest keys decide which units are drawn.
    std::ranges::sort(by_age, [](auto one, auto other) {
      const Ages &a = one->second.sum, &b = other->second.sum;
      if (a != b) return std::lexicographical_compare(b.rbegin(), b.rend(), a.rbegin(), a.rend());
      return one->first < other->first;
    });
  }
  const auto steps = age_steps(f.summary.policy);
  html += "<p class=\"lede\">Active keys by organizational unit, account and age in days; the stronger the colour, the more. The policy "
          "acts at " +
          std::to_string(f.summary.policy.rotate) + ", " + std::to_string(f.summary.policy.deactivate) + " and " +
                     std::to_string(f.summary.policy.remove) + " days.</p>";
  std::string table = "<table class=\"heat\"><caption class=\"vh\">Active keys by organizational unit, account and age</caption><thead><tr><th "
                      "scope=\"col\">Unit and account</th><th scope=\"col\" class=\"c\">0\xE2\x80\x93" +
                      std::to_string(steps[0] - 1) + "</th>";
  for (std::size_t i = 0; i + 1 < steps.size(); ++i)
    table += "<th scope=\"col\" class=\"c\">" + std::to_string(steps[i]) + "\xE2\x80\x93" + std::to_string(steps[i + 1] - 1) + "</th>";
  table += "<th scope=\"col\" class=\"c\">" + std::to_string(steps.back()) + "+</th></tr></thead>\n";
  Unit rest;
  std::size_t rest_units = 0;
  for (std::size_t i = 0; i < by_age.size(); ++i) {
    const auto& [path, unit] = *by_age[i];
    if (i >= k_most_units) {
      add(rest.sum, unit.sum);
      ++rest_units;
      continue;
    }
    table += "<tbody><tr class=\"unit\"><th scope=\"rowgroup\">" + unit_label(path) + "<span class=\"soft\"> \xC2\xB7 " +
             counted(static_cast<long long>(unit.accounts), "account") + "</span></th>" + cells(unit.sum, most) + "</tr>\n";
    for (const Line& line : unit.shown) {
      table += "<tr><th scope=\"row\">" + escape_html(line.account->name.empty() ? *line.id : line.account->name) +
               (line.account->name.empty() ? "" : " <span class=\"soft id\">" + *line.id + "</span>") + "</th>" +
               cells(line.account->by_age, most) + "</tr>\n";
    }
    if (unit.folded_accounts > 0) table += folded_row("account", unit.folded_accounts, unit.folded, most);
    table += "</tbody>\n";
  }
  if (rest_units > 0) table += "<tbody>" + folded_row("organizational unit", rest_units, rest.sum, most) + "</tbody>\n";
  html += scroll("Active keys by unit and age", table + "</table>");
  if (order.size() > k_most_accounts) {
    html += "<p class=\"soft\">The " + std::to_string(k_most_accounts) +
            " accounts with the most keys out of policy stand by themselves; the table of accounts has all of them.</p>";
  }
  return html + "</section>\n";
}

}  // namespace keyward::report
