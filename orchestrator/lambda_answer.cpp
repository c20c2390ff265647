#include "orchestrator/lambda_answer.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "aws/lambda_runtime.hpp"
#include "report/event_log.hpp"
#include "report/words.hpp"

namespace keyward::orchestrator {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// A secret access key is 40 characters of base64, a session token hundreds. Paths and ARNs have other characters in between.
constexpr std::size_t k_secret_key = 40;
constexpr std::size_t k_session_token = 100;
// A message is read in an alarm or a console; what follows is in the answer.
constexpr std::size_t k_named = 10;

bool is_base64(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '=';
}

std::string_view failure_type(ExitCode code) {
  switch (code) {
    case ExitCode::done: return "";
    case ExitCode::usage: return "Function.Configuration";
    case ExitCode::findings: return "Function.Findings";
    case ExitCode::partial: return "Function.Partial";
    case ExitCode::preflight_failed: return "Function.PreflightFailed";
    case ExitCode::safety_stop: return "Function.SafetyStop";
    case ExitCode::already_running: return "Function.AlreadyRunning";
    case ExitCode::recovery_needed: return "Function.RecoveryNeeded";
    case ExitCode::interrupted:
    case ExitCode::terminated: return "Function.Interrupted";
    case ExitCode::internal_error: return "Function.InternalError";
  }
  return "Function.InternalError";
}

std::string text_of(const object& from, std::string_view name) {
  const value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

const array* list_of(const object& from, std::string_view name) {
  const value* found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_array();
}

/// "222222222222 alice rotate: iam:CreateAccessKey: AccessDenied".
std::string line_of(const object& event) {
  std::string line = text_of(event, "account");
  for (const char* part : {"user", "action"}) {
    const std::string text = text_of(event, part);
    if (!text.empty()) line += " " + text;
  }
  line += ": " + text_of(event, "error");
  const std::string todo = text_of(event, "todo");
  return todo.empty() ? line : line + "\n" + todo;
}

/// The accounts that were not covered, then what failed.
std::vector<std::string> troubles(const object& content) {
  std::vector<std::string> lines;
  const value* run = content.if_contains("run");
  const array* uncovered = run == nullptr ? nullptr : list_of(run->get_object(), "uncovered");
  if (uncovered != nullptr) {
    for (const value& one : *uncovered) {
      const object& account = one.get_object();
      lines.push_back("not covered: " + text_of(account, "account") + " " + text_of(account, "name") + ": " + text_of(account, "reason"));
    }
  }
  if (const array* highlights = list_of(content, "highlights")) {
    for (const value& one : *highlights) {
      if (text_of(one.get_object(), "error").empty()) continue;
      lines.push_back(line_of(one.get_object()));
    }
  }
  return lines;
}

std::string message_of(const CommandResult& result) {
  std::string message = "exit code " + std::to_string(static_cast<int>(result.code)) + ", " +
                        std::string(report::exit_code_words(static_cast<int>(result.code)));
  const std::vector<std::string> lines = troubles(result.content);
  for (std::size_t i = 0; i < std::min(lines.size(), k_named); ++i) message += "\n" + lines[i];
  if (lines.size() > k_named) message += "\nand " + std::to_string(lines.size() - k_named) + " more";
  for (std::size_t i = 0; i < std::min(result.said.size(), k_named); ++i) message += "\n" + result.said[i];
  return message;
}

/// What became of an account: "covered" or why not, and how often each action ended how.
struct AccountLine {
  std::string name;
  std::string outcome;
  std::string error;
  std::map<std::string, std::map<std::string, int>> actions;
};

array lines_of(const std::map<std::string, AccountLine>& accounts) {
  array lines;
  for (const auto& [id, account] : accounts) {
    object line{{"account", id}, {"name", account.name}};
    if (!account.outcome.empty()) line["outcome"] = account.outcome;
    if (!account.error.empty()) line["error"] = account.error;
    object actions;
    for (const auto& [action, outcomes] : account.actions) {
      object counts;
      for (const auto& [outcome, count] : outcomes) counts[outcome] = count;
      actions[action] = std::move(counts);
    }
    if (!actions.empty()) line["actions"] = std::move(actions);
    lines.push_back(std::move(line));
  }
  return lines;
}

object failure_body(std::string_view type, std::string_view message, const std::vector<std::string>& trace) {
  array lines;
  for (const std::string& line : trace) lines.emplace_back(scrubbed(line));
  return {{"errorMessage", scrubbed(message)}, {"errorType", type}, {"stackTrace", std::move(lines)}};
}

bool fits(const std::string& body) { return body.size() <= aws::LambdaRuntime::k_max_answer; }

/// The largest first; what is left is the summary, whose size the number of accounts bounds that were not covered.
std::string cut(object answer, const std::string& within) {
  std::string body = boost::json::serialize(answer);
  for (const char* part : {"events", "highlights", "accounts", "said", "run"}) {
    if (fits(body)) return body;
    object& content = within.empty() ? answer : answer[within].get_object();
    content.erase(part);
    content["cut"] = "the answer was too large for Lambda; the record of the run holds all of it";
    body = boost::json::serialize(answer);
  }
  return body;
}

}  // namespace

std::string scrubbed(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_base64(text[end])) ++end;
    const std::size_t length = end - at;
    const bool secret = length == k_secret_key || length >= k_session_token;
    clean += secret ? "(removed)" : text.substr(at, length);
    if (end < text.size()) clean += text[end];
    at = end + 1;
  }
  return clean;
}

