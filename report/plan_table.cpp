#include "report/plan_table.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "report/event_log.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

/// What a plan's rows are grouped by, in the order in which they are told.
enum Kind : std::size_t { k_unread, k_rotate, k_deactivate, k_remove, k_warn, k_note, k_hold, k_interrupted, k_wait, k_none };

struct KindWords {
  std::string_view mark;
  std::string_view name;   ///< of the count
  std::string_view title;  ///< of the rows
  std::string_view means;
  Tone tone = Tone::plain;
};

constexpr std::array<KindWords, k_none> k_kinds{{
    {"?", "unread", "NOT READ", "a fact could not be read", Tone::alarm},
    {"+", "create", "CREATE", "a new key is made and stored; the old one works on", Tone::good},
    {"~", "deactivate", "DEACTIVATE", "switched off; it can be switched on again", Tone::warning},
    {"-", "delete", "DELETE", "for ever", Tone::alarm},
    {"i", "warn", "WARN", "its owner is told what comes"},
    {".", "record", "RECORD", "keyward's tag on the user is written, nothing else"},
    {"!", "blocked", "BLOCKED: A PERSON MUST DECIDE", "a person must decide", Tone::warning},
    {"*", "interrupted", "INTERRUPTED ROTATIONS", "finished or undone first", Tone::warning},
    {"=", "waiting", "WAITING", "something else comes first"},
}};

Kind kind_of(const Event& event) {
  if (event.event != "decision") return k_none;
  if (is_unread(event)) return k_unread;
  if (event.action == "rotate") return k_rotate;
  if (event.action == "deactivate") return k_deactivate;
  if (event.action == "delete") return k_remove;
  if (event.action == "warn") return k_warn;
  if (event.action == "note") return k_note;
  if (event.action == "hold") return k_hold;
  if (event.action != "wait") return k_none;
  return event.reason == "interrupted_rotation" ? k_interrupted : k_wait;
}

bool is_change(std::size_t kind) { return kind == k_rotate || kind == k_deactivate || kind == k_remove; }

std::int64_t limit(const RunSummary& summary, const std::string& name) {
  const auto found = summary.limits.find(name);
  return found == summary.limits.end() ? 0 : found->second;
}

std::vector<std::string> csv_header() {
  return {"since_run", "account", "account_name", "user",   "access_key_id", "key_status", "age_days",
          "last_used", "action",  "reason",       "due",    "dry_run",       "detail"};
}

std::string csv_row(std::string_view since, const Event& event) {
  return csv_line({std::string(since), event.account, event.account_name, event.user, event.access_key_id, event.key_status,
                   event.age_days ? std::to_string(*event.age_days) : "", event.last_used, event.action, event.reason,
                   event.due ? base::format_iso8601(*event.due) : "", event.dry_run ? "true" : "false",
                   event.error.empty() ? event.detail : event.error});
}

/// Lines of JSON in an array, which they are given in without commas.
void put_lines(std::ostream& out, std::string_view lines, std::string_view& separator) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    out << separator << lines.substr(0, end);
    lines.remove_prefix(end + 1);
    separator = ",\n";
  }
}

boost::json::object json_of(const PlanFacts& facts, const RunSummary& summary) {
  boost::json::object object;
  object["id"] = facts.id;
  object["organization"] = valid_utf8(summary.organization);
  object["created"] = base::format_iso8601(facts.created);
  object["expires"] = base::format_iso8601(facts.expires);
  object["file"] = valid_utf8(facts.file);
  return object;
}

std::string since_words(const Difference& difference) {
  const Event& event = difference.event;
  switch (difference.kind) {
    case Difference::Kind::not_covered: return "not covered any more: " + event.error;
    case Difference::Kind::covered: return "covered now, and was not";
    case Difference::Kind::new_key: return "new key";
    case Difference::Kind::key_gone: return "key is gone";
    case Difference::Kind::due: return (event.action == "hold" ? "a person must decide: " : "due now: " + event.action + ", ") + why(event);
    case Difference::Kind::over: return "over: " + (event.action == "hold" ? phrase(event.reason) : event.action + " is not due any more");
  }
  return {};
}

}  // namespace

