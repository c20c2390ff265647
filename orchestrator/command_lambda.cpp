#include "orchestrator/command_lambda.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <sstream>

#include "aws/credential_chain.hpp"
#include "aws/lambda_runtime.hpp"
#include "base/curl_smtp.hpp"
#include "base/curl_transport.hpp"
#include "orchestrator/account_orders.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/configuration_text.hpp"
#include "orchestrator/fan_out.hpp"
#include "orchestrator/lambda_event.hpp"
#include "orchestrator/lambda_loop.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/secret_rotation_event.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

constexpr const char* k_runtime_api = "AWS_LAMBDA_RUNTIME_API";

// The only folder that a function may write to. What is in it outlives an event, and is gone with the environment.
constexpr const char* k_state_dir = "/tmp/keyward";

// Before the function's end no account and no user is begun: as long as a rotation needs that is on its way (a new key is
// tried for 3 to 15 seconds as a rule), with the mail and the record.
constexpr std::chrono::seconds k_drain{20};

base::CurlTransportSettings runtime_settings(const std::string& address) {
  base::CurlTransportSettings settings;
  settings.max_in_flight = 1;
  settings.plain_http_hosts = {aws::runtime_host(address)};
  return settings;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

bool wants_dry_run(const LambdaEvent& event) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.dry_run; }) return one.dry_run;
        return false;
      },
      event);
}

/// Everything is dry then, whatever the configuration says. There is no event that makes live what the configuration calls dry.
void make_dry(Configuration& configuration) {
  configuration.defaults.dry_run = true;
  configuration.final_say = [said = std::move(configuration.final_say)](AccountSettings& settings) {
    if (said) said(settings);
    settings.dry_run = true;
  };
}

/// Whether mail goes into the records alone.
bool mails_to_records(const notify::NotifySettings& settings) {
  const auto elsewhere = [](const notify::ChannelSettings& channel) {
    return notify::carries_mail(channel.type) && (channel.type != notify::ChannelSettings::Type::file || !channel.directory.empty());
  };
  const auto mails = [](const notify::ChannelSettings& channel) { return notify::carries_mail(channel.type); };
  return std::ranges::any_of(settings.channels, mails) && std::ranges::none_of(settings.channels, elsewhere);
}

/// The run's folder stays: it tells the next run here that this one has ended (open_run.hpp).
void empty_records(const std::filesystem::path& state_dir) {
  std::error_code ignored;
  for (const auto& run : std::filesystem::directory_iterator(state_dir / "runs", ignored)) {
    for (const auto& file : std::filesystem::directory_iterator(run.path(), ignored)) std::filesystem::remove_all(file.path(), ignored);
  }
}

/// Ends the process when Lambda wants that, at once where no event is in work; else what was begun is ended first.
class Shutdown {
 public:
  explicit Shutdown(boost::asio::io_context& loop) : loop_(loop), signals_(loop, SIGINT, SIGTERM) {
    signals_.async_wait([this](boost::system::error_code failed, int number) {
      if (failed) return;
      life_.stopping = true;
      signal_ = number;
      if (life_.idle) loop_.stop();
    });
  }
  const bool& stopping() const noexcept { return life_.stopping; }
  const int& signal() const noexcept { return signal_; }
  LambdaLife& life() noexcept { return life_; }

 private:
  boost::asio::io_context& loop_;
  boost::asio::signal_set signals_;
  int signal_ = 0;
  LambdaLife life_;
};

/// What all events of a process share: connections, the log, the configuration.
class Function {
 public:
  Function(boost::asio::io_context& loop, const LambdaContext& context, const Shutdown& shutdown)
      : context_(context), shutdown_(shutdown), transport_(loop.get_executor(), transport_settings(context.surroundings)), smtp_(context.surroundings.ca_file),
        log_(context.log_level, context.log_format, std::cerr), digest_(configuration_digest(context.loaded)) {
    keeps_records_ = context.loaded.origins.contains("state_dir");
    if (!keeps_records_) context.loaded.configuration.state_dir = k_state_dir;
  }

  base::Log& log() noexcept { return log_; }

