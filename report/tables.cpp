#include "report/tables.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <ostream>
#include <set>
#include <sstream>

#include "report/event_log.hpp"
#include "report/text.hpp"
#include "report/user_events.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

constexpr std::size_t k_least_width = 100;
/// Rows of one section of the run summary on a terminal; the rest is counted and in the report.
constexpr std::size_t k_rows_shown = 15;

enum class Tone { plain, dim, bold, good, warning, alarm };

/// Text in its colour, when colour was asked for. Widths are set before: escape sequences take no columns.
std::string paint(const Output& output, Tone tone, std::string text) {
  if (output.color == Color::never || tone == Tone::plain || text.empty()) return text;
  constexpr std::array<std::string_view, 6> k_codes{"", "2", "1", "32", "33", "1;31"};
  return "\x1b[" + std::string(k_codes[static_cast<std::size_t>(tone)]) + 'm' + text + "\x1b[0m";
}

struct Column {
  std::string_view title;
  std::size_t width;
  Align align = Align::left;
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

/// One line of cells two spaces apart, without blanks at its end.
std::string line_of(const std::vector<Column>& columns, const std::vector<Cell>& cells, const Output& output) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool last = i + 1 == columns.size();
    if (i > 0) line += "  ";
    const bool pad = !last || columns[i].align == Align::right;
    std::string text =
        pad ? fit(cells[i].text, columns[i].width, columns[i].align) : shorten(cells[i].text, columns[i].width);
    line += paint(output, cells[i].tone, std::move(text));
  }
  while (line.ends_with(' ')) line.pop_back();
  return line += '\n';
}

std::string header_of(const std::vector<Column>& columns, const Output& output) {
  std::vector<Cell> titles;
  for (const Column& column : columns) titles.push_back({std::string(column.title), Tone::dim});
  return line_of(columns, titles, output);
}

std::size_t width_of(const Output& output) { return std::max(output.width, k_least_width); }

/// Words over as many lines as `width` asks for, every line after the first indented.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::string line;
  const std::string safe = printable(text);
  for (std::size_t at = 0; at < safe.size();) {
    const std::size_t end = std::min(safe.find(' ', at), safe.size());
    const std::string word = shorten(safe.substr(at, end - at), width);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines += line + '\n' + std::string(indent, ' ');
      line.clear();
    }
    if (!line.empty() && !word.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  return lines + line + '\n';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty() || &field != &fields.front()) line += ',';
    line += csv_field(field);
  }
  return line += "\r\n";
}

void print_uncovered(std::ostream& out, const RunSummary& summary, const Output& output) {
  if (summary.uncovered.empty()) return;
  out << paint(output, Tone::alarm,
               "NOT COVERED: " + std::to_string(summary.uncovered.size()) + " of " +
                   counted(summary.accounts_participating, "account") + ". Nothing is known about their keys.")
      << '\n';
  const std::size_t width = width_of(output) - 16;
  // The same cause usually stops many accounts: what to do is said once for all of them.
  std::map<std::string, std::size_t> remedies;
  for (const Uncovered& account : summary.uncovered) {
    out << "  " << paint(output, Tone::alarm, fit(account.account, 12)) << "  "
        << shorten(account.name.empty() ? "(no name)" : account.name, width) << "\n                "
        << wrapped(account.reason, width, 16);
    ++remedies[advice_for_account(account.reason)];
  }
  for (const auto& [remedy, count] : remedies)
    out << "  -> " << remedy << (remedies.size() > 1 ? " (" + std::to_string(count) + ")" : "") << '\n';
  out << '\n';
}

Event uncovered_event(const Uncovered& account, base::Instant time) {
  Event event;
  event.time = time;
  event.event = "account";
  event.account = account.account;
  event.account_name = account.name;
  event.outcome = "failed";
  event.error = account.reason;
  return event;
}

// ---- inventory

