// Makes any call of aws/operations.hpp as a dry run would: in a session of a role that was assumed for it, through the
// Caller. Reads the calls as JSON lines and prints what became of each; with --list, all calls that keyward knows.
// Endpoint, credentials and region come from the usual variables of the environment.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "accounts/session.hpp"
#include "aws/credentials_environment.hpp"
#include "aws/operations.hpp"
#include "base/curl_transport.hpp"

extern char** environ;

namespace {

using namespace keyward;
using base::Result;
using base::Task;
namespace json = boost::json;

aws::Environment read_environment() {
  aws::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(base::describe(result.error()));
  return std::move(*result);
}

std::string text(const json::object& call, std::string_view name) { return std::string(call.at(name).as_string()); }

std::string_view name_of(aws::Effect effect) {
  switch (effect) {
    case aws::Effect::read: return "read";
    case aws::Effect::reveal: return "reveal";
    case aws::Effect::write: return "write";
    case aws::Effect::send: break;
  }
  return "send";
}

json::object described(const aws::Operation& operation) {
  return {{"operation", operation.full_name()},
          {"effect", name_of(operation.effect)},
          {"idempotent", operation.idempotency == base::Idempotency::idempotent}};
}

const aws::Operation& operation_named(const std::string& name) {
  for (const aws::Operation& operation : aws::operations::k_all) {
    if (operation.full_name() == name) return operation;
  }
  throw std::runtime_error("keyward makes no call " + name);
}

template <class Answer>
void tell(json::object& report, const Result<Answer>& answer) {
  report["done"] = answer.has_value();
  if (answer) return;
  report["code"] = answer.error().code;
  report["message"] = answer.error().message;
}

Task<json::object> make(aws::Caller& caller, json::object call) {
  const aws::Operation& operation = operation_named(text(call, "operation"));
  const std::string protocol = text(call, "protocol");
  json::object report = described(operation);
  if (protocol == "query") {
    aws::Parameters parameters;
    for (const auto& [name, value] : call.at("input").as_object()) parameters.add(name, std::string_view(value.as_string()));
    const std::string version = text(call, "version");
    const Result<aws::XmlAnswer> answer = co_await caller.query(operation, version, std::move(parameters));
    tell(report, answer);
  } else if (protocol == "json") {
    const std::string target = text(call, "target");
    json::object input = call.at("input").as_object();
    const Result<aws::JsonAnswer> answer = co_await caller.json(operation, target, std::move(input));
    tell(report, answer);
  } else if (protocol == "rest") {
    std::string path = text(call, "path");
    std::string method = "POST";
    json::object input = call.at("input").as_object();
    const Result<aws::JsonAnswer> answer = co_await caller.rest_json(operation, std::move(method), std::move(path), std::move(input));
    tell(report, answer);
  } else {
    std::string path = text(call, "path");
    const std::string content = text(call, "input");
    const Result<aws::ObjectAnswer> answer = co_await caller.put(operation, std::move(path), "text/plain", content);
    tell(report, answer);
  }
  co_return report;
}

/// As a run opens a session in an account (accounts::Session), with the writes refused.
Task<void> make_all(aws::CallContext& context, accounts::Session& session) {
  std::string line;
  while (std::getline(std::cin, line)) {
    json::object call = json::parse(line).as_object();
    const auto sent_before = context.statistics.requests_by_action[text(call, "operation")];
    json::object report = co_await make(session.caller(), std::move(call));
    report["sent"] = context.statistics.requests_by_action[text(report, "operation")] > sent_before;
    std::cout << json::serialize(report) << '\n';
  }
}

void run(const std::string& role, const std::string& external_id) {
  const aws::Environment environment = read_environment();
  const base::Region region = base::Region::parse(environment.at("AWS_REGION")).value();
  boost::asio::io_context loop(1);
  base::CurlTransport transport(loop.get_executor(), {});
  const base::HostClock host_clock;
  aws::AwsClock clock(host_clock);
  base::TimerSleeper sleeper;
  aws::CallContext context{transport, clock, sleeper, value_or_throw(aws::endpoint_settings(environment)),
                           std::mt19937_64(1), {}, "keyward-proof"};
  accounts::Session session(context, std::make_shared<aws::EnvironmentCredentials>(environment), region,
                            base::Arn::parse(role).value(), {"aws", "", "keyward", external_id}, aws::Writes::refused);
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, make_all(context, session), [&](std::exception_ptr thrown) { failure = thrown; });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments == std::vector<std::string>{"--list"}) {
    for (const aws::Operation& operation : aws::operations::k_all) std::cout << json::serialize(described(operation)) << '\n';
    return 0;
  }
  if (arguments.empty() || arguments.size() > 2) {
    std::cerr << "usage: calls_of_a_dry_run --list | ROLE_ARN [EXTERNAL_ID] < CALLS\n";
    return 2;
  }
  base::start_libcurl();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    run(arguments.front(), arguments.size() > 1 ? arguments.back() : "");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "calls_of_a_dry_run: " << error.what() << '\n';
    return 1;
  }
}
