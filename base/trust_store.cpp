#include "base/trust_store.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <new>
#include <optional>
#include <string_view>
#include <vector>

namespace keyward::base {
namespace {

struct OpenSslFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(X509_NAME* name) const noexcept { X509_NAME_free(name); }
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
  void operator()(unsigned char* bytes) const noexcept { OPENSSL_free(bytes); }
};
template <class T>
using Owned = std::unique_ptr<T, OpenSslFree>;

/// Errors that are dealt with here must not be found by whoever asks OpenSSL for his own.
struct ErrorsStayHere {
  ErrorsStayHere() noexcept { ERR_set_mark(); }
  ~ErrorsStayHere() { ERR_pop_to_mark(); }
  ErrorsStayHere(const ErrorsStayHere&) = delete;
  ErrorsStayHere& operator=(const ErrorsStayHere&) = delete;
};

struct Authority {
  Owned<X509_NAME> subject;
  Owned<unsigned char> der;  ///< the whole certificate
  long size = 0;
};
using Authorities = std::vector<Authority>;

/// A place in DER (X.690), and what is left there.
struct Der {
  const unsigned char* at;
  long left;

  /// The header of the next value; its content's size, or nothing where there is no such value or it is not whole.
  std::optional<long> header(int tag, int tag_class) {
    const unsigned char* const begin = at;
    long size = 0;
    int found = 0;
    int found_class = 0;
    const int kind = ASN1_get_object(&at, &size, &found, &found_class, left);
    left -= at - begin;
    // 0x80: an error; 1: a length that is not stated, which DER does not have.
    if ((kind & 0x81) != 0 || found != tag || found_class != tag_class) return std::nullopt;
    return size;
  }
  bool enter_sequence() {
    const std::optional<long> size = header(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    if (size) left = *size;
    return size.has_value();
  }
  bool skip(int tag, int tag_class = V_ASN1_UNIVERSAL) {
    const std::optional<long> size = header(tag, tag_class);
    if (!size) return false;
    at += *size;
    left -= *size;
    return true;
  }
  bool skip_if_there(int tag, int tag_class) {
    Der next = *this;
    if (!next.skip(tag, tag_class)) return false;
    *this = next;
    return true;
  }
};

/// The subject of a certificate (RFC 5280, section 4.1); null where it has another form.
Owned<X509_NAME> subject_of(const unsigned char* certificate, long size) {
  Der der{certificate, size};
  if (!der.enter_sequence() || !der.enter_sequence()) return nullptr;  // Certificate, tbsCertificate
  der.skip_if_there(0, V_ASN1_CONTEXT_SPECIFIC);                       // version
  if (!der.skip(V_ASN1_INTEGER)) return nullptr;                       // serialNumber
  for (int i = 0; i < 3; ++i) {                                        // signature, issuer, validity
    if (!der.skip(V_ASN1_SEQUENCE)) return nullptr;
  }
  return Owned<X509_NAME>(d2i_X509_NAME(nullptr, &der.at, der.left));
}

/// Nothing where the file holds anything but certificates as nearly all bundles have them.
std::optional<Authorities> read_authorities(const std::string& path) {
  const ErrorsStayHere errors;
  const Owned<BIO> file(BIO_new_file(path.c_str(), "r"));
  if (!file) return std::nullopt;
  Authorities authorities;
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    Authority authority;
    if (PEM_read_bio(file.get(), &name, &header, &der, &authority.size) != 1) break;
    const Owned<char> owned_name(name);
    const Owned<char> owned_header(header);
    authority.der.reset(der);
    if (std::string_view(name) != PEM_STRING_X509) return std::nullopt;
    authority.subject = subject_of(der, authority.size);
    if (!authority.subject) return std::nullopt;
    authorities.push_back(std::move(authority));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || authorities.empty()) return std::nullopt;
  return authorities;
}

// ---- asked by OpenSSL, see X509_LOOKUP_meth_new(3)

/// All of the name go into the store, where OpenSSL chooses among them; any one of them is the answer.
int by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* found) noexcept {
  if (type != X509_LU_X509) return 0;
  const ErrorsStayHere errors;
  int answered = 0;
  for (const Authority& authority : *static_cast<const Authorities*>(X509_LOOKUP_get_method_data(lookup))) {
    if (X509_NAME_cmp(authority.subject.get(), name) != 0) continue;
    const unsigned char* bytes = authority.der.get();
    const Owned<X509> certificate(d2i_X509(nullptr, &bytes, authority.size));
    if (!certificate || X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), certificate.get()) != 1) continue;
    if (answered == 1 || X509_OBJECT_set1_X509(found, certificate.get()) != 1) continue;
    X509_free(certificate.get());  // the answer is not to own a reference; the store has one
    answered = 1;
  }
  return answered;
}

void forget(X509_LOOKUP* lookup) noexcept { delete static_cast<Authorities*>(X509_LOOKUP_get_method_data(lookup)); }

X509_LOOKUP_METHOD* lookup_by_subject() {
  // Never freed: stores that outlive every static object may use it.
  static X509_LOOKUP_METHOD* const k_method = [] {
    X509_LOOKUP_METHOD* method = X509_LOOKUP_meth_new("authorities of a bundle");
    if (method == nullptr) throw std::bad_alloc();
    X509_LOOKUP_meth_set_get_by_subject(method, &by_subject);
    X509_LOOKUP_meth_set_free(method, &forget);
    return method;
  }();
  return k_method;
}

}  // namespace

TrustStore read_trust_store(const std::string& path) {
  TrustStore store(X509_STORE_new());
  if (!store) throw std::bad_alloc();
  // As libcurl sets it: an intermediate certificate in the bundle is trusted by itself.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  std::optional<Authorities> authorities = read_authorities(path);
  if (!authorities) {  // revocation lists, certificates with OpenSSL's own notes of trust, damaged ones: it knows best
    if (X509_STORE_load_file(store.get(), path.c_str()) != 1) return nullptr;
    return store;
  }
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(store.get(), lookup_by_subject());
  if (lookup == nullptr) throw std::bad_alloc();
  X509_LOOKUP_set_method_data(lookup, std::make_unique<Authorities>(std::move(*authorities)).release());
  return store;
}

}  // namespace keyward::base