std::string path_text(const accounts::Account& account) {
  std::string path;
  for (const std::string& part : account.path) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

struct InventoryTotals {
  long long accounts = 0;
  long long participating = 0;
  std::map<std::string, long long> skipped;
};

InventoryTotals totals_of(const accounts::Inventory& inventory) {
  InventoryTotals totals;
  for (const accounts::InventoryEntry& entry : inventory.entries) {
    ++totals.accounts;
    if (entry.skip == accounts::Skip::none) {
      ++totals.participating;
    } else {
      ++totals.skipped[std::string(accounts::describe(entry.skip))];
    }
  }
  return totals;
}

boost::json::object inventory_json(const accounts::InventoryEntry& entry) {
  const accounts::Account& account = entry.account;
  boost::json::object line;
  line["account"] = account.id.str();
  line["name"] = valid_utf8(account.name);
  line["email"] = valid_utf8(account.email);
  line["state"] = accounts::to_string(account.state);
  line["path"] = valid_utf8(path_text(account));
  line["management"] = account.management;
  line["takes_part"] = entry.skip == accounts::Skip::none;
  if (entry.skip != accounts::Skip::none) line["why_not"] = accounts::describe(entry.skip);
  return line;
}

boost::json::object inventory_totals_json(const accounts::Inventory& inventory) {
  const InventoryTotals totals = totals_of(inventory);
  boost::json::object line;
  line["organization"] = valid_utf8(inventory.organization_id);
  line["accounts"] = totals.accounts;
  line["takes_part"] = totals.participating;
  boost::json::object skipped;
  for (const auto& [reason, count] : totals.skipped) skipped[reason] = count;
  line["skipped"] = std::move(skipped);
  return line;
}

void print_inventory_table(std::ostream& out, const accounts::Inventory& inventory, const Output& output) {
  const std::size_t spare = width_of(output) - k_least_width;
  const std::vector<Column> columns{{"ACCOUNT", 12},
                                    {"NAME", 18 + spare / 4},
                                    {"STATE", 9},
                                    {"TAKES PART", 27 + spare / 4},
                                    {"PATH", 26 + spare / 2}};
  out << header_of(columns, output);
  for (const accounts::InventoryEntry& entry : inventory.entries) {
    const bool in = entry.skip == accounts::Skip::none;
    const std::string name = entry.account.name + (entry.account.management ? " (management)" : "");
    const std::string part = in ? "yes" : "no: " + std::string(accounts::describe(entry.skip));
    out << line_of(columns,
                   {{entry.account.id.str()},
                    {name},
                    {std::string(accounts::to_string(entry.account.state))},
                    {part, in ? Tone::good : Tone::dim},
                    {path_text(entry.account), Tone::dim}},
                   output);
  }
  const InventoryTotals totals = totals_of(inventory);
  out << '\n'
      << paint(output, Tone::bold,
               counted(totals.accounts, "account") + " in " + printable(inventory.organization_id) + ": " +
                   grouped(totals.participating) + " taking part, " + grouped(totals.accounts - totals.participating) +
                   " not")
      << '\n';
  for (const auto& [reason, count] : totals.skipped)
    out << "  " << fit(grouped(count), 6, Align::right) << "  " << reason << '\n';
}

// ---- audit

std::vector<Column> audit_columns(const Output& output) {
  const std::size_t spare = width_of(output) - k_least_width;
  const std::size_t names = std::min<std::size_t>(spare, 30);
  std::vector<Column> columns{{"ACCOUNT", 12}, {"NAME", 12 + names / 3}, {"USER", 16 + names - names / 3},
                              {"KEY", 5},      {"AGE", 6, Align::right}, {"USED", 6, Align::right},
                              {"STATUS", 8}};
  // Beside a wide enough terminal there is room for the reason too.
  if (spare - names >= 20) columns.push_back({"WHY", spare - names - 2});
  columns.push_back({"NEXT", 21});
  return columns;
}

Tone verdict_tone(std::string_view verdict) {
  if (verdict == "out_of_policy") return Tone::alarm;
  if (verdict == "unknown") return Tone::warning;
  if (verdict == "ok") return Tone::good;
  return Tone::dim;
}

std::string age_text(const Event& event) { return event.age_days ? std::to_string(*event.age_days) + " d" : "-"; }

const std::vector<std::string>& audit_csv_header() {
  static const std::vector<std::string> header{"account",
                                               "account_name",
                                               "user",
                                               "access_key_id",
                                               "key_status",
                                               "age_days",
                                               "last_used",
                                               "last_used_service",
                                               "last_used_region",
                                               "verdict",
                                               "action",
                                               "reason",
                                               "next",
                                               "next_at",
                                               "detail"};
  return header;
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text == "table") return Format::table;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  if (text == "csv") return Format::csv;
  return std::nullopt;
}

