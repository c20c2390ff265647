#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"

namespace keyward::aws {

/// Splits a command line into its arguments as a POSIX shell would (quotes, backslash) but expands nothing.
/// Errors: `invalid` for an unclosed quote, a backslash at the end, or nothing at all.
base::Result<std::vector<std::string>> split_command(std::string_view command);

/// credential_process of a profile: a program, run without a shell, that prints a JSON document with credentials
/// (aws-api.md, section 8.3). It gets the given environment, no input, and a process group of its own; the event loop
/// goes on while it runs. It is killed with its children after `timeout` and when the calling coroutine is cancelled.
/// What it prints to standard output is never shown; the first line of its standard error is, when it fails.
/// Errors: `invalid` for a command that cannot be split or started, a non-zero exit, or an answer that is none;
/// `transient` for one that runs too long.
class ProcessCredentials final : public CredentialProvider {
 public:
  /// `environment` outlives this object.
  ProcessCredentials(std::string command, const Environment& environment,
                     std::chrono::milliseconds timeout = std::chrono::minutes(1));

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  std::string command_;
  const Environment& environment_;
  std::chrono::milliseconds timeout_;
};

}  // namespace keyward::aws
