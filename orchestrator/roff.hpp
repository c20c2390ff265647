#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Manual pages in the macros of man(7).
namespace keyward::orchestrator::roff {

/// Text as it is: nothing in it is read as a request, and its hyphens can be typed again.
std::string text(std::string_view plain);
std::string bold(std::string_view plain);
/// text() over several lines, short enough for mandoc's taste.
std::string prose(std::string_view plain);

/// ".SH NAME"
std::string section(std::string_view title);
/// ".SS title"
std::string subsection(std::string_view title);
std::string paragraph(std::string_view plain);
/// A term and what it means; both are roff already.
std::string item(std::string_view term, std::string_view meaning);
/// A line to type, as it is.
std::string example(std::string_view command);
/// The page's first line.
std::string heading(std::string_view name, int number);

}  // namespace keyward::orchestrator::roff