  Task<LambdaAnswer> handle(const aws::Invocation& invocation) {
    // Where programs that we start look for it (credential_process).
    ::setenv("_X_AMZN_TRACE_ID", invocation.trace_id.c_str(), 1);
    const auto begun = std::chrono::steady_clock::now();
    const auto left = invocation.deadline - std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const Result<LambdaEvent> event = parse_lambda_event(invocation.payload.view());
    log_.info("event", {{"request_id", invocation.request_id}, {"event", event ? name_of(*event) : "unknown"}, {"milliseconds_left", left.count()}});
    LambdaAnswer answer;
    if (!event) {
      answer = lambda_failure("Function.UnknownEvent", event.error().message);
    } else if (left <= k_drain) {
      answer = lambda_failure("Function.TooLittleTime",
                              "nothing was done: keyward begins nothing within 20 seconds of the function's end, and that is " + std::to_string(left.count()) +
                                  " ms away; give the function a timeout of a minute, for the daily run of 15");
    } else {
      answer = co_await carry_out(*event, left - k_drain);
    }
    const auto took = std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    log_.info("event_done", {{"request_id", invocation.request_id},
                             {"outcome", answer.failure.empty() ? std::string("done") : answer.failure},
                             {"milliseconds", took.count()}});
    co_return answer;
  }

 private:
  /// Everything that one event alone has: between two of them hours may pass, so that nothing that was learned holds.
  Task<LambdaAnswer> carry_out(const LambdaEvent& event, std::chrono::milliseconds time) {
    CommandLine line = context_.line;
    line.output = OutputFormat::json;
    Configuration configuration = context_.loaded.configuration;
    if (line.dry_run || wants_dry_run(event)) {
      line.dry_run = true;
      make_dry(configuration);
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    if (seconds < configuration.limits.deadline) {
      configuration.limits.deadline = seconds;
      configuration.limits.deadline_name = "the function's timeout, less 20 s for what was begun,";
    }
    const Surroundings& where = context_.surroundings;
    const base::HostClock host_clock;
    aws::AwsClock clock(host_clock);
    base::TimerSleeper sleeper;
    const std::uint64_t seed = std::random_device{}();
    aws::CallContext calls{transport_, clock, sleeper, where.endpoints, std::mt19937_64(seed), {}, where.user_agent};
    const std::shared_ptr<aws::CredentialProvider> identity =
        aws::default_credential_chain({calls, where.environment, where.home, where.profile, where.region});
    std::ostringstream printed;
    std::ostringstream said;
    LiveBlock block(said);
    if (!keeps_records_ && mails_to_records(configuration.defaults.notify)) {
      said << "keyward: mail of the channel file is removed with the records, so nobody reads it: configure another channel, or a state_dir\n";
    }
    CommandContext command{line,
                           configuration,
                           digest_,
                           context_.loaded,
                           // Metrics are a line of the function's log by itself: within another line CloudWatch takes none.
                           {calls, identity, where.region, where.partition, log_, shutdown_.stopping(), smtp_, std::cerr},
                           seed,
                           {report::Format::json, report::Color::never},
                           {block, Progress::Style::none, [] { return TerminalSize(); }},
                           printed,
                           said,
                           shutdown_.signal()};
    CommandResult result;
    result.event = name_of(event);
    std::vector<notify::OwnerNotice> owed;
    result.code = co_await dispatch(command, event, result, owed);
    result.said = lines_of(said.str());
    for (const std::string& text : result.said) log_.warn("said", {{"text", text}});
    const bool all_events = !std::holds_alternative<DailyRunEvent>(event);
    if (result.content.empty()) result.content = run_content(printed.str(), configuration.state_dir, all_events);
    co_await leave_piece(command, event, std::move(owed), result);
    if (!keeps_records_) empty_records(configuration.state_dir);
    co_return lambda_answer(std::move(result));
  }

  static Task<ExitCode> dispatch(CommandContext& command, const LambdaEvent& event, CommandResult& result,
                                 std::vector<notify::OwnerNotice>& owed) {
    if (const auto* listing = std::get_if<InventoryEvent>(&event)) {
      result.whole = true;
      return list_accounts_as_events(command, listing->dry_run, result.content);
    }
    if (const auto* account = std::get_if<AccountEvent>(&event)) return run_account(command, *account, owed);
    if (const auto* merge = std::get_if<MergeEvent>(&event)) return merge_fan_out(command, merge->fan_out, result.content);
    if (const auto* user = std::get_if<UserEvent>(&event)) return run_user(command, *user);
    if (const auto* secret = std::get_if<SecretEvent>(&event)) return rotate_secret(command, *secret, result);
    return run_job(command);
  }

  /// A piece of a fan-out leaves what it found where the others look for it, and answers with where that is.
  static Task<void> leave_piece(CommandContext& command, const LambdaEvent& event, std::vector<notify::OwnerNotice> owed, CommandResult& result) {
    const auto* listing = std::get_if<InventoryEvent>(&event);
    const auto* account = std::get_if<AccountEvent>(&event);
    Result<void> left;
    if (listing != nullptr && listing->fan_out && result.content.contains("accounts")) {
      left = co_await leave_inventory(command, *listing->fan_out, result.content);
      // An account in a state that is not understood keeps no other from its turn: the merge names it, and fails.
      if (result.code == ExitCode::partial) result.code = ExitCode::done;
    } else if (account != nullptr && account->fan_out) {
      boost::json::object found = std::exchange(result.content, {{"account", account->account.id.str()}});
      // What came of the account is for the merge to tell; here it counts that the merge will know.
      found["exit_code"] = result.content["account_exit_code"] = static_cast<int>(std::exchange(result.code, ExitCode::done));
      found["said"] = boost::json::array(result.said.begin(), result.said.end());
      std::string id = account->account.id.str();
      left = co_await leave_account(command, *account->fan_out, std::move(id), std::move(found), std::move(owed));
    }
    if (left) co_return;
    result.code = ExitCode::partial;
    result.said.push_back("what was found could not be left for the others: " + base::describe(left.error()));
  }

  static Task<ExitCode> rotate_secret(CommandContext& command, SecretEvent secret, CommandResult& result) {
    const SecretRotationContext context{command.configuration, command.services, base::Deadline::after(command.configuration.limits.deadline)};
    Result<boost::json::value> done = co_await handle_secret_rotation(std::move(secret.event), context);
    if (!done) {
      say(command, "the secret keeps its current value", done.error());
      co_return ExitCode::partial;
    }
    result.content = std::move(done->get_object());
    co_return ExitCode::done;
  }

  const LambdaContext& context_;
  const Shutdown& shutdown_;
  base::CurlTransport transport_;
  base::CurlSmtpTransport smtp_;
  base::Log log_;
  std::string digest_;
  bool keeps_records_ = false;
};

/// Runs the task to its end, or until somebody stops the loop.
ExitCode run_to_end(boost::asio::io_context& loop, Task<ExitCode> task) {
  ExitCode code = ExitCode::done;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, ExitCode returned) {
    failure = thrown;
    code = returned;
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return code;
}

Task<ExitCode> tell_refusal(aws::LambdaRuntime& runtime, aws::FunctionFailure failure) {
  const Result<void> told = co_await runtime.fail_start(std::move(failure));
  if (!told) std::cerr << "keyward: " << base::describe(told.error()) << '\n';
  co_return ExitCode::usage;
}

}  // namespace

