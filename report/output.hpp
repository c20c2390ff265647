#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace keyward::report {

enum class Format { table, json, jsonl, csv };
/// "table", "json", "jsonl", "csv"; nothing for anything else.
std::optional<Format> parse_format(std::string_view text);

/// Colour adds to words, it never replaces them.
enum class Color { never, always };

/// How results are printed.
struct Output {
  Format format = Format::table;
  Color color = Color::never;
  std::optional<std::size_t> width = std::nullopt;  ///< of the terminal; without one tables are as wide as their content
};

}  // namespace keyward::report