PlanPrinter::PlanPrinter(std::ostream& out, const Output& output)
    : out_(out),
      output_(output),
      table_({{"  ACCOUNT"},
              {"NAME", Room::expendable},
              {"USER", Room::cut},
              {"KEY"},
              {"AGE", Room::whole, Align::right},
              {"USED", Room::whole, Align::right},
              {"WHY", Room::cut},
              {"DUE"},
              {""}}) {}

std::string PlanPrinter::render(const Event& event) {
  switch (output_.format) {
    case Format::json:
    case Format::jsonl: return format_event(event, "") + '\n';
    case Format::csv: return csv_row("", event);
    case Format::table: break;
  }
  return table_.pack({{"  " + event.account},
                      {event.account_name},
                      {event.user},
                      {last_four(event.access_key_id)},
                      {event.age_days ? std::to_string(*event.age_days) + " d" : "-"},
                      {last_used(event)},
                      {why(event)},
                      {event.due ? base::format_date(*event.due) : "-"},
                      {event.dry_run ? "dry run" : "", Tone::dim}});
}

void PlanPrinter::add(const Event& event) {
  unread_.add(event);
  if (event.event == "decision" && event.reason == "exempt_user") ++exempt_;
  const Kind kind = kind_of(event);
  if (kind == k_none) return;
  Section& section = sections_.at(kind);
  ++section.total;
  if (event.dry_run) ++section.dry_run;
  if (is_change(kind) && !event.dry_run) ++changes_[event.account];
  section.rows[event.account] += render(event);
}

PlanPrinter::Changes PlanPrinter::changes(const RunSummary& summary) const {
  Changes changes;
  const std::int64_t per_account = limit(summary, "max_changes_per_account");
  long long allowed = 0;
  for (const auto& [account, count] : changes_) {
    changes.all += count;
    allowed += std::min<long long>(count, per_account);
    if (count > per_account) changes.full_accounts.push_back(account + " (" + grouped(count) + ')');
  }
  changes.held_back = changes.all - std::min<long long>(allowed, limit(summary, "max_changes"));
  return changes;
}

std::string PlanPrinter::next(const RunSummary& summary, const PlanFacts& facts) const {
  long long steps = 0;
  long long dry = 0;
  for (const Kind kind : {k_rotate, k_deactivate, k_remove, k_warn, k_note, k_interrupted}) {
    steps += sections_[kind].total;
    dry += sections_[kind].dry_run;
  }
  if (steps == 0 && summary.uncovered.empty()) return "nothing; there is nothing to apply";
  if (steps == 0) return "keyward plan    again, once the accounts named under NOT COVERED can be reached";
  const std::string but = summary.uncovered.empty() ? "" : "; it leaves alone what is named under NOT COVERED";
  if (dry == steps) return "set dry_run: false for the first account (accounts.overrides), and plan again: here apply would only tell";
  if (!facts.file.empty()) return "keyward apply " + facts.file + but;
  return "keyward plan --out FILE, then keyward apply FILE" + but;
}

void PlanPrinter::fact(std::string_view name, const std::string& value, Tone tone) {
  std::string lines = wrapped(value, prose_width(output_) - 14, 14);
  lines.pop_back();
  out_ << paint(output_, Tone::dim, fit(name, 14)) << paint(output_, tone, std::move(lines)) << '\n';
}

void PlanPrinter::print_counts() {
  Table table({{"  "}, {""}, {"NOW", Room::whole, Align::right}, {"DRY RUN", Room::whole, Align::right}, {"", Room::spare}});
  std::string rows;
  for (std::size_t kind = k_rotate; kind < k_none; ++kind) {
    const Section& section = sections_.at(kind);
    const KindWords& words = k_kinds.at(kind);
    const bool rare = kind == k_note || kind == k_interrupted || kind == k_wait;
    if (section.total == 0 && rare) continue;
    const bool told_only = kind == k_hold || kind == k_wait;
    const long long now = told_only ? section.total : section.total - section.dry_run;
    rows += table.pack({{"  " + std::string(words.mark)},
                        {std::string(words.name)},
                        {grouped(now), section.total > 0 ? words.tone : Tone::dim},
                        {told_only || section.dry_run == 0 ? "" : grouped(section.dry_run)},
                        {std::string(words.means), Tone::dim}});
  }
  rows += table.pack({{"  o"}, {"exempt"}, {grouped(exempt_)}, {""}, {"users that are left alone", Tone::dim}});
  const Table::LaidOut laid_out = table.lay_out(output_);
  out_ << laid_out.header() << laid_out.rows(rows) << '\n';
}

