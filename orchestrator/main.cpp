#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "aws/credential_chain.hpp"
#include "base/curl_smtp.hpp"
#include "base/curl_transport.hpp"
#include "base/memory_lock.hpp"
#include "orchestrator/command_about.hpp"
#include "orchestrator/command_init.hpp"
#include "orchestrator/command_lambda.hpp"
#include "orchestrator/command_line.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/configuration_text.hpp"
#include "orchestrator/surroundings.hpp"
#include "orchestrator/terminal.hpp"

namespace keyward::orchestrator {
namespace {

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

/// No core file may hold a secret, no file of ours is for others, and a closed pipe is an error, not the end. Where a
/// standard stream is closed no other file may take its number: what is written to it must fail.
void protect_process() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0) ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::umask(0077);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // fails for signals that there are not
}

std::optional<std::filesystem::path> configuration_file(const CommandLine& line) {
  if (line.config) return *line.config;
  for (const char* candidate : {"config.yaml", "/etc/keyward/config.yaml"}) {
    std::error_code failed;
    if (std::filesystem::exists(candidate, failed)) return candidate;
  }
  return std::nullopt;
}

LoadedOrRefused load(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  ConfigurationSources sources;
  sources.file = configuration_file(line);
  sources.environment = environment;
  sources.command_line = {line.dry_run, line.region, line.profile};
  if (const auto region = line.region ? base::Region::parse(*line.region) : base::Region::parse(value_of(environment, "AWS_REGION"))) {
    if (const auto partition = aws::partition_of(*region)) sources.partition = *partition;
  }
  sources.now = base::HostClock().now();
  return load_configuration(sources);
}

Progress::Style progress_style(ProgressChoice choice, const std::map<std::string, std::string>& environment) {
  switch (choice) {
    case ProgressChoice::bar: return Progress::Style::bar;
    case ProgressChoice::plain: return Progress::Style::plain;
    case ProgressChoice::none: return Progress::Style::none;
    case ProgressChoice::automatic: break;
  }
  return ::isatty(STDERR_FILENO) == 1 && value_of(environment, "TERM") != "dumb" ? Progress::Style::bar : Progress::Style::plain;
}

/// Of the terminal on standard error, as it is now: people resize windows.
TerminalSize progress_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

base::LogFormat log_format(LogFormat format, const std::map<std::string, std::string>& environment) {
  if (format == LogFormat::text) return base::LogFormat::text;
  if (format == LogFormat::json || environment.contains("AWS_LAMBDA_RUNTIME_API")) return base::LogFormat::json;
  return environment.contains("JOURNAL_STREAM") && ::isatty(STDERR_FILENO) == 0 ? base::LogFormat::journal : base::LogFormat::text;
}

ExitCode config_command(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  const TextFormat format = line.output == OutputFormat::json ? TextFormat::json : TextFormat::table;
  if (line.command == Command::config_schema) {
    std::cout << boost::json::serialize(configuration_schema()) << '\n';
    return ExitCode::done;
  }
  const LoadedOrRefused result = load(line, environment);
  if (line.command == Command::config_validate) {
    std::cout << render_problems(result.problems, format);
    return result.loaded ? ExitCode::done : ExitCode::usage;
  }
  std::optional<base::AccountId> account;
  if (!line.account.empty()) {
    account = base::AccountId::parse(line.account);
    if (!account) {
      std::cerr << "keyward: --account needs 12 digits\n";
      return ExitCode::usage;
    }
  }
  if (!result.loaded) {
    std::cerr << render_problems(result.problems, TextFormat::table);
    return ExitCode::usage;
  }
  std::cout << render_effective(*result.loaded, format, account);
  return ExitCode::done;
}

report::Output output_of(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  return {static_cast<report::Format>(line.output), use_color(line.color, environment, ::isatty(STDOUT_FILENO) == 1) ? report::Color::always : report::Color::never,
          terminal_width(STDOUT_FILENO, environment)};
}

ExitCode report_command(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  const LoadedOrRefused result = load(line, environment);
  std::optional<std::filesystem::path> state_dir;
  if (result.loaded) state_dir = result.loaded->configuration.state_dir;
  if (line.command == Command::report_render) return run_report({line, state_dir, std::cout, std::cerr});
  return run_merge({line, state_dir, base::HostClock().now(), std::random_device{}(), output_of(line, environment), std::cout, std::cerr});
}

