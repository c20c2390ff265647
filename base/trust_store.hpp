#pragma once

#include <openssl/x509_vfy.h>

#include <memory>
#include <string>

namespace keyward::base {

struct TrustStoreFree {
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};
using TrustStore = std::unique_ptr<X509_STORE, TrustStoreFree>;

/// The certificate authorities of a PEM file, for OpenSSL to verify peers with; nothing when none can be read.
///
/// OpenSSL 3 takes 1.3 million instructions to parse a certificate, because it makes its key usable at once, and a
/// system's bundle has 140 authorities of which a run meets two or three. So only their names are read here; OpenSSL
/// asks for authorities by name when a chain leads there, and they are parsed then. It compares, verifies and decides
/// as ever: an authority that is not handed to it can only make it refuse.
///
/// The file is not read again later.
TrustStore read_trust_store(const std::string& path);

}  // namespace keyward::base