bool is_lambda(const CommandLine& line, const Environment& environment) {
  if (line.command == Command::lambda) return true;
  return line.command == Command::run && !value_of(environment, k_runtime_api).empty();
}

std::string packaged_authorities(const Environment& environment) {
  const std::filesystem::path packaged = std::filesystem::path(value_of(environment, "LAMBDA_TASK_ROOT")) / "lib" / "ca-certificates.crt";
  std::error_code failed;
  const bool needed = !std::filesystem::exists(base::system_ca_file(), failed) && packaged.is_absolute();
  return needed && std::filesystem::exists(packaged, failed) ? packaged.string() : std::string();
}

ExitCode run_lambda(const LambdaContext& context) {
  const std::string address = value_of(context.surroundings.environment, k_runtime_api);
  boost::asio::io_context loop(1);
  base::CurlTransport runtime_transport(loop.get_executor(), runtime_settings(address));
  aws::LambdaRuntime runtime(runtime_transport, address);
  Shutdown shutdown(loop);
  Function function(loop, context, shutdown);
  const LambdaHandler handler = [&function](const aws::Invocation& invocation) { return function.handle(invocation); };
  return run_to_end(loop, serve(runtime, handler, function.log(), shutdown.life()));
}

ExitCode refuse_lambda_start(const Environment& environment, const std::vector<std::string>& why) {
  const std::string address = value_of(environment, k_runtime_api);
  if (address.empty()) {
    std::cerr << "keyward: lambda is for AWS Lambda, which sets " << k_runtime_api << "; elsewhere use run\n";
    return ExitCode::usage;
  }
  boost::asio::io_context loop(1);
  base::CurlTransport transport(loop.get_executor(), runtime_settings(address));
  aws::LambdaRuntime runtime(transport, address);
  std::string message = "the function cannot start: its configuration is refused";
  for (const std::string& line : why) message += "\n" + line;
  LambdaAnswer refusal = lambda_failure("Function.Configuration", message);
  return run_to_end(loop, tell_refusal(runtime, {refusal.failure, std::move(refusal.body)}));
}

}  // namespace keyward::orchestrator