void PlanPrinter::print_rows() {
  const Table::LaidOut laid_out = table_.lay_out(output_);
  for (std::size_t kind = k_rotate; kind < k_none; ++kind) {
    const Section& section = sections_.at(kind);
    if (section.total == 0) continue;
    out_ << paint(output_, Tone::bold, std::string(k_kinds.at(kind).title) + ' ' + grouped(section.total)) << '\n';
    out_ << laid_out.header();
    for (const auto& [account, rows] : section.rows) out_ << laid_out.rows(rows);
    out_ << '\n';
  }
}

void PlanPrinter::print_since(const RunDiff& since, const RunSummary& summary) {
  const std::vector<Difference> differences = since.differences(summary);
  out_ << paint(output_, Tone::bold, "SINCE RUN " + since.run()) << " of " << minute(since.started());
  if (differences.empty()) {
    out_ << ": nothing changed that matters\n\n";
    return;
  }
  out_ << '\n';
  Table table({{"  ACCOUNT"}, {"NAME", Room::expendable}, {"USER", Room::cut}, {"KEY"}, {"WHAT", Room::cut}});
  std::string rows;
  for (const Difference& difference : differences) {
    const Event& event = difference.event;
    const bool bad = difference.kind == Difference::Kind::not_covered;
    rows += table.pack({{"  " + event.account},
                        {event.account_name},
                        {event.user},
                        {last_four(event.access_key_id)},
                        {since_words(difference), bad ? Tone::alarm : Tone::plain}});
  }
  const Table::LaidOut laid_out = table.lay_out(output_);
  out_ << laid_out.header() << laid_out.rows(rows) << '\n';
}

void PlanPrinter::finish_table(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since) {
  print_uncovered(out_, summary, output_);
  print_unread(out_, unread_, unread_.total(), summary.users, output_);
  out_ << paint(output_, Tone::bold, "PLAN " + facts.id) << "  " << printable(summary.organization) << '\n';
  out_ << "  "
       << wrapped(minute(facts.created) + ", " + counted(summary.accounts_covered, "account") + ", " + counted(summary.users, "user") +
                      ", " + counted(summary.keys, "key"),
                  prose_width(output_) - 2, 2)
       << '\n';
  print_counts();
  print_rows();
  if (since != nullptr) print_since(*since, summary);
  const Changes found = changes(summary);
  fact("Guard rails",
       counted(found.all, "change") + " of max_changes " + grouped(limit(summary, "max_changes")) + "; max_changes_per_account " +
           grouped(limit(summary, "max_changes_per_account")) + "; " +
           (found.held_back == 0 ? "nothing would be held back" : grouped(found.held_back) + " WOULD BE HELD BACK"),
       found.held_back == 0 ? Tone::plain : Tone::warning);
  if (!found.full_accounts.empty()) {
    std::string names;
    for (const std::string& account : found.full_accounts) names += (names.empty() ? "" : ", ") + account;
    fact("", "over max_changes_per_account: " + names, Tone::warning);
  }
  if (facts.require_warning) {
    fact("", "notify.require_warning: what is deactivated or deleted waits until its owner has received a warning of it");
  }
  if (!facts.file.empty()) {
    // Printed whole: it is there to be copied.
    out_ << paint(output_, Tone::dim, fit("Plan file", 14)) << printable(facts.file) << "  until " << minute(facts.expires) << '\n';
  }
  fact("Next", next(summary, facts), Tone::bold);
}

