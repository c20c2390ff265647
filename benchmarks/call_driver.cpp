// Makes so many AWS calls, so many at once, the way keyward makes them: client, Caller, signature, CurlTransport,
// answer. Endpoint, credentials, region and authorities come from the usual variables of the environment. Prints what
// the calls cost as one JSON object.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <iostream>

#include "aws/credential_chain.hpp"
#include "aws/iam_client.hpp"
#include "aws/sts_client.hpp"
#include "base/curl_transport.hpp"
#include "base/task_group.hpp"
#include "counted_functions.hpp"

extern char** environ;

namespace {

using namespace keyward;
using base::Result;
using base::Task;
namespace json = boost::json;

struct Options {
  int calls = 1000;
  int in_flight = 64;
  std::vector<std::string> create_key_for;
};

struct Tally {
  int left = 0;
  int done = 0;
  int errors = 0;
  std::string first_error;
  std::vector<double> seconds;  ///< of each call; room for all is taken beforehand

  void failed(const base::Error& error) {
    if (errors++ == 0) first_error = base::describe(error);
  }
};

/// What the process has used so far.
struct Usage {
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  rusage process{};
  benchmarks::CountedFunctions functions = benchmarks::counted_functions();

  Usage() { ::getrusage(RUSAGE_SELF, &process); }
};

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

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

Task<void> work(aws::Caller& caller, Tally& tally) {
  aws::StsClient sts(caller);
  while (tally.left > 0) {
    --tally.left;
    const auto start = std::chrono::steady_clock::now();
    const Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
    tally.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    ++tally.done;
    if (!identity) tally.failed(identity.error());
  }
}

Task<void> start_workers(base::TaskGroup& group, aws::Caller& caller, Tally& tally, int workers) {
  for (int i = 0; i < workers; ++i) {
    Task<void> worker = work(caller, tally);
    co_await group.spawn(std::move(worker));
  }
}

Task<Tally> make_calls(aws::Caller& caller, int calls, int in_flight) {
  Tally tally;
  tally.left = calls;
  tally.seconds.reserve(static_cast<std::size_t>(calls));
  const auto body = [&](base::TaskGroup& group) { return start_workers(group, caller, tally, in_flight); };
  co_await base::run_group(static_cast<std::size_t>(in_flight), body);
  co_return tally;
}

/// A call that must not run twice, on a kept connection: the one before it opened the connection.
Task<Tally> create_keys(aws::Caller& caller, std::vector<std::string> users) {
  Tally tally;
  aws::StsClient sts(caller);
  aws::IamClient iam(caller);
  for (const std::string& user : users) {
    const Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
    if (!identity) throw std::runtime_error(base::describe(identity.error()));
    base::UserName name = base::UserName::parse(user).value();
    const Result<aws::CreatedAccessKey> created = co_await iam.create_access_key(std::move(name));
    ++tally.done;
    if (!created) tally.failed(created.error());
  }
  co_return tally;
}

/// The time within which this part of the calls was done.
double quantile(std::vector<double> seconds, double part) {
  if (seconds.empty()) return 0;
  const auto at = seconds.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(seconds.size() - 1));
  std::nth_element(seconds.begin(), at, seconds.end());
  return *at;
}

json::object describe(const Tally& tally, const Usage& before, const Usage& after) {
  const auto difference = [](const timeval& from, const timeval& to) { return seconds(to) - seconds(from); };
  const benchmarks::CountedFunctions& from = before.functions;
  const benchmarks::CountedFunctions& to = after.functions;
  return {{"calls", tally.done},
          {"errors", tally.errors},
          {"first_error", tally.first_error},
          {"wall_seconds", std::chrono::duration<double>(after.at - before.at).count()},
          {"median_seconds", quantile(tally.seconds, 0.5)},
          {"p99_seconds", quantile(tally.seconds, 0.99)},
          {"user_seconds", difference(before.process.ru_utime, after.process.ru_utime)},
          {"system_seconds", difference(before.process.ru_stime, after.process.ru_stime)},
          {"new_connections", to.connect - from.connect},
          {"allocations", to.allocations - from.allocations},
          {"send", to.send - from.send},
          {"recv", to.recv - from.recv},
          {"poll", to.poll - from.poll},
          {"peak_kib", after.process.ru_maxrss}};
}

/// The connections are opened by a first round of calls that is not measured.
Task<json::object> measure(aws::Caller& caller, Options options) {
  const Tally warm = co_await make_calls(caller, options.in_flight, options.in_flight);
  if (warm.errors > 0) throw std::runtime_error("the first calls failed: " + warm.first_error);
  const Usage before;
  Tally tally;
  if (options.create_key_for.empty()) {
    tally = co_await make_calls(caller, options.calls, options.in_flight);
  } else {
    tally = co_await create_keys(caller, options.create_key_for);
  }
  const Usage after;
  co_return describe(tally, before, after);
}

json::object run(const Options& options) {
  const aws::Environment environment = read_environment();
  const base::Region region = value_or_throw(aws::resolve_region(std::nullopt, environment, "", std::nullopt));
  boost::asio::io_context loop(1);
  base::CurlTransportSettings settings;
  settings.max_in_flight = static_cast<std::size_t>(options.in_flight);
  if (environment.contains("AWS_CA_BUNDLE")) settings.ca_file = environment.at("AWS_CA_BUNDLE");
  base::CurlTransport transport(loop.get_executor(), settings);
  const base::HostClock host_clock;
  aws::AwsClock clock(host_clock);
  base::TimerSleeper sleeper;
  aws::CallContext context{transport, clock, sleeper, value_or_throw(aws::endpoint_settings(environment)),
                           std::mt19937_64(1), {}, "keyward-call-driver"};
  const auto identity = aws::default_credential_chain({context, environment, "", std::nullopt, region});
  aws::Caller caller(context, *identity, region, aws::Writes::allowed);

  json::object result;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, measure(caller, options), [&](std::exception_ptr thrown, json::object measured) {
    failure = thrown;
    result = std::move(measured);
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  result["retried"] = context.statistics.retried;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  base::start_libcurl();
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  CLI::App app("Makes AWS calls as keyward does and prints what they cost", "call_driver");
  app.add_option("--calls", options.calls, "GetCallerIdentity so often")->check(CLI::PositiveNumber);
  app.add_option("--in-flight", options.in_flight, "so many at once")->check(CLI::PositiveNumber);
  app.add_option("--create-key-for", options.create_key_for, "instead: CreateAccessKey for each of these users")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << json::serialize(run(options)) << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "call_driver: " << error.what() << '\n';
    return 1;
  }
}
