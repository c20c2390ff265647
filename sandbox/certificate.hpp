#pragma once

#include <string>

namespace keyward::sandbox {

/// A certificate authority that lives as long as the process, and a certificate for localhost and 127.0.0.1 it signed.
struct LoopbackCertificate {
  std::string ca_pem;           ///< what clients trust: AWS_CA_BUNDLE
  std::string certificate_pem;  ///< of the server
  std::string key_pem;          ///< of the server
};

/// P-256, valid for ten years around the host's clock. Throws std::runtime_error when OpenSSL refuses.
LoopbackCertificate make_loopback_certificate();

}  // namespace keyward::sandbox
