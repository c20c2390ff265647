#include "report/simulation.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>
#include <utility>

#include "report/event_log.hpp"
#include "report/gaps.hpp"
#include "report/layout.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

constexpr std::size_t k_days_of_a_week = 7;

/// Actions added up; of what is counted anew every day the largest.
SimulatedDay sum_of(std::vector<SimulatedDay>::const_iterator first, std::vector<SimulatedDay>::const_iterator last) {
  SimulatedDay sum;
  sum.at = first->at;
  for (; first != last; ++first) {
    sum.rotations += first->rotations;
    sum.deactivations += first->deactivations;
    sum.deletions += first->deletions;
    sum.warnings += first->warnings;
    sum.held_back += first->held_back;
    sum.needs_human += first->needs_human;
    sum.mails += first->mails;
    sum.out_of_policy = std::max(sum.out_of_policy, first->out_of_policy);
    sum.over_90 = std::max(sum.over_90, first->over_90);
    sum.oldest_days = std::max(sum.oldest_days, first->oldest_days);
  }
  return sum;
}

std::vector<SimulatedDay> weeks_of(const std::vector<SimulatedDay>& days) {
  std::vector<SimulatedDay> weeks;
  for (auto first = days.begin(); first != days.end();) {
    const auto left = static_cast<std::size_t>(days.end() - first);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(k_days_of_a_week, left));
    weeks.push_back(sum_of(first, last));
    first = last;
  }
  return weeks;
}

/// The days on which a check of key ages fails.
struct FailingDays {
  std::size_t count = 0;
  base::Instant first;
  base::Instant last;
  int most_keys = 0;
  int at_the_end = 0;
};

FailingDays failing(const std::vector<SimulatedDay>& days) {
  FailingDays found;
  for (const SimulatedDay& day : days) {
    if (day.over_90 == 0) continue;
    if (found.count++ == 0) found.first = day.at;
    found.last = day.at;
    found.most_keys = std::max(found.most_keys, day.over_90);
  }
  found.at_the_end = days.back().over_90;
  return found;
}

boost::json::object day_json(const SimulatedDay& day) {
  return {{"date", base::format_date(day.at)}, {"rotations", day.rotations},         {"deactivations", day.deactivations},
          {"deletions", day.deletions},        {"warnings", day.warnings},           {"mails", day.mails},
          {"held_back", day.held_back},        {"needs_human", day.needs_human},     {"out_of_policy", day.out_of_policy},
          {"over_90_days", day.over_90},       {"oldest_active_key_days", day.oldest_days}};
}

boost::json::object period_json(const SimulatedPeriod& period) {
  const FailingDays failed = failing(period.days);
  boost::json::object check{{"days_failing", failed.count}, {"most_keys", failed.most_keys}, {"keys_on_last_day", failed.at_the_end}};
  if (failed.count > 0) {
    check["first"] = base::format_date(failed.first);
    check["last"] = base::format_date(failed.last);
  }
  boost::json::array days, weeks;
  for (const SimulatedDay& day : period.days) days.push_back(day_json(day));
  for (const SimulatedDay& week : weeks_of(period.days)) weeks.push_back(day_json(week));
  boost::json::object totals = day_json(sum_of(period.days.begin(), period.days.end()));
  totals.erase("date");
  return {{"rotate_after_days", period.rotate_after_days},
          {"totals", std::move(totals)},
          {"check_90_days", std::move(check)},
          {"weeks", std::move(weeks)},
          {"days", std::move(days)}};
}

boost::json::object facts_json(const SimulationReport& report) {
  return {{"adoption", report.adoption},
          {"users", report.users},
          {"keys", report.keys},
          {"exempt_users", report.exempt_users},
          {"unreadable_users", report.unreadable_users},
          {"users_without_recipient", report.users_without_recipient},
          {"accounts_dry_run_simulated_as_enforced", report.accounts_dry_run},
          {"max_changes", report.max_changes},
          {"max_changes_per_account", report.max_changes_per_account}};
}

