#include "sandbox/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace keyward::sandbox {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("OpenSSL could not make the certificate: ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Certificate make_certificate(EVP_PKEY* key, const char* name) {
  constexpr long k_five_years = 5L * 365 * 24 * 3600;
  Certificate certificate(X509_new());
  check(certificate != nullptr, "certificate");
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -k_five_years);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), k_five_years);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  check(bio != nullptr && write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

LoopbackCertificate make_loopback_certificate() {
  const Key ca_key = make_key();
  const Certificate ca = make_certificate(ca_key.get(), "keyward-sandbox CA");
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  check(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  const Key key = make_key();
  const Certificate certificate = make_certificate(key.get(), "localhost");
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(ca.get()));
  add_extension(certificate.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  add_extension(certificate.get(), ca.get(), NID_authority_key_identifier, "keyid");
  check(X509_sign(certificate.get(), ca_key.get(), EVP_sha256()) > 0, "signature");

  return {pem([&](BIO* bio) { return PEM_write_bio_X509(bio, ca.get()); }),
          pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }), pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace keyward::sandbox
