#include "base/trust_store.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "support/certificates.hpp"

namespace keyward::base {
namespace {

using test::Authority;
using test::TemporaryFile;

struct Free {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Cert = std::unique_ptr<X509, Free>;

std::vector<Cert> certificates_of(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Cert> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    certificates.emplace_back(certificate);
  ERR_clear_error();
  return certificates;
}

/// What OpenSSL says of a certificate that a peer sends alone: X509_V_OK or an error.
int verdict(X509_STORE* store, X509* certificate) {
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store, certificate, nullptr);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}
int verdict(const TrustStore& store, const std::string& pem) {
  return verdict(store.get(), certificates_of(pem).at(0).get());
}

std::string pem_of(X509* certificate, int (*write)(BIO*, const X509*)) {
  const Bio bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(write(bio.get(), certificate), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A certificate that names its subject as the other does, and whose signature is not what it must be.
std::string damaged(const std::string& pem) {
  const Cert certificate = std::move(certificates_of(pem).at(0));
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate.get());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  der[size - ASN1_STRING_length(signature) - 3] = V_ASN1_OCTET_STRING;  // tag, length, unused bits
  const Bio bio(BIO_new(BIO_s_mem()));
  EXPECT_GT(PEM_write_bio(bio.get(), PEM_STRING_X509, "", der, size), 0);
  OPENSSL_free(der);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

TEST(TrustStore, FindsTheAuthorityAmongManyAsOftenAsItIsAskedFor) {
  const std::vector<Authority> authorities(5);
  std::string bundle = "# the authorities\n";
  for (const Authority& authority : authorities) bundle += "\nName\n====\n" + authority.certificate();
  const TrustStore store = read_trust_store(TemporaryFile(bundle).path());
  ASSERT_TRUE(store);
  for (int round = 0; round < 3; ++round) {
    for (const Authority& authority : authorities) {
      EXPECT_EQ(verdict(store, authority.issue("127.0.0.1").certificate), X509_V_OK);
    }
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(TrustStore, TrustsNobodyElse) {
  const Authority known("One"), stranger("Two"), namesake("One");
  const TrustStore store = read_trust_store(TemporaryFile(known.certificate()).path());
  EXPECT_EQ(verdict(store, stranger.issue("127.0.0.1").certificate), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  EXPECT_NE(verdict(store, namesake.issue("127.0.0.1").certificate), X509_V_OK);
  EXPECT_EQ(verdict(store, known.issue("127.0.0.1").certificate), X509_V_OK);
}

TEST(TrustStore, KnowsAllAuthoritiesOfOneName) {
  const Authority first("One"), second("One"), third("One");
  const TrustStore store =
      read_trust_store(TemporaryFile(first.certificate() + second.certificate() + third.certificate()).path());
  for (const Authority* authority : {&third, &first, &second}) {
    // Their certificates name no key, so OpenSSL takes the first authority of the name that may sign: it is enough that
    // each is there, as an authority by itself.
    EXPECT_EQ(verdict(store, authority->certificate()), X509_V_OK);
  }
}

TEST(TrustStore, TrustsACertificateOfTheFileByItself) {
  const Authority authority;
  const std::string server = authority.issue("127.0.0.1").certificate;
  const TrustStore store = read_trust_store(TemporaryFile(server).path());
  EXPECT_EQ(verdict(store, server), X509_V_OK);
  EXPECT_NE(verdict(store, authority.issue("127.0.0.2").certificate), X509_V_OK);
}

TEST(TrustStore, ADamagedCertificateIsNotTrustedAndDoesNotSpoilTheOthers) {
  const Authority whole, broken;
  const TrustStore store = read_trust_store(TemporaryFile(damaged(broken.certificate()) + whole.certificate()).path());
  ASSERT_TRUE(store);
  EXPECT_EQ(verdict(store, whole.issue("127.0.0.1").certificate), X509_V_OK);
  EXPECT_EQ(verdict(store, broken.issue("127.0.0.1").certificate), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(TrustStore, ReadsFilesThatHoldMoreThanCertificates) {
  const Authority authority, noted;
  const Cert certificate = std::move(certificates_of(noted.certificate()).at(0));
  const std::string with_notes = pem_of(certificate.get(), &PEM_write_bio_X509_AUX);
  ASSERT_NE(with_notes.find("TRUSTED CERTIFICATE"), std::string::npos);
  const TrustStore store = read_trust_store(TemporaryFile(authority.certificate() + with_notes).path());
  ASSERT_TRUE(store);
  EXPECT_EQ(verdict(store, authority.issue("127.0.0.1").certificate), X509_V_OK);
  EXPECT_EQ(verdict(store, noted.issue("127.0.0.1").certificate), X509_V_OK);
}

TEST(TrustStore, IsNothingWhereTheFileIsNotWholeOrHoldsNone) {
  const std::string whole = Authority().certificate();
  const std::string cut = whole.substr(0, whole.size() / 2);
  for (const std::string& content : {std::string(), std::string("no certificate"), cut, whole + cut}) {
    EXPECT_FALSE(read_trust_store(TemporaryFile(content).path())) << content;
  }
  EXPECT_FALSE(read_trust_store("/nonexistent/authorities.pem"));
}

TEST(TrustStore, SaysOfTheSystemsAuthoritiesWhatOpenSslSays) {
  const std::string path = "/etc/ssl/certs/ca-certificates.crt";
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "no " << path;
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::vector<Cert> authorities = certificates_of(text.str());
  ASSERT_GT(authorities.size(), 50u);
  const TrustStore store = read_trust_store(path);
  ASSERT_TRUE(store);
  const TrustStore reference(X509_STORE_new());
  X509_STORE_set_flags(reference.get(), X509_V_FLAG_PARTIAL_CHAIN);
  ASSERT_EQ(X509_STORE_load_file(reference.get(), path.c_str()), 1);
  int trusted = 0;
  for (const Cert& authority : authorities) {
    const int found = verdict(store.get(), authority.get());
    EXPECT_EQ(found, verdict(reference.get(), authority.get()));
    trusted += found == X509_V_OK ? 1 : 0;
  }
  EXPECT_GT(trusted, 50);
}

}  // namespace
}  // namespace keyward::base