void print_inventory(std::ostream& out, const accounts::Inventory& inventory, const Output& output) {
  switch (output.format) {
    case Format::table: print_inventory_table(out, inventory, output); return;
    case Format::json: {
      out << "{\"accounts\":[";
      std::string_view separator = "\n";
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        out << separator << boost::json::serialize(inventory_json(entry));
        separator = ",\n";
      }
      out << "\n],\"totals\":" << boost::json::serialize(inventory_totals_json(inventory)) << "}\n";
      return;
    }
    case Format::jsonl: {
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        boost::json::object line;
        line["type"] = "account";
        for (const auto& member : inventory_json(entry)) line[member.key()] = member.value();
        out << boost::json::serialize(line) << '\n';
      }
      boost::json::object line;
      line["type"] = "totals";
      for (const auto& member : inventory_totals_json(inventory)) line[member.key()] = member.value();
      out << boost::json::serialize(line) << '\n';
      return;
    }
    case Format::csv:
      out << csv_line({"account", "name", "email", "state", "path", "management", "takes_part", "why_not"});
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        const bool in = entry.skip == accounts::Skip::none;
        out << csv_line({entry.account.id.str(), entry.account.name, entry.account.email,
                         std::string(accounts::to_string(entry.account.state)), path_text(entry.account),
                         entry.account.management ? "true" : "false", in ? "true" : "false",
                         in ? "" : std::string(accounts::describe(entry.skip))});
      }
      return;
  }
}

AuditPrinter::AuditPrinter(std::ostream& out, const Output& output) : out_(out), output_(output) {}

std::string AuditPrinter::render(const Event& event, base::Instant now) const {
  switch (output_.format) {
    case Format::json:
    case Format::jsonl: return format_event(event, "") + '\n';
    case Format::csv:
      return csv_line({event.account, event.account_name, event.user, event.access_key_id, event.key_status,
                       event.age_days ? std::to_string(*event.age_days) : "", event.last_used, event.last_used_service,
                       event.last_used_region, event.verdict, event.action, event.reason, event.next,
                       event.next_at ? base::format_iso8601(*event.next_at) : "", event.detail});
    case Format::table: break;
  }
  const std::vector<Column> columns = audit_columns(output_);
  std::vector<Cell> cells{{event.account},
                          {event.account_name},
                          {event.user},
                          {last_four(event.access_key_id)},
                          {age_text(event)},
                          {last_used(event)},
                          {verdict_word(event.verdict), verdict_tone(event.verdict)}};
  if (columns.size() > 8) cells.push_back({event.reason.empty() ? "" : why(event)});
  std::string next = next_step(event, now);
  if (next.empty() && event.verdict == "unknown") next = phrase(event.reason);
  cells.push_back({next, next.starts_with("now") || event.action == "hold" ? Tone::warning : Tone::plain});
  return line_of(columns, cells, output_);
}

void AuditPrinter::add(const accounts::Account& account, const std::vector<rotation::UserReport>& users,
                       const rotation::Policy& policy, base::Instant now) {
  std::string rows;
  for (const rotation::UserReport& user : users) {
    ++users_;
    for (const Event& event : user_events(account, user, policy, now)) {
      if (event.verdict.empty()) continue;
      if (!event.access_key_id.empty()) ++keys_;
      if (event.verdict == to_string(Verdict::out_of_policy)) ++overdue_;
      if (event.verdict == to_string(Verdict::unknown)) ++unknown_;
      rows += render(event, now);
    }
  }
  if (!rows.empty()) accounts_[account.id.str()] += rows;
}

