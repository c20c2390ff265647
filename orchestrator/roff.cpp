#include "orchestrator/roff.hpp"

#include <fmt/format.h>

#include "orchestrator/version.hpp"

namespace keyward::orchestrator::roff {

std::string text(std::string_view plain) {
  std::string escaped;
  if (plain.starts_with('.') || plain.starts_with('\'')) escaped = "\\&";
  for (const char c : plain) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c == '\n' ? ' ' : c;
    }
  }
  return escaped;
}

std::string bold(std::string_view plain) { return "\\fB" + text(plain) + "\\fR"; }

std::string prose(std::string_view plain) {
  constexpr std::size_t k_longest = 78;
  std::string lines;
  std::string line;
  const std::string words = std::string(plain) + ' ';
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = words.find(' ', begin);
    const std::string word = words.substr(begin, end - begin);
    const std::string longer = line.empty() ? word : line + ' ' + word;
    if (!line.empty() && text(longer).size() > k_longest) {
      lines += text(line) + '\n';
      line = word;
    } else {
      line = longer;
    }
    begin = end + 1;
  }
  return lines + text(line);
}

std::string section(std::string_view title) { return fmt::format(".SH {}\n", title); }

std::string subsection(std::string_view title) { return fmt::format(".SS {}\n", text(title)); }

std::string paragraph(std::string_view plain) { return ".PP\n" + prose(plain) + "\n"; }

std::string item(std::string_view term, std::string_view meaning) { return fmt::format(".TP\n{}\n{}\n", term, meaning); }

std::string example(std::string_view command) { return fmt::format(".PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", text(command)); }

std::string heading(std::string_view name, int number) {
  return fmt::format(".\\\" Written by: keyward man. Do not edit.\n.TH {} {} \"\" \"keyward {}\"\n", name, number, k_version);
}

}  // namespace keyward::orchestrator::roff
