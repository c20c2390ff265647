#include "report/html_parts.hpp"

#include <fmt/format.h>

#include <cmath>

#include "report/text.hpp"

namespace keyward::report {

std::string number(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

std::string percent(long long part, long long whole) {
  if (whole == 0 || part >= whole) return "100";
  return number(std::floor(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10.0);
}

std::string_view badge_class(std::string_view word) {
  if (word == "OVERDUE" || word == "NOT COVERED") return "bad";
  if (word == "unknown" || word.starts_with("would ") || word == "due soon") return "warn";
  if (word == "ok" || word == "covered") return "good";
  return "";
}

std::string badge(std::string_view word) {
  return "<span class=\"badge " + std::string(badge_class(word)) + "\">" + escape_html(word) + "</span>";
}

std::string legend_entry(std::string_view css, std::string_view label, long long count, bool hatched) {
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

std::string label(double x, double y, std::string_view text, std::string_view anchor, std::string_view css) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\"" +
         (css.empty() ? "" : " class=\"" + std::string(css) + "\"") + ">" + escape_html(text) + "</text>";
}

std::string scroll(std::string_view name, std::string_view content) {
  return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + escape_html(name) + "\">" + std::string(content) + "</div>";
}

std::string chart(std::string_view name, std::string_view svg, ChartEnd seen_first) {
  const std::string css = seen_first == ChartEnd::late ? "scroll chart late" : "scroll chart";
  return "<div class=\"" + css + "\" role=\"region\" tabindex=\"0\" aria-label=\"" + escape_html(name) + "\">" + std::string(svg) + "</div>";
}

std::string titled(const std::vector<std::string>& titles, std::string_view row) {
  // Texts are escaped, so only a cell begins like this.
  constexpr std::string_view k_cell = "<td";
  std::string html;
  std::size_t done = 0;
  for (const std::string& title : titles) {
    const std::size_t at = row.find(k_cell, done);
    if (at == std::string_view::npos) break;
    html += row.substr(done, at + k_cell.size() - done);
    html += " data-l=\"" + escape_html(title) + "\"";
    done = at + k_cell.size();
  }
  return html += row.substr(done);
}

std::string FoldedTable::render(std::size_t total) const {
  // A single row is not worth unfolding.
  const std::size_t open = rows_.size() <= open_ + 1 ? rows_.size() : open_;
  std::string html = part(caption_, 0, open);
  if (open < rows_.size()) {
    html += "<details><summary>" + grouped(static_cast<long long>(rows_.size() - open)) + " more</summary>" +
            part(caption_ + ", continued", open, rows_.size()) + "</details>";
  }
  if (total > rows_.size()) {
    html += "<p class=\"soft\">" + grouped(static_cast<long long>(total - rows_.size())) +
            " more are in events.jsonl beside this file.</p>";
  }
  return html;
}

std::string FoldedTable::part(std::string_view caption, std::size_t from, std::size_t to) const {
  std::string html = "<table class=\"stack\"><caption class=\"vh\">" + escape_html(caption) + "</caption><thead><tr>";
  for (const std::string& title : titles_) html += "<th scope=\"col\">" + title + "</th>";
  html += "</tr></thead><tbody>\n";
  for (std::size_t i = from; i < to; ++i) html += "<tr>" + titled(titles_, rows_[i]) + "</tr>\n";
  return scroll(std::string(caption) + ", table", html + "</tbody></table>");
}

}  // namespace keyward::report
