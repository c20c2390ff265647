#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace keyward::report {

// The small pieces that report.html is made of.

/// "12.5".
std::string number(double value, int decimals = 1);

/// "98.4": rounded down, because 99.97 % is not all.
std::string percent(long long part, long long whole);

/// The colour of a word in a badge: a class of the page's style.
std::string_view badge_class(std::string_view word);
std::string badge(std::string_view word);

std::string legend_entry(std::string_view css, std::string_view label, long long count, bool hatched = false);

// Parts of drawings.
std::string rectangle(std::string_view css, double x, double y, double width, double height, bool hatched);
std::string label(double x, double y, std::string_view text, std::string_view anchor = "middle",
                  std::string_view css = "");

/// Around what may be wider than a phone: moves sideways by itself, also by keyboard. `name` is unique in the page.
std::string scroll(std::string_view name, std::string_view content);
enum class ChartEnd { early, late };
/// The same around a drawing, which keeps letters that can be read. `seen_first` is the end that a phone begins with.
std::string chart(std::string_view name, std::string_view svg, ChartEnd seen_first = ChartEnd::early);

/// Most rows of a table that the script does not page.
inline constexpr std::size_t k_plain_rows = 300;

/// The cells of a row with the titles of their columns, which a phone shows beside each cell. Cells begin with "<td".
std::string titled(const std::vector<std::string>& titles, std::string_view row);

/// A table whose first rows are open and whose others unfold, so that a bad day does not bury the rest of the page.
/// Counts what it takes; beyond k_plain_rows it says how many rows it leaves out.
class FoldedTable {
 public:
  /// `open` rows stand open.
  FoldedTable(std::string_view caption, std::initializer_list<std::string_view> titles, std::size_t open)
      : caption_(caption), open_(open) {
    for (const std::string_view title : titles) titles_.emplace_back(title);
  }
  void add(std::string row) {
    if (rows_.size() < k_plain_rows) rows_.push_back(std::move(row));
  }
  bool full() const noexcept { return rows_.size() == k_plain_rows; }

  /// `total` is the number of rows there are, added or not.
  std::string render(std::size_t total) const;

 private:
  std::string part(std::string_view caption, std::size_t from, std::size_t to) const;

  std::string caption_;
  std::size_t open_;
  std::vector<std::string> titles_;
  std::vector<std::string> rows_;
};

}  // namespace keyward::report