void AuditPrinter::finish(const RunSummary& summary) {
  switch (output_.format) {
    case Format::table: finish_table(summary); break;
    case Format::json: finish_json(summary); break;
    case Format::jsonl: finish_jsonl(summary); break;
    case Format::csv: finish_csv(summary); break;
  }
  out_.flush();
}

void AuditPrinter::finish_table(const RunSummary& summary) {
  print_uncovered(out_, summary, output_);
  if (!accounts_.empty()) out_ << header_of(audit_columns(output_), output_);
  for (const auto& [account, rows] : accounts_) out_ << rows;
  if (!accounts_.empty()) out_ << '\n';
  out_ << paint(output_, Tone::bold, counted(keys_, "key") + " of " + counted(users_, "user")) << " in "
       << counted(summary.accounts_covered, "account") << ": ";
  out_ << paint(output_, overdue_ > 0 ? Tone::alarm : Tone::good, grouped(overdue_) + " out of policy");
  if (unknown_ > 0) out_ << ", " << paint(output_, Tone::warning, grouped(unknown_) + " unknown");
  const std::size_t uncovered = summary.uncovered.size();
  out_ << ", "
       << (uncovered == 0
               ? paint(output_, Tone::good, "every account covered")
               : paint(output_, Tone::alarm, counted(static_cast<long long>(uncovered), "account") + " NOT COVERED"))
       << '\n';
}

namespace {

boost::json::object audit_totals(const RunSummary& summary, long long users, long long keys, long long overdue,
                                 long long unknown) {
  boost::json::object totals;
  totals["accounts_participating"] = summary.accounts_participating;
  totals["accounts_covered"] = summary.accounts_covered;
  totals["accounts_uncovered"] = summary.uncovered.size();
  totals["users"] = users;
  totals["keys"] = keys;
  totals["out_of_policy"] = overdue;
  totals["unknown"] = unknown;
  return totals;
}

}  // namespace

void AuditPrinter::finish_json(const RunSummary& summary) {
  std::string_view separator = "\n";
  out_ << "{\"uncovered\":[";
  for (const Uncovered& account : summary.uncovered) {
    out_ << separator << format_event(uncovered_event(account, summary.finished), "");
    separator = ",\n";
  }
  out_ << "\n],\"keys\":[";
  separator = "\n";
  for (const auto& [account, rows] : accounts_) {
    std::string_view rest = rows;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      out_ << separator << rest.substr(0, end);
      rest.remove_prefix(end + 1);
      separator = ",\n";
    }
  }
  out_ << "\n],\"totals\":" << boost::json::serialize(audit_totals(summary, users_, keys_, overdue_, unknown_))
       << "}\n";
}

void AuditPrinter::finish_jsonl(const RunSummary& summary) {
  for (const Uncovered& account : summary.uncovered)
    out_ << format_event(uncovered_event(account, summary.finished), "") << '\n';
  for (const auto& [account, rows] : accounts_) out_ << rows;
  boost::json::object line;
  line["event"] = "totals";
  for (const auto& member : audit_totals(summary, users_, keys_, overdue_, unknown_))
    line[member.key()] = member.value();
  out_ << boost::json::serialize(line) << '\n';
}

void AuditPrinter::finish_csv(const RunSummary& summary) {
  out_ << csv_line(audit_csv_header());
  for (const Uncovered& account : summary.uncovered) {
    std::vector<std::string> row(audit_csv_header().size());
    row[0] = account.account;
    row[1] = account.name;
    row[9] = "not_covered";
    row.back() = account.reason;
    out_ << csv_line(row);
  }
  for (const auto& [account, rows] : accounts_) out_ << rows;
}

// ---- run

