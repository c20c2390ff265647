#include "report/run_table.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "report/event_log.hpp"
#include "report/gaps.hpp"
#include "report/layout.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

/// Rows of one section of the run summary on a terminal; the rest is counted and in the report.
constexpr std::size_t k_rows_shown = 15;

/// A section as it is printed: its title and the rows that are shown, packed.
struct Part {
  std::string_view title;
  const Section& section;
  Tone tone = Tone::bold;
  std::vector<std::string> rows = {};

  std::size_t shown() const { return std::min(section.kept().size(), k_rows_shown); }
};

/// Prints one run for people, section by section.
class RunTable {
 public:
  RunTable(std::ostream& out, const RunSummary& summary, const RunFiles& files, const Output& output)
      : out_(out), summary_(summary), files_(files), output_(output), width_(prose_width(output)) {}

  void print(const Highlights& h) {
    banner();
    print_uncovered(out_, summary_, output_);
    unread(h.unread);
    problems({{"RECOVERY NEEDED", h.recovery, Tone::alarm},
              {"NEEDS A PERSON", h.needs_human, Tone::warning},
              {"INTERRUPTED", h.interrupted, Tone::warning},
              {"FAILED", h.failed, Tone::alarm},
              {"NOT DONE", h.not_done, Tone::warning}});
    changes({{"ROTATED", h.rotated}, {"DEACTIVATED", h.deactivated}, {"DELETED", h.deleted}, {"WARNED", h.warned}});
    if (extent_of(summary_) == Extent::mixed && h.only_told() > 0) dry_run_rows_follow();
    changes({{"WOULD ROTATE", h.would_rotate},
             {"WOULD DEACTIVATE", h.would_deactivate},
             {"WOULD DELETE", h.would_delete},
             {"DUE SOON", h.due_soon}});
    totals();
  }

 private:
  std::string dry_run_banner() const {
    if (summary_.command == "recover") return "NOTHING WAS CHANGED: interrupted rotations are only listed.";
    const std::string who = summary_.command == "rotate" ? "it" : "a run";
    return "DRY RUN: nothing was changed. What follows is what " + who + " would do.";
  }

  void banner() {
    switch (extent_of(summary_)) {
      case Extent::dry_run:
        out_ << paint(output_, Tone::warning, dry_run_banner()) << "\n\n";
        break;
      case Extent::mixed:
        out_ << paint(output_, Tone::warning,
                      "PARTLY DRY RUN: " + accounts_in_dry_run(summary_) + " in dry run; nothing was changed there.")
             << "\n\n";
        break;
      case Extent::enforced: break;
    }
    if (!summary_.stopped_by.empty()) {
      out_ << paint(output_, Tone::alarm, wrapped("STOPPED: " + summary_.stopped_by, width_, 0)) << '\n';
    } else if (summary_.interrupted) {
      out_ << paint(output_, Tone::alarm, "INTERRUPTED: accounts in work were finished, the others not begun.")
           << "\n\n";
    }
  }

  void unread(const Section& section) {
    UnreadUsers users;
    for (const Event& event : section.kept()) users.add(event);
    const std::size_t total = std::max(users.total(), static_cast<std::size_t>(summary_.users_unreadable));
    print_unread(out_, users, total, summary_.users, output_);
  }

  void dry_run_rows_follow() {
    out_ << paint(output_, Tone::warning, "In dry run, so only told (" + accounts_in_dry_run(summary_) + "):") << '\n';
  }

  void heading(const Part& part) {
    out_ << paint(output_, part.tone, std::string(part.title) + ' ' + std::to_string(part.section.total())) << '\n';
  }

  void rest(const Part& part) {
    if (part.section.total() <= part.shown()) return;
    const std::string where = files_.report.empty() ? files_.events : files_.report;
    out_ << "  ... and " << part.section.total() - part.shown() << " more in " << printable(where) << '\n';
  }

  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  /// What failed or waits, section by section, in columns of one width.
  void problems(std::vector<Part> parts) {
    Table table({{""}, {"", Room::expendable}, {"", Room::cut}, {""}, {"", Room::cut}});
    for (Part& part : parts) {
      for (std::size_t i = 0; i < part.shown(); ++i) {
        const Event& event = part.section.kept()[i];
        part.rows.push_back(table.pack({{"  " + event.account},
                                        {event.account_name},
                                        {event.user.empty() ? event.recipient : event.user},
                                        {event.access_key_id.empty() ? "" : last_four(event.access_key_id)},
                                        {matter(event), part.tone}}));
      }
    }
    const Table::LaidOut laid_out = table.lay_out(output_);
    for (const Part& part : parts) {
      if (part.section.total() > 0) problem_section(part, laid_out);
    }
  }

