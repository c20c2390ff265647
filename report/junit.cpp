#include "report/junit.hpp"

#include <utility>

#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

/// `text` as the content of an attribute. escape_html() leaves nothing that XML 1.0 forbids.
std::string attribute(std::string_view name, std::string_view text) {
  return ' ' + std::string(name) + "=\"" + escape_html(text) + '"';
}

std::string attribute(std::string_view name, int number) { return attribute(name, std::to_string(number)); }

std::string without_zone(base::Instant time) {
  std::string text = base::format_iso8601(time);
  text.pop_back();  // the schemas in use know xs:dateTime without one; docs/formats.md says that it is UTC
  return text;
}

std::string marked(std::string_view element, std::string_view message, std::string_view type) {
  return "<" + std::string(element) + attribute("message", message) + attribute("type", type) + "></" + std::string(element) + ">";
}

std::string case_name(const Event& event) {
  if (event.access_key_id.empty()) return event.user;
  const std::size_t from = event.access_key_id.size() < 4 ? 0 : event.access_key_id.size() - 4;
  return event.user + " key " + event.access_key_id.substr(from);
}

std::string cause(const Event& event) {
  std::string reason = event.reason.empty() ? "" : why(event);
  if (!event.detail.empty()) return reason.empty() ? event.detail : reason + ": " + event.detail;
  if (!reason.empty()) return reason;
  return event.age_days ? std::to_string(*event.age_days) + " d old" : "";
}

}  // namespace

JUnitWriter::JUnitWriter(const RunSummary& summary, TextSink out) : out_(std::move(out)) {
  out_(std::string(k_junit_beginning) + " version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
  for (const Uncovered& account : summary.uncovered) not_covered(account, summary.finished);
}

void JUnitWriter::add(const Event& event) {
  if (event.verdict.empty()) return;
  if (event.account != suite_.account) {
    flush();
    suite_ = Suite{event.account, event.account_name, event.time, "", 0, 0, 0, 0};
  }
  ++suite_.tests;
  std::string result;
  if (event.verdict == "out_of_policy") {
    ++suite_.failures;
    result = marked("failure", cause(event), "out_of_policy");
  } else if (event.verdict == "unknown") {
    ++suite_.errors;
    result = marked("error", cause(event), "unknown");
  } else if (event.verdict == "exempt") {
    ++suite_.skipped;
    result = "<skipped></skipped>";
  }
  suite_.cases += "    <testcase" + attribute("name", case_name(event)) + attribute("classname", event.account) + attribute("time", 0) + '>' +
                  result + "</testcase>\n";
}

void JUnitWriter::not_covered(const Uncovered& account, base::Instant at) {
  flush();
  suite_ = Suite{account.account, account.name, at, "", 1, 0, 1, 0};
  suite_.cases = "    <testcase" + attribute("name", "account is covered") + attribute("classname", account.account) + attribute("time", 0) + '>' +
                 marked("error", account.reason, "not_covered") + "</testcase>\n";
  flush();
}

void JUnitWriter::flush() {
  const Suite suite = std::exchange(suite_, Suite{});
  if (suite.tests == 0) return;
  const std::string name = suite.name.empty() ? suite.account : suite.account + ' ' + suite.name;
  out_("  <testsuite" + attribute("name", name) + attribute("package", "keyward") + attribute("id", suites_++) +
       attribute("timestamp", without_zone(suite.time)) + attribute("hostname", "localhost") + attribute("tests", suite.tests) +
       attribute("failures", suite.failures) + attribute("errors", suite.errors) + attribute("skipped", suite.skipped) +
       attribute("time", 0) + ">\n    <properties></properties>\n" + suite.cases +
       "    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n");
}

void JUnitWriter::end() {
  flush();
  out_("</testsuites>\n");
}

}  // namespace keyward::report
