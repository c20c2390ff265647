#include "report/html_exemptions.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

/// One asks for a renewal a month ahead.
constexpr int k_soon_days = 30;

std::string state_badge(const ExemptionRecord& exemption, const std::string& today, const std::string& soon) {
  if (exemption.until.empty()) return "<span class=\"badge warn\">no end</span>";
  if (exemption.until < today) return "<span class=\"badge bad\">EXPIRED</span>";
  if (exemption.until < soon) return "<span class=\"badge warn\">ends soon</span>";
  return "<span class=\"badge good\">in force</span>";
}

}  // namespace

std::string exemption_section(const RunFindings& f) {
  const std::string today = base::format_date(f.summary.finished);
  const std::string soon = base::format_date(f.summary.finished + std::chrono::days(k_soon_days));
  std::string html = "<section aria-labelledby=\"exemptions\"><h2 id=\"exemptions\">Exemptions</h2><p class=\"soft\">" +
                     counted(f.verdict("exempt"), "active key") + " of exempt users " + (f.verdict("exempt") == 1 ? "is" : "are") +
                     " left alone, by the configuration or by a group. Status \xE2\x80\x9C" "exempt\xE2\x80\x9D in the table of all keys names them.</p>";
  if (f.summary.exemptions.empty()) return html + "<p class=\"soft\">The configuration exempts nobody by name.</p></section>\n";
  std::vector<const ExemptionRecord*> order;
  order.reserve(f.summary.exemptions.size());
  for (const ExemptionRecord& exemption : f.summary.exemptions) order.push_back(&exemption);
  // Without an end it comes last: no date speaks of it.
  std::ranges::sort(order, [](const ExemptionRecord* a, const ExemptionRecord* b) {
    const auto rank = [](const ExemptionRecord& e) { return std::make_tuple(e.until.empty(), e.until, e.account, e.user); };
    return rank(*a) < rank(*b);
  });
  FoldedTable table("Exempt by the configuration", {"State", "Until", "Account", "User", "Why", "Who answers for it"}, 20);
  for (const ExemptionRecord* exemption : order) {
    const std::string name = f.account_label(exemption->account);
    table.add("<td>" + state_badge(*exemption, today, soon) + "</td><td class=\"nw\">" +
              (exemption->until.empty() ? "-" : escape_html(exemption->until)) + "</td><td class=\"name\">" + escape_html(name) +
              (name == exemption->account ? "" : " <span class=\"soft id\">" + escape_html(exemption->account) + "</span>") +
              "</td><td class=\"wrap\">" + escape_html(exemption->user) + "</td><td class=\"wrap\">" +
              escape_html(exemption->reason) + "</td><td class=\"wrap\">" + escape_html(exemption->owner) + "</td>");
  }
  return html + table.render(order.size()) + "</section>\n";
}

}  // namespace keyward::report