void PlanPrinter::finish_json(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since) {
  out_ << "{\"plan\":" << boost::json::serialize(json_of(facts, summary)) << ",\"uncovered\":[";
  std::string_view separator = "\n";
  for (const Uncovered& account : summary.uncovered) {
    out_ << separator << format_event(uncovered_event(account, summary.finished), "");
    separator = ",\n";
  }
  out_ << "\n],\"unread\":[";
  separator = "\n";
  for (const auto& [account, rows] : sections_[k_unread].rows) put_lines(out_, rows, separator);
  out_ << "\n],\"actions\":[";
  separator = "\n";
  for (std::size_t kind = k_rotate; kind < k_none; ++kind) {
    for (const auto& [account, rows] : sections_.at(kind).rows) put_lines(out_, rows, separator);
  }
  out_ << "\n]";
  if (since != nullptr) {
    out_ << ",\"since\":{\"run\":" << boost::json::serialize(boost::json::string(since->run())) << ",\"differences\":[";
    separator = "\n";
    for (const Difference& difference : since->differences(summary)) {
      out_ << separator << "{\"what\":\"" << to_string(difference.kind) << "\",\"line\":" << format_event(difference.event, "") << '}';
      separator = ",\n";
    }
    out_ << "\n]}";
  }
  out_ << ",\"totals\":" << totals(summary) << "}\n";
}

void PlanPrinter::finish_jsonl(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since) {
  boost::json::object head{{"event", "plan"}};
  for (const auto& member : json_of(facts, summary)) head[member.key()] = member.value();
  out_ << boost::json::serialize(head) << '\n';
  for (const Uncovered& account : summary.uncovered) out_ << format_event(uncovered_event(account, summary.finished), "") << '\n';
  for (const Section& section : sections_) {
    for (const auto& [account, rows] : section.rows) out_ << rows;
  }
  if (since != nullptr) {
    for (const Difference& difference : since->differences(summary)) {
      out_ << "{\"event\":\"difference\",\"since_run\":" << boost::json::serialize(boost::json::string(since->run())) << ",\"what\":\""
           << to_string(difference.kind) << "\",\"line\":" << format_event(difference.event, "") << "}\n";
    }
  }
  out_ << "{\"event\":\"totals\",\"totals\":" << totals(summary) << "}\n";
}

void PlanPrinter::finish_csv(const RunSummary& summary, const RunDiff* since) {
  out_ << csv_line(csv_header());
  for (const Uncovered& account : summary.uncovered) {
    Event event = uncovered_event(account, summary.finished);
    event.action = "not_covered";
    out_ << csv_row("", event);
  }
  for (const Section& section : sections_) {
    for (const auto& [account, rows] : section.rows) out_ << rows;
  }
  if (since == nullptr) return;
  for (const Difference& difference : since->differences(summary)) out_ << csv_row(to_string(difference.kind), difference.event);
}

std::string PlanPrinter::totals(const RunSummary& summary) const {
  boost::json::object totals;
  totals["accounts_participating"] = summary.accounts_participating;
  totals["accounts_covered"] = summary.accounts_covered;
  totals["accounts_uncovered"] = summary.uncovered.size();
  totals["users"] = summary.users;
  totals["users_unreadable"] = unread_.total();
  totals["users_exempt"] = exempt_;
  totals["keys"] = summary.keys;
  for (std::size_t kind = k_rotate; kind < k_none; ++kind) {
    totals[k_kinds.at(kind).name] = sections_.at(kind).total;
    if (sections_.at(kind).dry_run > 0) totals[std::string(k_kinds.at(kind).name) + "_dry_run"] = sections_.at(kind).dry_run;
  }
  const Changes found = changes(summary);
  totals["changes"] = found.all;
  totals["held_back"] = found.held_back;
  boost::json::object limits;
  for (const auto& [name, value] : summary.limits) limits[name] = value;
  totals["limits"] = std::move(limits);
  return boost::json::serialize(totals);
}

void PlanPrinter::finish(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since) {
  switch (output_.format) {
    case Format::table: finish_table(summary, facts, since); break;
    case Format::json: finish_json(summary, facts, since); break;
    case Format::jsonl: finish_jsonl(summary, facts, since); break;
    case Format::csv: finish_csv(summary, since); break;
  }
  out_.flush();
}

}  // namespace keyward::report
