#include "aws/credential_document.hpp"

#include "aws/credentials_container.hpp"
#include "aws/credentials_imds.hpp"
#include "aws/url.hpp"
#include "fuzz/aws_answers.hpp"

// What credential_process prints and what the endpoints of instances and containers answer. Input: which of them; for
// a container a line with the variable's URI; the answers.
namespace keyward::fuzz {
namespace {

/// `answers` are the part of the input that was answered.
void check(const base::Result<aws::CredentialsPtr>& found, std::string_view answers) {
  if (found) {
    require(!(*found)->access_key_id.empty() && !(*found)->secret_access_key.empty(), "credentials are whole");
    return;
  }
  for (const std::string_view name : {"\"SecretAccessKey\":\"", "\"Token\":\"", "\"SessionToken\":\""}) {
    check_error(found.error(), secret_between(answers, name, "\""));
  }
}

/// The token of a container goes nowhere else (aws-api.md, section 8.5).
void check_host(const std::string& asked) {
  const auto url = aws::parse_url(asked);
  require(url.has_value(), "what is asked is a URL");
  const bool known = url->host == "169.254.170.2" || url->host == "169.254.170.23" || url->host == "fd00:ec2::23";
  require(url->scheme == "https" || known || aws::is_loopback(url->host), "only an allowed address is asked");
}

}  // namespace

KEYWARD_FUZZ_TARGET(credential_documents) {
  Input in(input);
  const std::size_t kind = in.choice(5);
  if (kind < 2) {
    const auto document = kind == 0 ? aws::CredentialDocument::process : aws::CredentialDocument::endpoint;
    const auto found = aws::parse_credential_document(document, in.rest(), "credentials", "source");
    if (found && kind == 1) require((*found)->expiration.has_value(), "what an endpoint hands out ends");
    return check(found, in.rest());
  }
  aws::Environment environment;
  test::FakeClock clock;
  test::FakeSleeper sleeper(&clock);
  if (kind == 2) {
    const std::vector<std::string_view> bodies = in.parts();
    AnswersOfInput transport(200, bodies);
    aws::ImdsCredentials imds(environment, transport);
    // What came before is a token of the service's own and the name of a role, which an error may repeat.
    const bool told = bodies.size() < 3 || bodies[1].find(k_secret_mark) != std::string_view::npos;
    check(test::run(loop(), imds.credentials()), told ? std::string_view() : bodies[2]);
    for (const std::string& url : transport.urls) {
      require(url.starts_with("http://169.254.169.254/latest/") && aws::parse_url(url).has_value(), "only the metadata service is asked");
    }
    return;
  }
  const std::string uri(in.line());
  environment[kind == 3 ? "AWS_CONTAINER_CREDENTIALS_FULL_URI" : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = uri;
  environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "token-of-the-container";
  const std::vector<std::string_view> bodies = in.parts();
  AnswersOfInput transport(200, bodies);
  aws::ContainerCredentials container(environment, transport, sleeper);
  const auto found = test::run(loop(), container.credentials());
  if (uri.find(k_secret_mark) == std::string::npos) check(found, in.rest());  // an error may repeat the URI
  constexpr std::string_view k_token = "token-of-the-container";
  if (!found && input.find(k_token) == std::string_view::npos) require_absent(k_token, base::describe(found.error()));
  for (const std::string& url : transport.urls) check_host(url);
}

}  // namespace keyward::fuzz