void say(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) std::cerr << "keyward: " << describe(problem) << '\n';
}

ExitCode preview_command(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  const LoadedOrRefused result = load(line, environment);
  say(result.problems);
  return result.loaded ? run_notify_preview({line, result.loaded->configuration, std::cout, std::cerr}) : ExitCode::usage;
}

ExitCode policy_command(const CommandLine& line, const std::map<std::string, std::string>& environment) {
  const LoadedOrRefused result = load(line, environment);
  say(result.problems);
  if (!result.loaded) return ExitCode::usage;
  const Configuration& configuration = result.loaded->configuration;
  const std::optional<std::string> profile = configuration.profile.empty() ? std::nullopt : std::optional(configuration.profile);
  std::optional<std::string> named;
  if (configuration.region) named = configuration.region->str();
  const base::Result<base::Region> region = aws::resolve_region(named, environment, value_of(environment, "HOME"), profile);
  PolicyContext context{line, configuration, std::nullopt, "aws", std::cout, std::cerr};
  if (region) {
    const base::Result<std::string> partition = aws::partition_of(*region);
    if (!partition) {
      std::cerr << "keyward: " << base::describe(partition.error()) << '\n';
      return ExitCode::usage;
    }
    context.region = *region;
    context.partition = *partition;
  }
  return run_policy(context);
}

ExitCode init_command(const CommandLine& line) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  return run_init({line, base::HostClock().now(), terminal && !line.init.no_input, std::cin, std::cout, std::cerr});
}

/// The shard of the environment, where the command line names none.
std::optional<ExitCode> take_shard_of_job(CommandLine& line, const std::map<std::string, std::string>& environment) {
  if (line.shard || !takes_shard(line.command)) return std::nullopt;
  const base::Result<std::optional<Shard>> shard = shard_of_job(environment);
  if (!shard) {
    std::cerr << "keyward: " << base::describe(shard.error()) << '\n';
    return ExitCode::usage;
  }
  line.shard = *shard;
  return std::nullopt;
}

base::Task<ExitCode> dispatch(CommandContext context) {
  switch (context.line.command) {
    case Command::inventory: return run_inventory(context);
    case Command::audit: return run_audit(context);
    case Command::plan: return run_plan(context);
    case Command::apply: return run_apply(context);
    case Command::rotate: return run_rotate(context);
    case Command::recover: return run_recover(context);
    case Command::explain: return run_explain(context);
    case Command::simulate: return run_simulate(context);
    case Command::notify_test: return run_notify_test(context);
    case Command::doctor: return run_doctor(context);
    default: return run_job(context);
  }
}

/// SIGINT and SIGTERM ask the run to end what it has begun; a second one ends the process at once.
class StopSignals {
 public:
  StopSignals(boost::asio::io_context& loop, LiveBlock& block) : block_(block), signals_(loop, SIGINT, SIGTERM) { wait(); }
  void ignore() { signals_.cancel(); }
  const bool& stopping() const noexcept { return stopping_; }
  const int& signal() const noexcept { return signal_; }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code failed, int number) {
      if (failed) return;
      if (stopping_) {
        block_.hide();
        std::_Exit(128 + number);
      }
      stopping_ = true;
      signal_ = number;
      block_.above() << "\nkeyward: stopping; what was begun is finished first (once more to stop at once)\n";
      wait();
    });
  }
  LiveBlock& block_;
  boost::asio::signal_set signals_;
  bool stopping_ = false;
  int signal_ = 0;
};

