#pragma once

#include <string>

namespace keyward::test {

/// A certificate and its private key, both PEM.
struct Certificate {
  std::string certificate;
  std::string key;
};

/// A throw-away certificate authority.
class Authority {
 public:
  Authority();
  explicit Authority(const std::string& name);
  const std::string& certificate() const noexcept { return self_.certificate; }
  /// A server certificate for a DNS name or an IPv4 address.
  Certificate issue(const std::string& host) const;

 private:
  Certificate self_;
};

/// A file that is removed with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace keyward::test