std::string check_words(const FailingDays& failed, std::size_t days) {
  if (failed.count == 0) return "would pass on every day";
  return "would fail on " + grouped(static_cast<long long>(failed.count)) + " of " + counted(static_cast<long long>(days), "day") +
         ", first on " + base::format_date(failed.first) + ", last on " + base::format_date(failed.last) + ", with up to " +
         counted(failed.most_keys, "key") + ", on the last day simulated " + grouped(failed.at_the_end);
}

std::string_view adoption_words(const std::string& adoption) {
  if (adoption == "late") return "owners use the old key until it is deactivated, and the new one then";
  if (adoption == "never") return "owners never use the new key";
  return "owners go over to the new key the next day";
}

void print_weeks(std::ostream& out, const SimulatedPeriod& period, const Output& output) {
  Table table({{"WEEK OF"},
               {"ROTATED", Room::whole, Align::right},
               {"SWITCHED OFF", Room::whole, Align::right},
               {"DELETED", Room::whole, Align::right},
               {"WARNINGS", Room::whole, Align::right},
               {"MAILS", Room::whole, Align::right},
               {"HELD BACK", Room::spare, Align::right},
               {"OUT OF POLICY", Room::spare, Align::right},
               {"OLDEST", Room::whole, Align::right}});
  const auto cell = [](int number, Tone tone = Tone::plain) { return Cell{number == 0 ? "-" : grouped(number), number == 0 ? Tone::dim : tone}; };
  std::string rows;
  for (const SimulatedDay& week : weeks_of(period.days)) {
    rows += table.pack({{base::format_date(week.at)},
                        cell(week.rotations),
                        cell(week.deactivations),
                        cell(week.deletions),
                        cell(week.warnings),
                        cell(week.mails),
                        cell(week.held_back, Tone::warning),
                        cell(week.out_of_policy, Tone::warning),
                        {week.oldest_days == 0 ? "-" : grouped(week.oldest_days) + " d", week.over_90 > 0 ? Tone::warning : Tone::plain}});
  }
  const Table::LaidOut laid_out = table.lay_out(output);
  out << laid_out.header() << laid_out.rows(rows) << '\n';
}

class Prose {
 public:
  Prose(std::ostream& out, const Output& output) : out_(out), width_(prose_width(output)) {}
  void line(const std::string& text) { out_ << wrapped(text, width_ - 2, 2); }

 private:
  std::ostream& out_;
  std::size_t width_;
};

void print_assumptions(Prose& prose, const SimulationReport& report) {
  prose.line("Assumed: one run a day, " + std::string(adoption_words(report.adoption)) +
             " (--adoption); keys used in the last 30 days stay in use, nobody else touches keys, no call fails, and no user comes or goes.");
  prose.line("A run changes " + counted(report.max_changes, "key") + " at most, " + grouped(report.max_changes_per_account) +
             " in an account (limits); what is held back comes the next day.");
  if (report.accounts_dry_run > 0) {
    prose.line(counted(report.accounts_dry_run, "account") + " in dry run: simulated as if keyward were allowed to act there from today on.");
  }
  if (report.exempt_users > 0) {
    prose.line(counted(report.exempt_users, "exempt user") + " left alone, those with an `until` to that day; auditors look at "
               "their keys all the same.");
  }
  if (report.users_without_recipient > 0) {
    prose.line(counted(report.users_without_recipient, "user") + " of whose keys nobody would hear: see notify.fallback.");
  }
}

