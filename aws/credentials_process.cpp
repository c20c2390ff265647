#include "aws/credentials_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "aws/credential_document.hpp"
#include "aws/error_codes.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws {
namespace {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

constexpr std::string_view k_operation = "credential_process";
constexpr std::size_t k_max_output = 64 << 10;
constexpr std::size_t k_shown_of_stderr = 200;

Error failed(ErrorKind kind, std::string code, std::string message) {
  return {kind, std::string(k_operation), std::move(code), {}, std::move(message)};
}

/// Anonymous memory that the program writes to as if to a file: it can neither block it nor fill a disk, and no
/// grandchild that keeps it open can hold us up. It cannot grow: who writes more gets an error (memfd_create(2)).
class OutputFile {
 public:
  OutputFile() : descriptor_(::memfd_create("credential_process", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (descriptor_ < 0) return;
    if (::ftruncate(descriptor_, k_max_output) == 0 &&
        ::fcntl(descriptor_, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
      return;
    ::close(std::exchange(descriptor_, -1));
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int descriptor() const { return descriptor_; }

  /// How many bytes were written. The program's descriptor shares its offset with ours.
  std::size_t size() const {
    const off_t offset = ::lseek(descriptor_, 0, SEEK_CUR);
    return offset > 0 ? std::min(static_cast<std::size_t>(offset), k_max_output) : 0;
  }
  bool full() const { return size() == k_max_output; }

  base::Body content() const {
    base::WipedVector bytes(size());
    const ssize_t read = ::pread(descriptor_, bytes.data(), bytes.size(), 0);
    return base::Body(std::string_view(bytes.data(), read > 0 ? static_cast<std::size_t>(read) : 0));
  }

 private:
  int descriptor_;
};

/// The running program. Killed with its process group and reaped on destruction, unless it has ended before.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill();
    reap();
  }

  pid_t pid() const { return pid_; }
  void kill() const {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }
  /// The wait status. Returns at once for a program that has ended.
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

/// A descriptor that becomes readable when the process ends. By system call, because glibc 2.36 declares pidfd_open()
/// without C linkage.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// Zero or an errno.
  int prepare(int output, int errors) {
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    // Connections and files of ours are none of its business.
    if (error == 0) error = ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    return error;
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The null-terminated arrays of exec().
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The process id.
Result<pid_t> start(std::vector<std::string> arguments, const Environment& environment, const OutputFile& output,
                    const OutputFile& errors) {
  if (output.descriptor() < 0 || errors.descriptor() < 0) {
    return failed(ErrorKind::internal, "NoMemoryFile",
                  std::string("no memory for its output: ") + std::strerror(errno));
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(variables);
  SpawnSettings settings;
  pid_t pid = 0;
  int error = settings.prepare(output.descriptor(), errors.descriptor());
  if (error == 0) {
    error = ::posix_spawnp(&pid, argv.front(), settings.actions(), settings.attributes(), argv.data(), envp.data());
  }
  for (std::string& entry : variables) base::wipe(entry.data(), entry.size());
  if (error != 0) return failed(ErrorKind::invalid, "CannotStart", arguments.front() + ": " + std::strerror(error));
  return pid;
}

/// Visible text only: it goes to terminals.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  std::string line;
  for (const char c : text) line += (c >= 0 && c < ' ') || c == 0x7f ? ' ' : c;
  return line;
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> arguments;
  std::optional<std::string> current;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const bool escapes = c == '\\' && quote != '\'';
    if (escapes) {
      if (i + 1 == command.size()) return failed(ErrorKind::invalid, "BadCommand", "the command ends with a backslash");
      // Between double quotes a backslash is itself unless it stands before one of these (POSIX shell, 2.2.3).
      const char next = command[++i];
      if (!current) current.emplace();
      if (quote == '"' && std::string_view("\"\\$`").find(next) == std::string_view::npos) *current += c;
      *current += next;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *current += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      if (!current) current.emplace();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (current) arguments.push_back(*std::exchange(current, std::nullopt));
    } else {
      if (!current) current.emplace();
      *current += c;
    }
  }
  if (quote != 0) return failed(ErrorKind::invalid, "BadCommand", "a quote in the command is not closed");
  if (current) arguments.push_back(*std::move(current));
  if (arguments.empty() || arguments.front().empty())
    return failed(ErrorKind::invalid, "BadCommand", "the command is empty");
  return arguments;
}

ProcessCredentials::ProcessCredentials(std::string command, const Environment& environment,
                                       std::chrono::milliseconds timeout)
    : command_(std::move(command)), environment_(environment), timeout_(timeout) {}

Task<Result<CredentialsPtr>> ProcessCredentials::credentials() {
  Result<std::vector<std::string>> arguments = split_command(command_);
  if (!arguments) co_return arguments.error();
  const std::string program = arguments->front();
  const OutputFile output;
  const OutputFile errors;
  const Result<pid_t> pid = start(std::move(*arguments), environment_, output, errors);
  if (!pid) co_return pid.error();
  // Shared with the timer's handler, which may run after this coroutine has left.
  const auto child = std::make_shared<Child>(*pid);

  auto executor = co_await asio::this_coro::executor;
  const int watched = open_pidfd(child->pid());
  if (watched < 0) co_return failed(ErrorKind::internal, "NoPidfd", std::string("pidfd_open: ") + std::strerror(errno));
  asio::posix::stream_descriptor exit(executor, watched);
  const auto timed_out = std::make_shared<bool>(false);
  asio::steady_timer timer(executor, timeout_);
  timer.async_wait([weak = std::weak_ptr<Child>(child), timed_out](boost::system::error_code cancelled) {
    const auto running = weak.lock();
    if (cancelled || !running) return;
    *timed_out = true;
    running->kill();
  });
  co_await exit.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  timer.cancel();
  const int status = child->reap();

  if (*timed_out) {
    co_return failed(ErrorKind::transient, "TimedOut",
                     program + " did not end within " + std::to_string(timeout_.count()) + " ms");
  }
  if (output.full()) co_return failed(ErrorKind::invalid, "MalformedCredentials", program + " printed too much");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const base::Body complaint = errors.content();
    co_return failed(ErrorKind::invalid, "ProcessFailed",
                     program + " " + ending(status) + ": " + presentable(first_line(complaint.view())).substr(0, k_shown_of_stderr));
  }
  const base::Body document = output.content();
  co_return parse_credential_document(CredentialDocument::process, document.view(), std::string(k_operation),
                                      "process " + program);
}

}  // namespace keyward::aws