namespace {

/// Prints one run for people, section by section.
class RunTable {
 public:
  RunTable(std::ostream& out, const RunSummary& summary, const RunFiles& files, const Output& output)
      : out_(out), summary_(summary), files_(files), output_(output), width_(width_of(output)) {}

  void print(const Highlights& highlights) {
    banner();
    print_uncovered(out_, summary_, output_);
    problems("RECOVERY NEEDED", highlights.recovery, Tone::alarm);
    problems("NEEDS A PERSON", highlights.needs_human, Tone::warning);
    problems("FAILED", highlights.failed, Tone::alarm);
    problems("NOT DONE", highlights.not_done, Tone::warning);
    changes("ROTATED", highlights.rotated);
    changes("DEACTIVATED", highlights.deactivated);
    changes("DELETED", highlights.deleted);
    changes("WARNED", highlights.warned);
    if (extent_of(summary_) == Extent::mixed && highlights.only_told() > 0) dry_run_rows_follow();
    changes("WOULD ROTATE", highlights.would_rotate);
    changes("WOULD DEACTIVATE", highlights.would_deactivate);
    changes("WOULD DELETE", highlights.would_delete);
    changes("DUE SOON", highlights.due_soon);
    totals();
  }

 private:
  void banner() {
    switch (extent_of(summary_)) {
      case Extent::dry_run:
        out_ << paint(output_, Tone::warning, summary_.command == "recover"
                                                  ? "NOTHING WAS CHANGED: interrupted rotations are only listed."
                                                  : "DRY RUN: nothing was changed. What follows is what a run would do.")
             << "\n\n";
        break;
      case Extent::mixed:
        out_ << paint(output_, Tone::warning,
                      "PARTLY DRY RUN: " + accounts_in_dry_run(summary_) + " in dry run; nothing was changed there.")
             << "\n\n";
        break;
      case Extent::enforced: break;
    }
    if (!summary_.stopped_by.empty()) {
      out_ << paint(output_, Tone::alarm, "STOPPED: " + shorten(summary_.stopped_by, width_ - 9)) << "\n\n";
    } else if (summary_.interrupted) {
      out_ << paint(output_, Tone::alarm, "INTERRUPTED: accounts in work were finished, the others not begun.")
           << "\n\n";
    }
  }

  void dry_run_rows_follow() {
    out_ << paint(output_, Tone::warning,
                  "In dry run, so only told (" + accounts_in_dry_run(summary_) + "):") << '\n';
  }

  void heading(std::string_view title, const Section& section, Tone tone) {
    out_ << paint(output_, tone, std::string(title) + ' ' + std::to_string(section.total())) << '\n';
  }

  void rest(const Section& section, std::size_t shown) {
    if (section.total() <= shown) return;
    const std::string where = files_.report.empty() ? files_.events : files_.report;
    out_ << "  ... and " << section.total() - shown << " more in " << printable(where) << '\n';
  }

  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  /// Cause and remedy of each; equal remedies that follow each other are said once.
  void problems(std::string_view title, const Section& section, Tone tone) {
    if (section.total() == 0) return;
    heading(title, section, tone);
    const std::size_t shown = std::min(section.kept().size(), k_rows_shown);
    std::string remedy;
    for (std::size_t i = 0; i < shown; ++i) {
      const Event& event = section.kept()[i];
      const std::string next = advice(event);
      if (i > 0 && next != remedy && !remedy.empty()) out_ << "  -> " << wrapped(remedy, width_ - 5, 5);
      remedy = next;
      out_ << "  " << fit(event.account, 12) << "  " << fit(event.account_name, 14) << "  "
           << fit(event.user.empty() ? event.recipient : event.user, 22 + (width_ - k_least_width) / 2) << "  "
           << fit(event.access_key_id.empty() ? "" : last_four(event.access_key_id), 5) << "  "
           << paint(output_, tone,
                    event.event == "decision" ? phrase(event.reason)
                    : event.event == "action" ? result_word(event)
                                              : event.event + " failed")
           << '\n';
      const std::string cause = !event.error.empty() ? event.error : event.detail;
      if (!cause.empty()) out_ << "                " << wrapped(cause, width_ - 16, 16);
      if (event.todo.empty()) continue;
      // Commands are to be copied: each on a line of its own, never wrapped.
      out_ << "  -> " << remedy << '\n';
      for (const std::string& command : lines_of(event.todo)) out_ << "     " << printable(command) << '\n';
      remedy.clear();
    }
    if (!remedy.empty()) out_ << "  -> " << wrapped(remedy, width_ - 5, 5);
    rest(section, shown);
    out_ << '\n';
  }

