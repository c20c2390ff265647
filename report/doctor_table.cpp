#include "report/doctor_table.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <tuple>
#include <utility>

#include "report/layout.hpp"

namespace keyward::report {
namespace {

struct Group {
  std::string_view name;  ///< second word of the ids
  std::string_view title;
};
constexpr auto k_groups = std::to_array<Group>({
    {"host", "This host"},
    {"network", "Way to AWS"},
    {"caller", "Who calls"},
    {"organization", "Organization"},
    {"role", "Roles in the accounts"},
    {"rights", "Rights"},
    {"store", "Secret store"},
    {"mail", "Mail to owners"},
    {"channel", "Messages to operators"},
    {"history", "What was left behind"},
});

/// More accounts than this are counted in lines for people; json has them all.
constexpr std::size_t k_most_named = 4;
constexpr std::size_t k_status_width = 11;
constexpr std::size_t k_indent = k_status_width + 4;
/// On a terminal narrower than this the text stands below its status: beside it no ARN has room.
constexpr std::size_t k_narrow = 60, k_narrow_indent = 4;

std::size_t group_of(const Finding& finding) {
  const auto begin = finding.id.find('.') + 1;
  const std::string_view name = std::string_view(finding.id).substr(begin, finding.id.find('.', begin) - begin);
  const auto found = std::ranges::find(k_groups, name, &Group::name);
  return static_cast<std::size_t>(found - k_groups.begin());
}

void replace(std::string& text, std::string_view placeholder, const std::string& value) {
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size()))
    text.replace(at, placeholder.size(), value);
}

void fill_in_accounts(Finding& finding) {
  if (finding.accounts.empty()) return;
  std::string all;
  for (const std::string& account : finding.accounts) all += (all.empty() ? "" : " ") + account;
  replace(finding.fix, "{accounts}", all);
  replace(finding.fix, "{account}", finding.accounts.front());
}

std::string_view word(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::warning: return "warning";
    case Health::failure: return "failure";
    case Health::not_checked: return "not checked";
  }
  return "";
}

Tone tone(Health health) {
  switch (health) {
    case Health::ok: return Tone::good;
    case Health::warning: return Tone::warning;
    case Health::failure: return Tone::alarm;
    case Health::not_checked: return Tone::dim;
  }
  return Tone::plain;
}

std::string where(const Finding& finding) {
  const std::size_t count = finding.accounts.size();
  if (count == 0) return "";
  if (count > k_most_named && finding.health == Health::ok)
    return " (" + grouped(static_cast<long long>(count)) + " accounts)";
  std::string text;
  for (std::size_t i = 0; i < std::min(count, k_most_named); ++i)
    text += (text.empty() ? " (" : ", ") + finding.accounts[i];
  if (count > k_most_named) text += " and " + grouped(static_cast<long long>(count - k_most_named)) + " more";
  return text + ")";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

/// The words of a line, those between quotes together.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  char quote = '\0';
  for (const char c : line) {
    if (quote == '\0' && c == ' ') {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    if (quote == c) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    }
    words.back() += c;
  }
  return words;
}

/// A command that a terminal has no room for, over several lines as a shell takes them. What is said about it stands
/// before it.
std::vector<std::string> command_lines(std::string_view line, std::size_t width) {
  constexpr std::string_view k_remark = "   # ";
  std::vector<std::string> lines;
  const auto remark = line.find(k_remark);
  if (remark != std::string_view::npos) {
    const std::string text = wrapped("# " + std::string(line.substr(remark + k_remark.size())), width - 2, 0);
    for (const std::string_view part : lines_of(text))
      lines.push_back((part.starts_with("# ") ? "" : "# ") + std::string(part));
  }
  std::string current;
  for (const std::string& word : words_of(line.substr(0, remark))) {
    if (!current.empty() && display_width(current) + 1 + display_width(word) + 2 > width) {
      lines.push_back(current + " \\");
      current = "   ";
    }
    current += (current.empty() ? "" : " ") + word;
  }
  lines.push_back(current);
  return lines;
}