void print_table(std::ostream& out, const RunSummary& summary, const SimulationReport& report, const Output& output) {
  print_uncovered(out, summary, output);
  Prose prose(out, output);
  if (report.unreadable_users > 0) {
    out << paint(output, Tone::alarm, users_not_read(static_cast<std::size_t>(report.unreadable_users))) << '\n';
    prose.line("As long as that is so nothing is switched off or deleted there. `keyward audit` says which and why.");
    out << '\n';
  }
  const SimulatedPeriod& now = report.as_configured;
  const SimulatedDay all = sum_of(now.days.begin(), now.days.end());
  print_weeks(out, now, output);
  const std::string totals = counted(static_cast<long long>(now.days.size()), "day") + ": " + counted(all.rotations, "rotation") + ", " +
                             counted(all.deactivations, "deactivation") + ", " + counted(all.deletions, "deletion") + ", " +
                             counted(all.mails, "mail") + "; " + counted(report.keys, "key") + " of " + counted(report.users, "user") + " in " +
                             counted(summary.accounts_covered, "account");
  out << paint(output, Tone::bold, wrapped(totals, prose_width(output) - 2, 2)) << '\n';
  const FailingDays failed = failing(now.days);
  prose.line("A check of the CIS kind (an active key older than 90 days) " + check_words(failed, now.days.size()) + ".");
  if (report.earlier) {
    const SimulatedDay other = sum_of(report.earlier->days.begin(), report.earlier->days.end());
    prose.line("With policy.rotate_after_days: " + std::to_string(report.earlier->rotate_after_days) + " it " +
               check_words(failing(report.earlier->days), now.days.size()) + "; " + counted(other.rotations, "rotation") + " instead of " +
               grouped(all.rotations) + ", " + counted(other.mails, "mail") + " instead of " + grouped(all.mails) + ".");
  } else {
    prose.line("policy.rotate_after_days: " + std::to_string(now.rotate_after_days) + " leaves the time that a handover needs before day 90.");
  }
  if (all.needs_human > 0) {
    prose.line(counted(all.needs_human, "decision") + " of a person needed: `keyward explain` says for each user why.");
  }
  out << '\n';
  print_assumptions(prose, report);
}

const std::vector<std::string>& csv_header() {
  static const std::vector<std::string> header{"date",      "rotations",   "deactivations", "deletions",    "warnings",
                                               "mails",     "held_back",   "needs_human",   "out_of_policy", "over_90_days",
                                               "oldest_active_key_days"};
  return header;
}

void print_csv(std::ostream& out, const SimulationReport& report) {
  out << csv_line(csv_header());
  for (const SimulatedDay& day : report.as_configured.days) {
    const boost::json::object values = day_json(day);
    std::vector<std::string> fields{base::format_date(day.at)};
    for (std::size_t i = 1; i < csv_header().size(); ++i) fields.push_back(boost::json::serialize(values.at(csv_header()[i])));
    out << csv_line(fields);
  }
}

void print_json(std::ostream& out, const RunSummary& summary, const SimulationReport& report) {
  out << "{\"uncovered\":[";
  std::string_view separator = "\n";
  for (const Uncovered& account : summary.uncovered) {
    out << separator << format_event(uncovered_event(account, summary.finished), "");
    separator = ",\n";
  }
  out << "\n],\"simulated\":" << boost::json::serialize(facts_json(report));
  out << ",\n\"as_configured\":" << boost::json::serialize(period_json(report.as_configured));
  if (report.earlier) out << ",\n\"rotated_earlier\":" << boost::json::serialize(period_json(*report.earlier));
  out << "}\n";
}

void print_jsonl(std::ostream& out, const RunSummary& summary, const SimulationReport& report) {
  for (const Uncovered& account : summary.uncovered) out << format_event(uncovered_event(account, summary.finished), "") << '\n';
  for (const SimulatedDay& day : report.as_configured.days) {
    boost::json::object line{{"type", "day"}};
    for (const auto& member : day_json(day)) line[member.key()] = member.value();
    out << boost::json::serialize(line) << '\n';
  }
  boost::json::object facts{{"type", "simulated"}};
  for (const auto& member : facts_json(report)) facts[member.key()] = member.value();
  out << boost::json::serialize(facts) << '\n';
}

}  // namespace

void print_simulation(std::ostream& out, const RunSummary& summary, const SimulationReport& report, const Output& output) {
  switch (output.format) {
    case Format::table: print_table(out, summary, report, output); break;
    case Format::json: print_json(out, summary, report); break;
    case Format::jsonl: print_jsonl(out, summary, report); break;
    case Format::csv: print_csv(out, report); break;
  }
  out.flush();
}

}  // namespace keyward::report
