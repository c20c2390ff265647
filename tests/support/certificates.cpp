#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

namespace keyward::test {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Cert = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(bio.get(), certificate) == 1, "write certificate");
  return text_of(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write key");
  return text_of(bio.get());
}

Bio reading(const std::string& pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

void set_name(X509_NAME* name, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1, "name");
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

Cert blank(EVP_PKEY* key, const std::string& common_name, long serial) {
  Cert certificate(X509_new());
  require(X509_set_version(certificate.get(), 2) == 1, "version");
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 3600);
  set_name(X509_get_subject_name(certificate.get()), common_name);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

Authority::Authority()
    : Authority([] {
        static int authorities = 0;  // each has a name of its own, as strangers do
        return "keyward test authority " + std::to_string(++authorities);
      }()) {}

Authority::Authority(const std::string& name) {
  const Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  const Cert certificate = blank(key.get(), name, 1);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign");
  require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "sign");
  self_ = {to_pem(certificate.get()), to_pem(key.get())};
}

Certificate Authority::issue(const std::string& host) const {
  const Bio own_text = reading(self_.certificate);
  const Bio own_key_text = reading(self_.key);
  const Cert own(PEM_read_bio_X509(own_text.get(), nullptr, nullptr, nullptr));
  const Key own_key(PEM_read_bio_PrivateKey(own_key_text.get(), nullptr, nullptr, nullptr));
  require(own != nullptr && own_key != nullptr, "read authority");
  const Key key(EVP_EC_gen("P-256"));
  const Cert certificate = blank(key.get(), "keyward test server", 2);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(own.get()));
  const bool address = host.find_first_not_of("0123456789.") == std::string::npos;
  extend(certificate.get(), own.get(), NID_subject_alt_name, (address ? "IP:" : "DNS:") + host);
  require(X509_sign(certificate.get(), own_key.get(), EVP_sha256()) > 0, "sign");
  return {to_pem(certificate.get()), to_pem(key.get())};
}

TemporaryFile::TemporaryFile(const std::string& content) {
  path_ = (std::filesystem::temp_directory_path() / "keyward-test-XXXXXX").string();
  const int file = ::mkstemp(path_.data());
  require(file >= 0, "temporary file");
  const auto written = ::write(file, content.data(), content.size());
  ::close(file);
  require(written == static_cast<ssize_t>(content.size()), "write temporary file");
}

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

}  // namespace keyward::test