/// Lines to be copied. Only a terminal asks for them to be broken.
std::vector<std::string> copied_lines(const std::string& fix, const std::optional<std::size_t>& width) {
  std::vector<std::string> lines;
  for (const std::string_view line : lines_of(fix)) {
    const bool fits = !width || display_width(line) <= *width;
    const bool configuration = line.starts_with('{') || line.starts_with(' ');
    if (fits) {
      lines.emplace_back(line);
    } else if (configuration) {
      const std::size_t indent = line.find_first_not_of(' ') + 2;
      const std::string text =
          std::string(indent - 2, ' ') + wrapped(line, std::max(*width, 2 * indent) - indent, indent);
      for (const std::string_view part : lines_of(text)) lines.emplace_back(part);
    } else {
      for (std::string& part : command_lines(line, std::max<std::size_t>(*width, 24))) lines.push_back(std::move(part));
    }
  }
  return lines;
}

void print_line(std::ostream& out, const Finding& finding, const Output& output) {
  const bool narrow = prose_width(output) < k_narrow;
  const std::size_t indent = narrow ? k_narrow_indent : k_indent;
  const std::size_t width = std::max(prose_width(output), 2 * indent) - indent;
  const std::string blank(indent, ' ');
  const std::string status = paint(output, tone(finding.health), fit(word(finding.health), narrow ? word(finding.health).size() : k_status_width));
  out << "  " << status << (narrow ? "\n" + blank : "  ") << wrapped(finding.what + where(finding), width, indent);
  if (!finding.cause.empty()) out << blank << wrapped(finding.cause, width, indent);
  const std::string deeper = blank + "  ";
  const auto room = output.width ? std::optional(width - std::min<std::size_t>(width - 1, 2)) : std::nullopt;
  for (const std::string& line : copied_lines(finding.fix, room))
    out << deeper << paint(output, Tone::bold, printable(line)) << '\n';
}

boost::json::object json_of(const Finding& finding) {
  boost::json::object line;
  line["id"] = finding.id;
  line["status"] = finding.health == Health::not_checked ? "not_checked" : word(finding.health);
  line["what"] = valid_utf8(finding.what);
  if (!finding.cause.empty()) line["cause"] = valid_utf8(finding.cause);
  if (!finding.fix.empty()) line["fix"] = valid_utf8(finding.fix);
  if (finding.health == Health::failure) line["blocks"] = finding.reach == Reach::everything ? "everything" : "part";
  boost::json::array accounts;
  for (const std::string& account : finding.accounts) accounts.emplace_back(account);
  if (!accounts.empty()) line["accounts"] = std::move(accounts);
  return line;
}

boost::json::object json_of(const FindingCounts& counts) {
  return {{"ok", counts.ok},
          {"warnings", counts.warnings},
          {"failures", counts.failures},
          {"not_checked", counts.not_checked},
          {"verdict", verdict(counts)}};
}

void print_table(std::ostream& out, const std::vector<Finding>& findings, const Output& output) {
  std::size_t group = k_groups.size() + 1;
  for (const Finding& finding : findings) {
    if (group_of(finding) != group) {
      out << (group > k_groups.size() ? "" : "\n");
      group = group_of(finding);
      out << paint(output, Tone::bold, std::string(group < k_groups.size() ? k_groups[group].title : "Other")) << '\n';
    }
    print_line(out, finding, output);
  }
  const FindingCounts counts = counts_of(findings);
  const Tone color = counts.failures > 0 ? Tone::alarm : counts.warnings > 0 ? Tone::warning : Tone::good;
  out << '\n' << paint(output, color, wrapped(verdict(counts), prose_width(output), 0));
}

void print_csv(std::ostream& out, const std::vector<Finding>& findings) {
  out << csv_line({"id", "status", "accounts", "what", "cause", "fix"});
  for (const Finding& finding : findings) {
    std::string accounts;
    for (const std::string& account : finding.accounts) accounts += (accounts.empty() ? "" : " ") + account;
    out << csv_line(
        {finding.id, std::string(word(finding.health)), accounts, finding.what, finding.cause, finding.fix});
  }
}

}  // namespace

