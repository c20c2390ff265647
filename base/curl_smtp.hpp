#pragma once

#include <memory>
#include <string>

#include "base/smtp.hpp"

namespace keyward::base {

/// SmtpTransport on libcurl. TLS 1.2 or later, certificates always verified, no proxy. The connection is kept for the
/// next mail to the same server.
///
/// libcurl waits for the reply to a mail in the calling thread, whatever interface is used, and a server may think for
/// minutes. So the transfers run one after the other on a thread of their own, which begins with the first mail; they
/// share nothing with the event loop but their end, which is posted to it.
///
/// Must be destroyed before the io_context of its callers. Cancelling a send() ends it for the caller at once; the
/// thread lets go of it within a second or two.
class CurlSmtpTransport final : public SmtpTransport {
 public:
  /// `ca_file`: PEM file of trusted authorities (AWS_CA_BUNDLE); empty: the system's.
  explicit CurlSmtpTransport(std::string ca_file);
  ~CurlSmtpTransport() override;
  CurlSmtpTransport(const CurlSmtpTransport&) = delete;
  CurlSmtpTransport& operator=(const CurlSmtpTransport&) = delete;

  Task<Result<std::string>> send(SmtpRequest request) override;

 private:
  class Worker;
  std::string ca_file_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace keyward::base
