#include "fuzz/fuzz.hpp"
#include "orchestrator/journal_lines.hpp"
#include "report/event_log.hpp"
#include "report/summary.hpp"
#include "rotation/ledger.hpp"

// What earlier runs left: the ledger in a user's tag, lines of the journal and of events.jsonl, run.json. All of them can
// be edited by others. Input: which of them, then its text.
namespace keyward::fuzz {
namespace {

void ledger(std::string_view text) {
  const auto read = rotation::parse_ledger(text);
  if (!read) {
    require(read.error().kind == base::ErrorKind::invalid, "a ledger that cannot be read is invalid");
    return;
  }
  const auto written = rotation::format_ledger(*read);
  if (!written) {
    require(written.error().kind == base::ErrorKind::limit_exceeded, "a ledger only may be too long to write");
    return;
  }
  require(written->size() <= 256, "a tag's value has 256 characters");
  const auto again = rotation::parse_ledger(*written);
  require(again.has_value(), "a ledger that was written is read");
  const auto twice = rotation::format_ledger(*again);
  require(twice && *twice == *written, "and says the same");
}

void journal(std::string_view text) {
  const auto read = orchestrator::read_line(text);
  if (!read) return;
  const std::string written = orchestrator::text_of(read->line, read->state);
  require(written.find('\n') == written.size() - 1, "a line of the journal is one line");
  const auto again = orchestrator::read_line(std::string_view(written).substr(0, written.size() - 1));
  require(again.has_value(), "a line that was written is read");
  require(orchestrator::name_of(again->line) == orchestrator::name_of(read->line), "under the same name");
  require(orchestrator::text_of(again->line, again->state) == written, "and says the same");
}

void event(std::string_view text) {
  const auto read = report::parse_event(text);
  if (!read) return;
  const std::string written = report::format_event(*read, "run");
  require(written.find('\n') == std::string::npos, "an event is one line");
  const auto again = report::parse_event(written);
  require(again.has_value(), "an event that was written is read");
  require(report::format_event(*again, "run") == written, "and says the same");
}

void summary(std::string_view text) {
  const auto read = report::parse_summary(text);
  if (!read) return;
  const std::string written = report::format_summary(*read);
  const auto again = report::parse_summary(written);
  require(again.has_value(), "a summary that was written is read");
  require(report::format_summary(*again) == written, "and says the same");
}

}  // namespace

KEYWARD_FUZZ_TARGET(records) {
  Input in(input);
  constexpr std::array k_records{ledger, journal, event, summary};
  k_records[in.choice(k_records.size())](in.rest());
}

}  // namespace keyward::fuzz