  void changes(std::string_view title, const Section& section) {
    if (section.total() == 0) return;
    heading(title, section, Tone::bold);
    const std::size_t spare = width_ - k_least_width;
    const std::vector<Column> columns{{"  ACCOUNT", 14},
                                      {"NAME", 14 + spare / 4},
                                      {"USER", 18 + spare / 4},
                                      {"KEY", 5},
                                      {"WHY", 27 + spare - 2 * (spare / 4)},
                                      {"DUE", 10}};
    out_ << header_of(columns, output_);
    const std::size_t shown = std::min(section.kept().size(), k_rows_shown);
    for (std::size_t i = 0; i < shown; ++i) {
      const Event& event = section.kept()[i];
      out_ << line_of(columns,
                      {{"  " + event.account},
                       {event.account_name},
                       {event.user},
                       {last_four(event.access_key_id)},
                       {why(event)},
                       {event.due ? base::format_date(*event.due) : "now"}},
                      output_);
    }
    rest(section, shown);
    out_ << '\n';
  }

  int outcome(const std::string& action, const std::string& status) const {
    const auto found = summary_.outcomes.find(action);
    if (found == summary_.outcomes.end()) return 0;
    const auto count = found->second.find(status);
    return count == found->second.end() ? 0 : count->second;
  }

  std::string changed(const std::string& status) const {
    return grouped(outcome("rotate", status)) + " rotated, " + grouped(outcome("deactivate", status)) +
           " deactivated, " + grouped(outcome("delete", status)) + " deleted";
  }

  void fact(std::string_view name, const std::string& value, Tone tone = Tone::plain) {
    out_ << paint(output_, Tone::dim, fit(name, 12))
         << paint(output_, tone, shorten(value, std::max<std::size_t>(width_, 24) - 12)) << '\n';
  }

  void totals() {
    const RunSummary& s = summary_;
    fact("Run", s.run + (s.organization.empty() ? "" : "  " + s.organization) + "  " + minute(s.started) + "  " +
                    duration(s.started, s.finished));
    const std::size_t uncovered = s.uncovered.size();
    fact("Coverage",
         grouped(s.accounts_covered) + " of " + counted(s.accounts_participating, "account") +
             (uncovered == 0 ? "" : ", " + std::to_string(uncovered) + " NOT COVERED") +
             (s.accounts_total > s.accounts_participating
                  ? "; " + grouped(s.accounts_total - s.accounts_participating) + " not taking part"
                  : ""),
         uncovered == 0 ? Tone::good : Tone::alarm);
    fact("Keys",
         counted(s.keys, "key") + " of " + counted(s.users, "user") + ", " + grouped(s.keys_out_of_policy) +
             " out of policy",
         s.keys_out_of_policy == 0 ? Tone::good : Tone::warning);
    const Extent extent = extent_of(s);
    fact("Changes", extent == Extent::dry_run ? "none (dry run): would be " + changed("dry_run") : changed("done"));
    if (extent == Extent::mixed) fact("Dry run", accounts_in_dry_run(s) + ": would be " + changed("dry_run"));
    fact("Notices", grouped(s.notices_sent) + " sent, " + grouped(s.notices_failed) + " failed",
         s.notices_failed > 0 ? Tone::alarm : Tone::plain);
    if (!s.limits.empty()) {
      std::string limits;
      for (const auto& [name, value] : s.limits)
        limits += (limits.empty() ? "" : ", ") + name + ' ' + std::to_string(value);
      fact("Limits", grouped(s.held_back) + " held back; " + limits, s.held_back > 0 ? Tone::warning : Tone::plain);
    }
    long long calls = 0;
    for (const auto& [action, count] : s.api_calls) calls += static_cast<long long>(count);
    fact("API calls", grouped(calls) + " (" + grouped(static_cast<long long>(s.api_throttled)) + " throttled, " +
                          grouped(static_cast<long long>(s.api_retried)) + " retried)");
    if (s.clock_offset_seconds > 60 || s.clock_offset_seconds < -60) {
      fact("Clock",
           "this host's clock is off by " + std::to_string(-s.clock_offset_seconds) + " s; AWS's time was used",
           Tone::warning);
    }
    fact("Exit code", std::to_string(s.exit_code) + ", " + std::string(exit_code_words(s.exit_code)),
         s.exit_code == 0 ? Tone::good : Tone::warning);
    // Paths are printed whole: they are there to be copied.
    if (!files_.report.empty())
      out_ << paint(output_, Tone::dim, fit("Report", 12)) << printable(files_.report) << '\n';
    if (!files_.events.empty())
      out_ << paint(output_, Tone::dim, fit("Events", 12)) << printable(files_.events) << '\n';
    fact("Next", next_command(s), Tone::bold);
  }