ExitCode aws_command(const CommandLine& line, const std::map<std::string, std::string>& environment, base::MemoryLock memory) {
  const LoadedOrRefused result = load(line, environment);
  say(result.problems);
  if (!result.loaded) return ExitCode::usage;
  const Configuration& configuration = result.loaded->configuration;
  const base::Result<Surroundings> where = surroundings(configuration, environment);
  if (!where) {
    std::cerr << "keyward: " << base::describe(where.error()) << '\n';
    return ExitCode::usage;
  }

  boost::asio::io_context loop(1);
  LiveBlock block(std::cerr);
  StopSignals signals(loop, block);
  base::CurlTransport transport(loop.get_executor(), transport_settings(*where));
  base::CurlSmtpTransport smtp(where->ca_file);
  const base::HostClock host_clock;
  aws::AwsClock clock(host_clock);
  base::TimerSleeper sleeper;
  const base::LogLevel log_level = base::parse_log_level(line.log_level).value_or(base::LogLevel::info);
  base::Log log(log_level, log_format(line.log_format, environment), block.above());
  log.debug("memory_lock", {{"locked", memory == base::MemoryLock::locked}});
  const std::uint64_t seed = std::random_device{}();
  aws::CallContext context{transport, clock, sleeper, where->endpoints, std::mt19937_64(seed), {}, where->user_agent};
  const std::shared_ptr<aws::CredentialProvider> identity = aws::default_credential_chain({context, environment, where->home, where->profile, where->region});

  CommandContext command{line,
                         configuration,
                         configuration_digest(*result.loaded),
                         *result.loaded,
                         {context, identity, where->region, where->partition, log, signals.stopping(), smtp, block.above()},
                         seed,
                         output_of(line, environment),
                         {block, progress_style(line.progress, environment), progress_size},
                         std::cout,
                         block.above(),
                         signals.signal()};
  ExitCode code = ExitCode::internal_error;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, dispatch(command), [&](std::exception_ptr thrown, ExitCode returned) {
    failure = thrown;
    code = returned;
    signals.ignore();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return code;
}

/// In a function the configuration lies in the package, wherever it was started.
ExitCode lambda_command(CommandLine line, const std::map<std::string, std::string>& environment) {
  const std::filesystem::path packaged = std::filesystem::path(value_of(environment, "LAMBDA_TASK_ROOT")) / "config.yaml";
  std::error_code failed;
  if (!line.config && packaged.is_absolute() && std::filesystem::exists(packaged, failed)) line.config = packaged;
  LoadedOrRefused result = load(line, environment);
  say(result.problems);
  std::vector<std::string> why;
  why.reserve(result.problems.size());
  for (const Problem& problem : result.problems) why.push_back(describe(problem));
  if (value_of(environment, "AWS_LAMBDA_RUNTIME_API").empty() || !result.loaded) return refuse_lambda_start(environment, why);
  base::Result<Surroundings> where = surroundings(result.loaded->configuration, environment);
  if (!where) return refuse_lambda_start(environment, {base::describe(where.error())});
  if (where->ca_file.empty()) where->ca_file = packaged_authorities(environment);
  const base::LogLevel level = base::parse_log_level(line.log_level).value_or(base::LogLevel::info);
  return run_lambda({line, *result.loaded, *where, level, log_format(line.log_format, environment)});
}

ExitCode run(int argc, const char* const* argv, base::MemoryLock memory) {
  const auto environment = read_environment();
  if (argc < 2 && environment.contains("AWS_LAMBDA_RUNTIME_API")) {
    CommandLine function;  // without making the tree of commands, which every cold start would pay for
    function.command = Command::lambda;
    return lambda_command(std::move(function), environment);
  }
  const auto parsed = parse_command_line(argc, argv);
  if (const auto* code = std::get_if<ExitCode>(&parsed)) return *code;
  CommandLine line = std::get<CommandLine>(parsed);
  if (is_lambda(line, environment)) return lambda_command(line, environment);
  if (is_about_keyward(line.command)) return run_about({line, output_of(line, environment), std::cout, std::cerr});
  if (line.command == Command::init) return init_command(line);
  if (const std::optional<ExitCode> refused = take_shard_of_job(line, environment)) return *refused;
  if (line.command == Command::report_render || line.command == Command::report_merge) return report_command(line, environment);
  if (line.command == Command::notify_preview) return preview_command(line, environment);
  if (line.command == Command::policy) return policy_command(line, environment);
  const bool offline = line.command == Command::config_validate || line.command == Command::config_show ||
                       line.command == Command::config_schema;
  return offline ? config_command(line, environment) : aws_command(line, environment, memory);
}

}  // namespace
}  // namespace keyward::orchestrator

int main(int argc, char** argv) {
  using keyward::orchestrator::ExitCode;
  try {
    keyward::orchestrator::protect_process();
    keyward::base::start_libcurl();
    const keyward::base::MemoryLock memory = keyward::base::lock_memory();
    ExitCode code = keyward::orchestrator::run(argc, argv, memory);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "keyward: the results could not be written to standard output, what arrived there is not complete\n";
      if (code == ExitCode::done || code == ExitCode::findings) code = ExitCode::internal_error;
    }
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    std::cerr << "keyward: internal error: " << error.what() << '\n';
    return static_cast<int>(ExitCode::internal_error);
  }
}
