#include "report/audit_table.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "report/csv_keys.hpp"
#include "report/event_log.hpp"
#include "report/layout.hpp"
#include "report/user_events.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

std::vector<Column> audit_columns() {
  return {{"ACCOUNT"},
          {"NAME", Room::expendable},
          {"USER", Room::cut},
          {"KEY"},
          {"AGE", Room::whole, Align::right},
          {"USED", Room::whole, Align::right},
          {"STATUS"},
          {"WHY", Room::spare},
          {"NEXT"}};
}

Tone verdict_tone(std::string_view verdict) {
  if (verdict == "out_of_policy") return Tone::alarm;
  if (verdict == "unknown") return Tone::warning;
  if (verdict == "ok") return Tone::good;
  return Tone::dim;
}

std::string age_text(const Event& event) { return event.age_days ? std::to_string(*event.age_days) + " d" : "-"; }

boost::json::object unread_json(const std::string& id, const UnreadUsers::Account& account) {
  boost::json::object line;
  line["account"] = id;
  line["account_name"] = valid_utf8(account.name);
  boost::json::array users;
  for (const std::string& user : account.users) users.emplace_back(valid_utf8(user));
  line["users"] = std::move(users);
  line["detail"] = valid_utf8(account.cause);
  return line;
}

boost::json::object audit_totals(const RunSummary& summary, const UnreadUsers& unread, long long users, long long keys,
                                 long long overdue, long long unknown) {
  boost::json::object totals;
  if (summary.shard) {
    totals["shard"] = std::to_string(summary.shard->index) + '/' + std::to_string(summary.shard->count);
    totals["accounts_of_shard"] = summary.accounts_total;
    totals["accounts_in_organization"] = summary.shard->accounts_in_organization;
  }
  totals["accounts_participating"] = summary.accounts_participating;
  totals["accounts_covered"] = summary.accounts_covered;
  totals["accounts_uncovered"] = summary.uncovered.size();
  totals["users"] = users;
  totals["users_unreadable"] = unread.total();
  totals["keys"] = keys;
  totals["out_of_policy"] = overdue;
  totals["unknown"] = unknown;
  return totals;
}

}  // namespace

AuditPrinter::AuditPrinter(std::ostream& out, const Output& output) : out_(out), output_(output), table_(audit_columns()) {}

std::string AuditPrinter::render(const Event& event, base::Instant now) {
  switch (output_.format) {
    case Format::json:
    case Format::jsonl: return format_event(event, "") + '\n';
    case Format::csv: return csv_line(key_cells(event));
    case Format::table: break;
  }
  std::string next = next_step(event, now);
  if (next.empty() && event.verdict == "unknown") next = phrase(event.reason);
  const Tone tone = next.starts_with("now") || event.action == "hold" ? Tone::warning : Tone::plain;
  return table_.pack({{event.account},
                      {event.account_name},
                      {event.user},
                      {last_four(event.access_key_id)},
                      {age_text(event)},
                      {last_used(event)},
                      {verdict_word(event.verdict), verdict_tone(event.verdict)},
                      {event.reason.empty() ? "" : why(event)},
                      {next, tone}});
}

void AuditPrinter::add(const accounts::Account& account, const std::vector<rotation::UserReport>& users,
                       const rotation::Policy& policy, base::Instant now) {
  const bool only_rows = output_.format == Format::csv || output_.format == Format::jsonl;
  std::string rows;
  std::string unread_rows;
  for (const rotation::UserReport& user : users) {
    ++users_;
    const std::vector<Event> events = user_events(account, user, policy, now);
    for (const Event& event : events) unread_.add(event);
    std::string& target = only_rows && std::ranges::any_of(events, is_unread) ? unread_rows : rows;
    for (const Event& event : events) {
      if (event.verdict.empty()) continue;
      if (!event.access_key_id.empty()) ++keys_;
      if (event.verdict == to_string(Verdict::out_of_policy)) ++overdue_;
      if (event.verdict == to_string(Verdict::unknown)) ++unknown_;
      target += render(event, now);
    }
  }
  if (!rows.empty()) accounts_[account.id.str()] += rows;
  if (!unread_rows.empty()) unread_rows_[account.id.str()] += unread_rows;
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
  print_unread(out_, unread_, unread_.total(), static_cast<int>(users_), output_);
  if (!accounts_.empty()) {
    const Table::LaidOut laid_out = table_.lay_out(output_);
    out_ << laid_out.header();
    for (const auto& [account, rows] : accounts_) out_ << laid_out.rows(rows);
    out_ << '\n';
  }
  out_ << paint(output_, Tone::bold, counted(keys_, "key") + " of " + counted(users_, "user")) << " in "
       << counted(summary.accounts_covered, "account") << ": ";
  out_ << paint(output_, overdue_ > 0 ? Tone::alarm : Tone::good, grouped(overdue_) + " out of policy");
  if (unknown_ > 0) out_ << ", " << paint(output_, Tone::warning, grouped(unknown_) + " unknown");
  const std::size_t uncovered = summary.uncovered.size();
  if (uncovered > 0)
    out_ << ", " << paint(output_, Tone::alarm, counted(static_cast<long long>(uncovered), "account") + " NOT COVERED");
  if (unread_.total() > 0) out_ << ", " << paint(output_, Tone::alarm, users_not_read(unread_.total()));
  if (uncovered == 0 && unread_.total() == 0) out_ << ", " << paint(output_, Tone::good, summary.shard ? "every account of this shard covered" : "every account covered");
  out_ << '\n';
  if (summary.shard) out_ << "Shard " << shard_words(summary) << "; the others are not in this shard\n";
}

void AuditPrinter::finish_json(const RunSummary& summary) {
  std::string_view separator = "\n";
  out_ << "{\"uncovered\":[";
  for (const Uncovered& account : summary.uncovered) {
    out_ << separator << format_event(uncovered_event(account, summary.finished), "");
    separator = ",\n";
  }
  out_ << "\n],\"unread\":[";
  separator = "\n";
  for (const auto& [id, account] : unread_.accounts()) {
    out_ << separator << boost::json::serialize(unread_json(id, account));
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
  out_ << "\n],\"totals\":" << boost::json::serialize(audit_totals(summary, unread_, users_, keys_, overdue_, unknown_))
       << "}\n";
}

void AuditPrinter::finish_jsonl(const RunSummary& summary) {
  for (const Uncovered& account : summary.uncovered)
    out_ << format_event(uncovered_event(account, summary.finished), "") << '\n';
  for (const auto& [account, rows] : unread_rows_) out_ << rows;
  for (const auto& [account, rows] : accounts_) out_ << rows;
  boost::json::object line;
  line["event"] = "totals";
  for (const auto& member : audit_totals(summary, unread_, users_, keys_, overdue_, unknown_))
    line[member.key()] = member.value();
  out_ << boost::json::serialize(line) << '\n';
}

void AuditPrinter::finish_csv(const RunSummary& summary) {
  out_ << csv_line(key_columns());
  for (const Uncovered& account : summary.uncovered) out_ << csv_line(uncovered_cells(account));
  for (const auto& [account, rows] : unread_rows_) out_ << rows;
  for (const auto& [account, rows] : accounts_) out_ << rows;
}

}  // namespace keyward::report