  /// Cause and remedy of each; equal remedies that follow each other are said once.
  void problem_section(const Part& part, const Table::LaidOut& laid_out) {
    heading(part);
    std::string remedy;
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      const Event& event = part.section.kept()[i];
      const std::string next = advice(event);
      if (i > 0 && next != remedy && !remedy.empty()) out_ << "  -> " << wrapped(remedy, width_ - 5, 5);
      remedy = next;
      out_ << laid_out.rows(part.rows[i]);
      const std::string cause = !event.error.empty() ? event.error : event.detail;
      if (!cause.empty()) out_ << "                " << wrapped(cause, width_ - 16, 16);
      if (event.todo.empty()) continue;
      // Commands are to be copied: each on a line of its own, never wrapped.
      out_ << "  -> " << remedy << '\n';
      for (const std::string& command : lines_of(event.todo)) out_ << "     " << printable(command) << '\n';
      remedy.clear();
    }
    if (!remedy.empty()) out_ << "  -> " << wrapped(remedy, width_ - 5, 5);
    rest(part);
    out_ << '\n';
  }

  /// What was done or would be, section by section, in columns of one width.
  void changes(std::vector<Part> parts) {
    Table table({{"  ACCOUNT"}, {"NAME", Room::expendable}, {"USER", Room::cut}, {"KEY"}, {"WHY", Room::cut}, {"DUE"}});
    for (Part& part : parts) {
      for (std::size_t i = 0; i < part.shown(); ++i) {
        const Event& event = part.section.kept()[i];
        part.rows.push_back(table.pack({{"  " + event.account},
                                        {event.account_name},
                                        {event.user},
                                        {last_four(event.access_key_id)},
                                        {why(event)},
                                        {event.due ? base::format_date(*event.due) : "now"}}));
      }
    }
    const Table::LaidOut laid_out = table.lay_out(output_);
    for (const Part& part : parts) {
      if (part.section.total() == 0) continue;
      heading(part);
      out_ << laid_out.header();
      for (const std::string& row : part.rows) out_ << laid_out.rows(row);
      rest(part);
      out_ << '\n';
    }
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
    std::string lines = wrapped(value, width_ - 12, 12);
    lines.pop_back();
    out_ << paint(output_, Tone::dim, fit(name, 12)) << paint(output_, tone, std::move(lines)) << '\n';
  }

  void totals() {
    const RunSummary& s = summary_;
    fact("Run", s.run + (s.organization.empty() ? "" : "  " + s.organization) + "  " + minute(s.started) + "  " +
                    duration(s.started, s.finished));
    if (!s.plan.empty()) {
      const int stale = stale_actions(s);
      fact("Plan", s.plan + ": " + grouped(stale) + " stale, " + grouped(s.due_since_plan) + " due since it was made and not in it",
           stale + s.due_since_plan == 0 ? Tone::plain : Tone::warning);
    }
    if (s.shard) fact("Shard", shard_words(s) + "; the others are not in this shard");
    if (!s.merged_from.empty()) fact("Merged", counted(static_cast<long long>(s.merged_from.size()), "record") + " of shards");
    if (!s.shards_missing.empty()) fact("MISSING", "shards " + missing_shards(s), Tone::alarm);
    const std::size_t uncovered = s.uncovered.size();
    const auto unread = static_cast<std::size_t>(s.users_unreadable);
    fact("Coverage",
         grouped(s.accounts_covered) + " of " + counted(s.accounts_participating, "account") +
             (uncovered == 0 ? "" : ", " + std::to_string(uncovered) + " NOT COVERED") +
             (unread == 0 ? "" : ", " + users_not_read(unread)) +
             (s.accounts_total > s.accounts_participating
                  ? "; " + grouped(s.accounts_total - s.accounts_participating) + " not taking part"
                  : ""),
         uncovered + unread + s.shards_missing.size() == 0 ? Tone::good : Tone::alarm);
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
      fact("Clock", "this host's clock is " + host_clock(s.clock_offset_seconds) + "; AWS's time was used",
           Tone::warning);
    }
    fact("Exit code", std::to_string(s.exit_code) + ", " + std::string(exit_code_words(s.exit_code)),
         s.exit_code == 0 ? Tone::good : Tone::warning);
    // Paths are printed whole: they are there to be copied.
    if (!files_.report.empty())
      out_ << paint(output_, Tone::dim, fit("Report", 12)) << printable(files_.report) << '\n';
    else
      fact("Report", "NOT WRITTEN; standard error says why", Tone::alarm);
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
  return {&h.unread,  &h.recovery, &h.needs_human, &h.interrupted, &h.failed,           &h.not_done,     &h.rotated, &h.deactivated,
          &h.deleted, &h.warned,   &h.would_rotate, &h.would_deactivate, &h.would_delete, &h.due_soon};
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
      for (const std::string& shard : summary.shards_missing) {
        out << csv_line({"", "", "", "", "shard", "", "", "missing", "", "the record of shard " + shard + " was not merged", "", ""});
      }
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
        out << csv_line({"", "", "", "", "omitted", "", "", "", "", "",
                         std::to_string(count) + " more events in " + files.events, ""});
      }
      break;
  }
  out.flush();
}

}  // namespace keyward::report
