#include "report/html_charts.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

using std::chrono::days;

long long sum(const RunFindings& f, std::size_t part) {
  long long total = 0;
  for (const auto& [age, counts] : f.active_by_age) total += counts[part];
  return total;
}

}  // namespace

std::string posture_section(const RunFindings& f) {
  const long long inside = f.verdict("ok");
  const long long outside = f.verdict("out_of_policy");
  const std::string share = percent(inside, f.judged());
  std::string html = "<section aria-labelledby=\"posture\"><div class=\"hero\"><div><div class=\"figure " +
                     std::string(outside == 0 ? "good-ink" : "bad-ink") + "\">" +
                     (f.judged() == 0 ? "-" : share + "<small> %</small>") +
                     "</div><h2 id=\"posture\">of active keys are in policy</h2><div class=\"soft\">" +
                     grouped(outside) + " of " + counted(f.judged(), "key") + (outside == 1 ? " was" : " were") +
                     " older than allowed when this run looked</div></div><div>";
  const std::array<std::tuple<std::string_view, std::string_view, long long, bool>, 5> parts{
      {{"f-ok", "in policy", inside, false},
       {"f-bad", "out of policy", outside, true},
       {"f-soft", "exempt", f.verdict("exempt"), false},
       {"f-warn", "unknown", f.verdict("unknown"), false},
       {"f-mute", "inactive", f.verdict("inactive"), false}}};
  const long long all = f.all_keys();
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

std::string age_section(const RunFindings& f) {
  const PolicyDays& policy = f.summary.policy;
  if (f.active_by_age.empty()) return "";
  constexpr int k_bins = 17;  // the last holds everything older
  const int step = std::max(5, (policy.remove * 14 / 10 + k_bins - 2) / (k_bins - 1));
  const int rounded = (step + 4) / 5 * 5;
  std::array<std::array<long long, 3>, k_bins> bins{};
  for (const auto& [age, counts] : f.active_by_age) {
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
    rows += "<tr><th scope=\"row\">" + std::to_string(from) + (last ? " and older" : " to " + std::to_string(from + rounded - 1)) +
            "</th><td class=\"n\">" + grouped(bins[i][0]) + "</td><td class=\"n\">" + grouped(bins[i][1]) +
            "</td><td class=\"n\">" + grouped(bins[i][2]) + "</td></tr>\n";
  }
  const std::array<std::tuple<int, std::string_view, std::string_view>, 3> limits{
      {{policy.rotate, "rotate", "limit"},
       {policy.deactivate, "deactivate", "limit d2"},
       {policy.remove, "delete", "limit d3"}}};
  double height = 14;
  for (const auto& [day, name, css] : limits) {
    const double x = k_left + std::min(k_wide, slot * static_cast<double>(day) / rounded);
    svg += "<line class=\"" + std::string(css) + "\" x1=\"" + number(x) + "\" y1=\"" + number(height - 9) + "\" x2=\"" +
           number(x) + "\" y2=\"300\"/>" +
           label(x + 6, height + 2, std::to_string(day) + " d: " + std::string(name), "start", "strong");
    height += 19;
  }
  svg += "</svg>";
  return "<section aria-labelledby=\"ages\"><h2 id=\"ages\">Age of active keys</h2><p class=\"lede\">Days since the "
         "key was created; the lines are the policy's dates. A key right of the first line is either being handed "
         "over or late.</p>" +
         chart("Age of active keys, drawing", svg, ChartEnd::late) + "<ul class=\"legend\">" + legend_entry("f-ok", "in policy", sum(f, 0)) +
         legend_entry("f-bad", "out of policy", sum(f, 1), true) +
         legend_entry("f-soft", "exempt or unknown", sum(f, 2)) +
         "</ul><details><summary>The same as a table</summary>" +
         scroll("Age of active keys, table",
                "<table><caption>Active keys by age</caption><thead><tr><th scope=\"col\">Age in days</th><th scope=\"col\" "
                "class=\"n\">In policy</th><th scope=\"col\" class=\"n\">Out of policy</th><th scope=\"col\" class=\"n\">Exempt or "
                "unknown</th></tr></thead><tbody>\n" +
                    rows + "</tbody></table>") +
         "</details></section>\n";
}

}  // namespace keyward::report
