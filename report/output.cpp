#include "report/output.hpp"

namespace keyward::report {

std::optional<Format> parse_format(std::string_view text) {
  if (text == "table") return Format::table;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  if (text == "csv") return Format::csv;
  return std::nullopt;
}

}  // namespace keyward::report