FindingCounts counts_of(const std::vector<Finding>& findings) {
  FindingCounts counts;
  for (const Finding& finding : findings) {
    switch (finding.health) {
      case Health::ok: ++counts.ok; break;
      case Health::warning: ++counts.warnings; break;
      case Health::not_checked: ++counts.not_checked; break;
      case Health::failure:
        ++counts.failures;
        if (finding.reach == Reach::everything) ++counts.blocking;
        break;
    }
  }
  return counts;
}

std::vector<Finding> merged(std::vector<Finding> findings) {
  // Accounts are looked into side by side: what they bring comes in any order. The rest stays as it came.
  std::vector<std::tuple<std::size_t, std::string, std::size_t>> order;
  order.reserve(findings.size());
  for (std::size_t i = 0; i < findings.size(); ++i)
    order.emplace_back(group_of(findings[i]), findings[i].accounts.empty() ? std::string() : findings[i].id, i);
  std::ranges::sort(order);
  std::vector<Finding> result;
  for (const auto& [group, id, at] : order) {
    Finding& finding = findings[at];
    const auto same = std::ranges::find_if(result, [&finding](const Finding& other) {
      return std::tie(other.id, other.health, other.what, other.cause, other.fix, other.reach) ==
                 std::tie(finding.id, finding.health, finding.what, finding.cause, finding.fix, finding.reach) &&
             other.accounts.empty() == finding.accounts.empty();
    });
    if (same == result.end()) {
      result.push_back(std::move(finding));
    } else {
      same->accounts.insert(same->accounts.end(), finding.accounts.begin(), finding.accounts.end());
    }
  }
  for (Finding& finding : result) {
    std::ranges::sort(finding.accounts);
    finding.accounts.erase(std::ranges::unique(finding.accounts).begin(), finding.accounts.end());
    fill_in_accounts(finding);
  }
  return result;
}

std::string verdict(const FindingCounts& counts) {
  std::string text = grouped(counts.ok) + " ok";
  if (counts.warnings > 0) text += ", " + counted(counts.warnings, "warning");
  if (counts.failures > 0) text += ", " + counted(counts.failures, "failure");
  if (counts.not_checked > 0) text += ", " + grouped(counts.not_checked) + " not checked";
  const std::string the = counts.failures == 1 ? "the failure is" : "the failures are";
  if (counts.blocking > 0) return text + ": nothing may be enforced before " + the + " mended";
  if (counts.failures > 0) return text + ": what works can be enforced, the rest waits until " + the + " mended";
  if (counts.not_checked > 0) return text + ": nothing that could be looked at stands in the way of a run";
  return text + ": nothing stands in the way of a run";
}

void print_findings(std::ostream& out, const std::vector<Finding>& findings, const Output& output) {
  switch (output.format) {
    case Format::table: print_table(out, findings, output); return;
    case Format::csv: print_csv(out, findings); return;
    case Format::json: {
      out << "{\"checks\":[";
      std::string_view separator = "\n";
      for (const Finding& finding : findings) {
        out << separator << boost::json::serialize(json_of(finding));
        separator = ",\n";
      }
      out << "\n],\"totals\":" << boost::json::serialize(json_of(counts_of(findings))) << "}\n";
      return;
    }
    case Format::jsonl:
      for (const Finding& finding : findings) {
        boost::json::object line{{"type", "check"}};
        for (const auto& member : json_of(finding)) line[member.key()] = member.value();
        out << boost::json::serialize(line) << '\n';
      }
      boost::json::object totals{{"type", "totals"}};
      for (const auto& member : json_of(counts_of(findings))) totals[member.key()] = member.value();
      out << boost::json::serialize(totals) << '\n';
      return;
  }
}

}  // namespace keyward::report
