#include "aws/sigv4.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/digest.hpp"

namespace keyward::aws::sigv4 {
namespace {

using base::HttpHeader;

constexpr const char* k_empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* k_form = "application/x-www-form-urlencoded";
constexpr const char* k_form_utf8 = "application/x-www-form-urlencoded; charset=utf-8";
constexpr const char* k_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

Credentials example_credentials(std::string_view token = {}) {
  Credentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = base::Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  credentials.session_token = base::Secret(token);
  return credentials;
}

/// A case of the public suite (aws-c-auth, tests/aws-signing-test-suite/v4). The suite writes paths and queries raw and
/// encodes them once; here they are written as a client sends them, encoded once. Where that encoding changed the path,
/// the case runs with PathStyle::verbatim, because PathStyle::normalized would, as AWS wants, encode a second time.
struct Vector {
  const char* name;
  const char* method;
  const char* target;
  PathStyle style;
  std::vector<HttpHeader> headers;
  const char* body;
  const char* canonical_path;
  const char* canonical_query;
  const char* header_lines;  ///< between "host" and "x-amz-date" of the canonical request, in its order
  const char* signed_headers;
  const char* signature;
};

const std::vector<Vector>& suite() {
  using enum PathStyle;
  constexpr const char* k_plain = "host;x-amz-date";
  // clang-format off
  static const std::vector<Vector> vectors = {
      {"get-vanilla", "GET", "/", normalized, {}, "", "/", "", "", k_plain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-relative-relative-normalized", "GET", "/example1/example2/../..", normalized, {}, "", "/", "", "", k_plain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-header-key-duplicate", "GET", "/", normalized,
       {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, "", "/", "",
       "my-header1:value2,value2,value1\n", "host;my-header1;x-amz-date",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order", "GET", "/", normalized,
       {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}, "", "/", "",
       "my-header1:value4,value1,value3,value2\n", "host;my-header1;x-amz-date",
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim", "GET", "/", normalized, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}, "",
       "/", "", "my-header1:value1\nmy-header2:\"a b c\"\n", "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-header-value-multiline", "GET", "/", normalized, {{"My-Header1", "value1\n  value2\n     value3"}}, "", "/", "",
       "my-header1:value1 value2 value3\n", "host;my-header1;x-amz-date",
       "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
      {"get-space-normalized", "GET", "/example%20space/", verbatim, {}, "", "/example%20space/", "", "", k_plain,
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"get-slashes-normalized", "GET", "//example//", normalized, {}, "", "/example/", "", "", k_plain,
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"get-slashes-unnormalized", "GET", "//example//", verbatim, {}, "", "//example//", "", "", k_plain,
       "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
      {"get-slash-dot-slash-unnormalized", "GET", "/./", verbatim, {}, "", "/./", "", "", k_plain,
       "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"},
      {"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", normalized, {}, "",
       "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", "", k_plain,
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-utf8", "GET", "/%E1%88%B4", verbatim, {}, "", "/%E1%88%B4", "", "", k_plain,
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-vanilla-empty-query-key", "GET", "/?Param1=value1", normalized, {}, "", "/", "Param1=value1", "", k_plain,
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", normalized, {}, "", "/",
       "Param1=value1&Param2=value2", "", k_plain, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-order-encoded", "GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", normalized, {}, "", "/",
       "%E1%88%B4=Value1&Param=Value2&Param-3=Value3", "", k_plain,
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"get-vanilla-utf8-query", "GET", "/?%E1%88%B4=bar", normalized, {}, "", "/", "%E1%88%B4=bar", "", k_plain,
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"get-vanilla-with-session-token", "GET", "/", normalized, {{"X-Amz-Security-Token", k_token}}, "", "/", "", "",
       "host;x-amz-date;x-amz-security-token", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
      {"post-header-key-sort", "POST", "/", normalized, {{"My-Header1", "value1"}}, "", "/", "", "my-header1:value1\n",
       "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-vanilla-query", "POST", "/?Param1=value1", normalized, {}, "", "/", "Param1=value1", "", k_plain,
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-x-www-form-urlencoded", "POST", "/", normalized,
       {{"Content-Type", k_form},
        {"Content-Length", "13"},
        {"X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
       "Param1=value1", "/", "", "", "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
       "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
      {"post-x-www-form-urlencoded-parameters", "POST", "/", normalized,
       {{"Content-Type", k_form_utf8},
        {"Content-Length", "13"},
        {"X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
       "Param1=value1", "/", "", "", "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
       "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
  };
  // clang-format on
  return vectors;
}

/// The canonical request of a row, written out by the specification's template. Rows whose own headers do not all stand
/// between "host" and "x-amz-date" are written out in tests of their own.
std::string expected_canonical_request(const Vector& row) {
  std::string text = std::string(row.method) + "\n" + row.canonical_path + "\n" + row.canonical_query + "\n";
  text += std::string("host:example.amazonaws.com\n") + row.header_lines + "x-amz-date:20150830T123600Z\n\n";
  return text + row.signed_headers + "\n" + base::sha256_hex(row.body);
}

Signature computed(const Vector& row) {
  std::vector<HttpHeader> headers = {{"Host", "example.amazonaws.com"}};
  headers.insert(headers.end(), row.headers.begin(), row.headers.end());
  headers.push_back({"X-Amz-Date", "20150830T123600Z"});
  const Scope scope{"us-east-1", "service", row.style};
  const auto time = base::parse_iso8601("20150830T123600Z").value();
  return compute(row.method, std::string("https://example.amazonaws.com") + row.target, headers, row.body, scope,
                 example_credentials(), time);
}

TEST(SigV4, PublicSuiteInThreeStages) {
  for (const Vector& row : suite()) {
    SCOPED_TRACE(row.name);
    const Signature signature = computed(row);
    const bool plain = std::ranges::none_of(row.headers, [](const HttpHeader& header) {
      return header.name.starts_with("X-Amz-") || header.name.starts_with("Content-");
    });
    if (plain) {
      EXPECT_EQ(signature.canonical_request, expected_canonical_request(row));
    }
    EXPECT_EQ(signature.string_to_sign,
              "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n" +
                  base::sha256_hex(signature.canonical_request));
    EXPECT_EQ(signature.signature, row.signature);
    EXPECT_EQ(
        signature.authorization,
        std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=") +
            row.signed_headers + ", Signature=" + row.signature);
  }
}

const Vector& row_named(std::string_view name) {
  return *std::ranges::find_if(suite(), [&](const Vector& row) { return row.name == name; });
}

TEST(SigV4, StagesOfTheVanillaRequestAreThePublishedOnes) {
  const Signature signature = computed(row_named("get-vanilla"));
  EXPECT_EQ(signature.canonical_request,
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" +
                std::string(k_empty_hash));
  EXPECT_EQ(signature.string_to_sign,
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
            "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
}

TEST(SigV4, ASessionTokenIsSignedLikeAnyHeader) {
  EXPECT_EQ(computed(row_named("get-vanilla-with-session-token")).canonical_request,
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-security-token:" +
                std::string(k_token) + "\n\nhost;x-amz-date;x-amz-security-token\n" + k_empty_hash);
}

TEST(SigV4, ADeclaredBodyHashIsUsedAndSigned) {
  const std::string hash = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
  EXPECT_EQ(computed(row_named("post-x-www-form-urlencoded")).canonical_request,
            "POST\n/\n\ncontent-length:13\ncontent-type:application/x-www-form-urlencoded\nhost:example.amazonaws.com\n"
            "x-amz-content-sha256:" +
                hash +
                "\nx-amz-date:20150830T123600Z\n\n"
                "content-length;content-type;host;x-amz-content-sha256;x-amz-date\n" +
                hash);
}

TEST(SigV4, HopAndAgentHeadersAreNotSigned) {
  Vector row = row_named("get-vanilla");
  row.headers = {
      {"Connection", "keep-alive"},     {"Expect", "100-continue"},    {"User-Agent", "keyward"}, {"TE", "x"},
      {"Transfer-Encoding", "chunked"}, {"X-Amzn-Trace-Id", "Root=1"}, {"Authorization", "old"}};
  EXPECT_EQ(computed(row).signature, row.signature);
}

/// Requests as this program sends them, with the figures of an independent signer.
struct ProductVector {
  const char* name;
  const char* method;
  const char* url;
  Scope scope;
  std::vector<HttpHeader> headers;
  const char* body;
  const char* token;
  const char* signed_headers;
  const char* canonical_sha256;
  const char* signature;
};

TEST(SigV4, ProductVectorsInThreeStages) {
  using enum PathStyle;
  // clang-format off
  const ProductVector rows[] = {
      {"IAM", "POST", "https://iam.amazonaws.com/", {"us-east-1", "iam", normalized}, {{"Content-Type", k_form_utf8}},
       "Action=ListUsers&Version=2010-05-08&MaxItems=1000", "", "content-type;host;x-amz-date",
       "b654fca26d63916d93e3d5948ae359c482866bd24e70d94a0e0ab88660e276ca",
       "32b5737fbe6434cacb9a4f7981f758dde3a7edd2bb150ba24ecebd00e773dcdd"},
      {"STS with token", "POST", "https://sts.eu-west-1.amazonaws.com/", {"eu-west-1", "sts", normalized},
       {{"Content-Type", k_form_utf8}},
       "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fr&RoleSessionName=s",
       "AQoEXAMPLEtoken/+==", "content-type;host;x-amz-date;x-amz-security-token",
       "e63479e4262085794cb0034ef0f75a3a1f543d341b72def80253e9c1e97fb299",
       "e873fea190b0d38a7b42d32c834f32af2db14be3bbed2fba528c47b72b25b559"},
      {"Organizations", "POST", "https://organizations.us-east-1.amazonaws.com/", {"us-east-1", "organizations", normalized},
       {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AWSOrganizationsV20161128.ListAccounts"}},
       "{\"MaxResults\":20}", "", "content-type;host;x-amz-date;x-amz-target",
       "08276b8f4ee55ee463c23b747df598d14cc8ba0750badaa887cf66575794b4ac",
       "78af0278ee6ba377addf5ca409f7c0fe047f72afc6067c640cfd7a2955b97122"},
      {"S3", "GET", "https://bkt.s3.amazonaws.com/a%20b/%C3%BC%2B%3D.txt", {"us-east-1", "s3", verbatim}, {}, "", "",
       "host;x-amz-content-sha256;x-amz-date", "4772cb07f2eb8d33ec4867cb129f09be6eb9269515b4742025fd99185187886d",
       "e92e5bbee6154c79307f2e25a0339e7a1f07db9091bde9b05217bb78aeca1b08"},
      {"double encoding", "GET", "https://email.us-east-1.amazonaws.com/v2/email/identities/a%40b.c",
       {"us-east-1", "ses", normalized}, {}, "", "", "host;x-amz-date",
       "85f937032eca13cb5cf4497351f1eb2a03b4b03bf05408ed57da8aa64b5c554d",
       "612aa90a1e8b65fd325847a7b7025549746ef01c42a048b4c65be6023453e7d4"},
      {"query sort", "GET",
       "https://lambda.us-gov-west-1.amazonaws.com/2015-03-31/functions?Marker=a%2Bb%2F%3D&FunctionVersion=ALL",
       {"us-gov-west-1", "lambda", normalized}, {}, "", "", "host;x-amz-date",
       "1e88a92be1c59f7af9224ebf4c9e9e4e8c42b869d3465b6455c17476af93eafb",
       "6fbf1eef461ebe3724e486c100ca74bec1317ba06e0063de65bed50353683be8"},
  };
  // clang-format on
  const auto time = base::parse_iso8601("20260102T030405Z").value();
  for (const ProductVector& row : rows) {
    SCOPED_TRACE(row.name);
    base::HttpRequest request;
    request.method = row.method;
    request.url = row.url;
    request.headers = row.headers;
    request.body = base::Body(row.body);
    const Credentials credentials = example_credentials(row.token);
    sign(request, row.scope, credentials, time);

    const Signature stages = compute(row.method, row.url, request.headers, row.body, row.scope, credentials, time);
    EXPECT_EQ(base::sha256_hex(stages.canonical_request), row.canonical_sha256) << stages.canonical_request;
    const std::string scope = "20260102/" + row.scope.region + "/" + row.scope.service + "/aws4_request";
    EXPECT_EQ(stages.string_to_sign, "AWS4-HMAC-SHA256\n20260102T030405Z\n" + scope + "\n" + row.canonical_sha256);
    EXPECT_EQ(stages.signature, row.signature);
    ASSERT_EQ(request.headers.back().name, "Authorization");
    EXPECT_EQ(request.headers.back().value, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + scope + ", SignedHeaders=" +
                                                row.signed_headers + ", Signature=" + row.signature);
  }
}

TEST(SigV4, PathsOfOrdinaryServicesAreNormalisedThenEncodedAgain) {
  // clang-format off
  const std::pair<const char*, const char*> rows[] = {
      {"", "/"},           {"/", "/"},       {"/a/b", "/a/b"},       {"/a/b/", "/a/b/"},     {"/a//b", "/a/b"},
      {"/a/./b", "/a/b"},  {"/./", "/"},     {"/a/../b", "/b"},      {"/../../x", "/x"},     {"/a/b/../..", "/"},
      {"/a%2Fb", "/a%252Fb"}, {"/a:b", "/a%3Ab"}, {"/~x", "/~x"}, {"/a/..", "/"},
  };
  // clang-format on
  for (const auto& [sent, canonical] : rows) {
    Vector row = row_named("get-vanilla");
    row.target = sent;
    const std::string request = computed(row).canonical_request;
    EXPECT_EQ(request.substr(4, request.find('\n', 4) - 4), canonical) << sent;
  }
}

TEST(SigV4, QueryParametersWithoutValueGetAnEqualsSign) {
  Vector row = row_named("get-vanilla");
  row.target = "/?b&a=2&a=1&A&&c=x=y";
  EXPECT_TRUE(computed(row).canonical_request.starts_with("GET\n/\nA=&a=1&a=2&b=&c=x=y\n"));
}

TEST(SigV4, SigningAgainReplacesTheOldSignature) {
  base::HttpRequest request;
  request.url = "http://localhost:5000/";
  request.headers = {{"Date", "Mon, 01 Jan 2024 00:00:00 GMT"}, {"Content-Type", k_form}};
  const Scope scope{"us-east-1", "s3", PathStyle::verbatim};
  const auto first = base::parse_iso8601("20260102T030405Z").value();
  sign(request, scope, example_credentials("token"), first);
  sign(request, scope, example_credentials(), first + std::chrono::minutes(5));

  std::vector<std::string> names;
  for (const HttpHeader& header : request.headers) names.push_back(header.name);
  const std::vector<std::string> expected = {"Content-Type", "Host", "X-Amz-Date", "X-Amz-Content-Sha256",
                                             "Authorization"};
  EXPECT_EQ(names, expected);
  EXPECT_EQ(request.headers[1].value, "localhost:5000");
  EXPECT_EQ(request.headers[2].value, "20260102T030905Z");
}

TEST(SigV4, AKeptKeyIsTakenOnlyForItsOwnCredentialsDayAndScope) {
  const auto with_secret = [](std::string_view secret) {
    auto credentials = std::make_shared<Credentials>(example_credentials());
    credentials->secret_access_key = base::Secret(secret);
    return CredentialsPtr(std::move(credentials));
  };
  const CredentialsPtr old = with_secret("old");
  const CredentialsPtr same_id = with_secret("new");
  const auto day = base::parse_iso8601("20260102T030405Z").value();
  const auto next_day = day + std::chrono::hours(24);
  struct Call {
    CredentialsPtr credentials;
    std::string region, service;
    base::Instant time;
  };
  // Each differs from the one before in one thing, or in none.
  const std::vector<Call> calls = {{old, "us-east-1", "iam", day},
                                   {old, "us-east-1", "iam", day + std::chrono::seconds(1)},
                                   {old, "us-east-1", "sts", day + std::chrono::seconds(1)},
                                   {old, "eu-west-1", "sts", day},
                                   {old, "eu-west-1", "sts", next_day},
                                   {same_id, "eu-west-1", "sts", next_day},
                                   {old, "eu-west-1", "sts", next_day}};
  LastSigningKey kept;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    base::HttpRequest with_kept;
    with_kept.url = "https://iam.amazonaws.com/";
    base::HttpRequest alone;
    alone.url = with_kept.url;
    sign(with_kept, {call.region, call.service}, call.credentials, call.time, kept);
    sign(alone, {call.region, call.service}, *call.credentials, call.time);
    EXPECT_EQ(with_kept.headers.back().value, alone.headers.back().value) << "call " << i;
  }
}

TEST(SigV4, RefusesAUrlThatCannotBeSent) {
  base::HttpRequest request;
  request.url = "iam.amazonaws.com";
  EXPECT_THROW(sign(request, {"us-east-1", "iam"}, example_credentials(), base::Instant{}), std::invalid_argument);
}

}  // namespace
}  // namespace keyward::aws::sigv4