  std::ostream& out_;
  const RunSummary& summary_;
  const RunFiles& files_;
  const Output& output_;
  std::size_t width_;
};

/// The sections in the order in which they are told.
std::vector<const Section*> in_order(const Highlights& h) {
  return {&h.recovery, &h.needs_human, &h.failed, &h.not_done, &h.rotated, &h.deactivated, &h.deleted,
          &h.warned, &h.would_rotate, &h.would_deactivate, &h.would_delete, &h.due_soon};
}

std::size_t omitted(const Highlights& highlights) {
  std::size_t count = 0;
  for (const Section* section : in_order(highlights)) count += section->total() - section->kept().size();
  return count;
}

}  // namespace

void print_run(std::ostream& out, const RunSummary& summary, const Highlights& highlights, const RunFiles& files,
               const Output& output) {
  switch (output.format) {
    case Format::table: RunTable(out, summary, files, output).print(highlights); break;
    case Format::json: {
      out << "{\"summary\":" << format_summary(summary) << ",\"highlights\":[";
      std::string_view separator = "\n";
      for (const Section* section : in_order(highlights)) {
        for (const Event& event : section->kept()) {
          out << separator << format_event(event, summary.run);
          separator = ",\n";
        }
      }
      out << "\n],\"omitted\":" << omitted(highlights) << "}\n";
      break;
    }
    case Format::jsonl:
      out << format_summary(summary) << '\n';
      for (const Section* section : in_order(highlights)) {
        for (const Event& event : section->kept()) out << format_event(event, summary.run) << '\n';
      }
      if (const std::size_t count = omitted(highlights); count > 0)
        out << "{\"event\":\"omitted\",\"events\":" << count << "}\n";
      break;
    case Format::csv:
      out << csv_line({"account", "account_name", "user", "access_key_id", "event", "action", "reason", "outcome",
                       "due", "error", "detail", "dry_run"});
      for (const Uncovered& account : summary.uncovered) {
        out << csv_line(
            {account.account, account.name, "", "", "account", "", "", "not_covered", "", account.reason, "", ""});
      }
      for (const Section* section : in_order(highlights)) {
        for (const Event& event : section->kept()) {
          out << csv_line({event.account, event.account_name, event.user, event.access_key_id, event.event,
                           event.action, event.reason, event.outcome, event.due ? base::format_date(*event.due) : "",
                           event.error, event.detail, event.dry_run ? "true" : "false"});
        }
      }
      if (const std::size_t count = omitted(highlights); count > 0) {
        out << csv_line(
            {"", "", "", "", "omitted", "", "", "", "", "", std::to_string(count) + " more events in " + files.events, ""});
      }
      break;
  }
  out.flush();
}

}  // namespace keyward::report
