#include "report/html_timeline.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "report/html_parts.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

using std::chrono::days;

/// What happened or will happen on one day.
struct Day {
  base::Instant midnight;
  std::array<long long, 3> counts{};  ///< rotate, deactivate, delete
  std::string who;
  long long total() const { return counts[0] + counts[1] + counts[2]; }
};

struct Strip {
  std::string_view id;
  std::string title;
  std::string description;
  std::array<std::string_view, 3> words;
  bool names;     ///< the table has a column for them
  ChartEnd end;  ///< where a phone begins to look
};

std::string strip(const Strip& strip, const std::vector<Day>& shown) {
  constexpr std::array<std::string_view, 3> k_css{"f-ok", "f-warn", "f-bad"};
  constexpr double k_base = 150, k_high = 118;
  long long highest = 1;
  std::array<long long, 3> all{};
  for (const Day& day : shown) {
    highest = std::max(highest, day.total());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += day.counts[i];
  }
  const std::string id(strip.id);
  std::string svg = "<svg viewBox=\"0 0 1100 180\" role=\"img\" aria-labelledby=\"" + id + "-title " + id + "-text\"><title id=\"" + id +
                    "-title\">" + escape_html(strip.title) + "</title><desc id=\"" + id + "-text\">" + escape_html(strip.description) +
                    " The numbers stand in the table below.</desc><line class=\"axis\" x1=\"10\" y1=\"150\" x2=\"1090\" y2=\"150\"/>";
  const double slot = 1080.0 / static_cast<double>(shown.size());
  std::string rows;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const Day& day = shown[i];
    const double x = 10 + slot * static_cast<double>(i);
    const std::string date = base::format_date(day.midnight);
    if (i % 5 == 0) svg += label(x + slot / 2, k_base + 21, date.substr(5));
    if (day.total() == 0) continue;
    double y = k_base;
    for (std::size_t part = 0; part < day.counts.size(); ++part) {
      if (day.counts[part] == 0) continue;
      const double height = std::max(3.0, k_high * static_cast<double>(day.counts[part]) / static_cast<double>(highest));
      y -= height;
      svg += rectangle(k_css[part], x + 3, y, slot - 6, height, part == 2);
    }
    svg += label(x + slot / 2, y - 5, grouped(day.total()), "middle", "strong");
    rows += "<tr><th scope=\"row\">" + date + "</th>";
    for (const long long count : day.counts) rows += "<td class=\"n\">" + grouped(count) + "</td>";
    if (strip.names) rows += "<td class=\"wrap\">" + escape_html(day.who) + "</td>";
    rows += "</tr>\n";
  }
  std::string legend, head;
  for (std::size_t i = 0; i < all.size(); ++i) {
    legend += legend_entry(k_css[i], strip.words[i], all[i], i == 2);
    head += "<th scope=\"col\" class=\"n\">" + std::string(strip.words[i]) + "</th>";
  }
  return "<h3>" + escape_html(strip.title) + "</h3>" + chart(strip.title, svg + "</svg>", strip.end) + "<ul class=\"legend\">" + legend +
         "</ul><details><summary>The same as a table" + (strip.names ? ", with names" : "") + "</summary>" +
         scroll(strip.title + ", table", "<table><caption>" + escape_html(strip.description) + "</caption><thead><tr><th scope=\"col\">Date</th>" +
                                             head + (strip.names ? "<th scope=\"col\">Who</th>" : "") + "</tr></thead><tbody>\n" + rows +
                                             "</tbody></table>") +
         "</details>";
}

std::string back(const RunFindings& f) {
  const base::Instant today = std::chrono::floor<days>(f.summary.started);
  std::vector<Day> shown;
  long long any = 0;
  for (int i = -k_days_back; i <= 0; ++i) {
    Day& day = shown.emplace_back();
    day.midnight = today + days(i);
    const auto found = f.history.days.find(day.midnight);
    if (found == f.history.days.end()) continue;
    day.counts = {found->second.rotated, found->second.deactivated, found->second.deleted};
    any += day.total();
  }
  const std::string title = "The last " + std::to_string(k_days_back) + " days";
  std::string html;
  if (any == 0) {
    html = "<h3>" + title + "</h3><p class=\"soft\">Nothing was changed in this time, as far as records are kept here.</p>";
  } else {
    html = strip({"back", title, "What runs changed, this one included.", {"rotated", "deactivated", "deleted"}, false, ChartEnd::late}, shown);
  }
  if (f.history.not_read > 0) {
    html += "<p class=\"warn-ink\"><strong>" + counted(static_cast<long long>(f.history.not_read), "record") +
            " of earlier runs could not be read or were too many, and are not counted here.</strong></p>";
  }
  return html;
}

std::string ahead(const RunFindings& f) {
  const std::string title = "The next " + std::to_string(k_days_ahead) + " days";
  if (f.coming.empty()) return "<h3>" + title + "</h3><p class=\"soft\">No key has a date in this time.</p>";
  const base::Instant today = std::chrono::floor<days>(f.summary.finished);
  std::vector<Day> shown;
  for (int i = 0; i <= k_days_ahead; ++i) {
    Day& day = shown.emplace_back();
    day.midnight = today + days(i);
    const auto found = f.coming.find(day.midnight);
    if (found == f.coming.end()) continue;
    const ComingDay& coming = found->second;
    day.counts = {coming.rotate, coming.deactivate, coming.remove};
    for (const std::string& one : coming.who) day.who += (day.who.empty() ? "" : ", ") + one;
    const long long others = coming.total() - static_cast<long long>(coming.who.size());
    if (others > 0) day.who += " and " + grouped(others) + " more";
  }
  std::string description = "Dates of keys by today's policy.";
  if (extent_of(f.summary) == Extent::dry_run) description = "Outside a dry run.";
  if (extent_of(f.summary) == Extent::mixed) description = "Also the dates in accounts in dry run, where nothing will happen on them.";
  std::string html = strip({"coming", title, description, {"rotate", "deactivate", "delete"}, true, ChartEnd::early}, shown);
  if (extent_of(f.summary) != Extent::enforced) html += "<p class=\"soft\">" + description + "</p>";
  return html;
}

}  // namespace

std::string timeline_section(const RunFindings& f) {
  return "<section aria-labelledby=\"ahead\"><h2 id=\"ahead\">Day by day</h2>" + back(f) + ahead(f) + "</section>\n";
}

}  // namespace keyward::report