LambdaAnswer lambda_failure(std::string type, std::string_view message, const std::vector<std::string>& trace) {
  const object body = failure_body(type, message, trace);
  return {boost::json::serialize(body), std::move(type)};
}

object run_content(std::string_view printed, const std::filesystem::path& state_dir, bool events) {
  boost::system::error_code failed;
  value parsed = boost::json::parse(printed, failed);
  if (failed || !parsed.is_object() || !parsed.get_object().contains("summary")) return {};
  object content{{"run", parsed.get_object()["summary"]}, {"highlights", parsed.get_object()["highlights"]}};
  const std::string run = text_of(content["run"].get_object(), "run");
  std::map<std::string, AccountLine> accounts;
  array lines;
  const auto read = report::read_events(state_dir / "runs" / run / "events.jsonl", [&](const report::Event& event) {
    if (events) lines.push_back(boost::json::parse(report::format_event(event, run)));
    if (event.account.empty()) return;
    AccountLine& account = accounts[event.account];
    if (!event.account_name.empty()) account.name = event.account_name;
    if (event.event == "action") ++account.actions[event.action][event.outcome];
    if (event.event == "account") account.outcome = event.outcome;
    if (event.event == "account") account.error = event.error;
  });
  if (!read) content["record"] = base::describe(read.error());
  content["accounts"] = lines_of(accounts);
  if (events) content["events"] = std::move(lines);
  return content;
}

LambdaAnswer lambda_answer(CommandResult result) {
  const std::string failure(failure_type(result.code));
  object answer{{"event", result.event},
                {"exit_code", static_cast<int>(result.code)},
                {"meaning", report::exit_code_words(static_cast<int>(result.code))}};
  const std::string message = message_of(result);
  for (auto& member : result.content) answer[member.key()] = std::move(member.value());
  if (!result.said.empty()) {
    array& said = (answer["said"] = array()).get_array();
    for (const std::string& line : result.said) said.emplace_back(scrubbed(line));
  }
  if (!failure.empty()) {
    object body = failure_body(failure, message, result.said);
    body["answer"] = std::move(answer);
    return {cut(std::move(body), "answer"), failure};
  }
  if (result.whole) {
    std::string body = boost::json::serialize(answer);
    if (fits(body)) return {std::move(body), ""};
    return lambda_failure("Function.AnswerTooLarge", "the list of accounts is larger than the 6 MiB that Lambda takes, and a part of it would leave accounts out");
  }
  return {cut(std::move(answer), ""), ""};
}

}  // namespace keyward::orchestrator
