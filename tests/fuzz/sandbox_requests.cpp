#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "aws/sigv4.hpp"
#include "fuzz/fuzz.hpp"
#include "sandbox/control.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/scenario.hpp"
#include "sandbox/simulation.hpp"

// Requests to the sandbox. Input: how they come. 0: the bytes of a connection. 1: a line "METHOD TARGET SERVICE", header
// lines, an empty line and the body, which are signed as the hub's, or 2: an administrator's, and so reach the services.
// 3: the same for a control endpoint.
namespace keyward::fuzz {
namespace {

using sandbox::WireRequest;

constexpr std::uint64_t k_seed = 20260101;

/// The world before the request. A copy of it is used up by each.
const sandbox::World& world_of_all() {
  static const sandbox::World world = [] {
    const sandbox::VirtualClock clock(*base::parse_iso8601("2026-01-01T00:00:00Z"), [] { return std::chrono::milliseconds(0); });
    sandbox::World made(k_seed, clock);
    // What main() sets for a generated organization.
    made.organization_id = "o-exampleorgid";
    made.root_id = "r-ab12";
    made.external_id = "sandbox-external-id";
    sandbox::generate_organization(made, {1, 2});
    return made;
  }();
  return world;
}

/// As the server reads them off a connection.
std::vector<WireRequest> requests_of(std::string_view bytes) {
  namespace http = boost::beast::http;
  std::vector<WireRequest> requests;
  while (!bytes.empty()) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    boost::system::error_code failed;
    const std::size_t used = parser.put(boost::asio::buffer(bytes), failed);
    if (failed || !parser.is_done() || used == 0) break;
    bytes.remove_prefix(used);
    auto request = parser.release();
    WireRequest wire{std::string(request.method_string()), std::string(request.target()), {}, std::move(request.body())};
    for (const auto& field : request) wire.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    requests.push_back(std::move(wire));
  }
  return requests;
}

WireRequest request_of(Input& in, std::string& service) {
  WireRequest request;
  std::string_view line = in.line();
  const auto word = [&line] {
    const std::string found(line.substr(0, line.find(' ')));
    line.remove_prefix(std::min(line.size(), found.size() + 1));
    return found;
  };
  request.method = word();
  request.target = word();
  service = word();
  for (std::string_view header = in.line(); !header.empty(); header = in.line()) {
    const auto colon = header.find(": ");
    if (colon == std::string_view::npos) break;
    request.headers.push_back({std::string(header.substr(0, colon)), std::string(header.substr(colon + 2))});
  }
  request.body = in.rest();
  return request;
}

void sign(WireRequest& request, const std::string& service, const sandbox::AccessKey& key, base::Instant now) {
  request.headers.push_back({"Host", "127.0.0.1:8000"});
  request.headers.push_back({"X-Amz-Date", base::format_basic(now)});
  aws::Credentials credentials;
  credentials.access_key_id = key.id;
  credentials.secret_access_key = base::Secret(key.secret);
  const aws::sigv4::PathStyle style = service == "s3" ? aws::sigv4::PathStyle::verbatim : aws::sigv4::PathStyle::normalized;
  try {
    const auto signature = aws::sigv4::compute(request.method, "http://127.0.0.1:8000" + request.target, request.headers,
                                               request.body, {"us-east-1", service, style}, credentials, now);
    request.headers.push_back({"Authorization", signature.authorization});
  } catch (const std::invalid_argument&) {
    // No client sends such a URL; the sandbox takes the request as an unsigned one.
  }
}

}  // namespace

KEYWARD_FUZZ_TARGET(sandbox_requests) {
  Input in(input);
  const std::size_t way = in.choice(4);
  sandbox::World world = world_of_all();
  sandbox::Faults faults(k_seed);
  sandbox::Simulation simulation(world, faults);
  std::vector<WireRequest> requests;
  if (way == 0) {
    requests = requests_of(in.rest());
  } else {
    std::string service;
    requests.push_back(request_of(in, service));
    if (way < 3) {
      const char* user = way == 1 ? sandbox::k_hub_user : sandbox::k_admin_user;
      const sandbox::AccessKey key = world.accounts.at(world.management_account).users.at(user).keys.at(0);
      sign(requests.back(), service, key, world.now());
    }
  }
  for (const WireRequest& request : requests) {
    const bool control = request.path().starts_with("/_sandbox/");
    if (way == 3 && !control) continue;
    if (control) {
      const sandbox::WireReply reply = sandbox::handle_control(simulation, request);
      require(reply.status >= 200 && reply.status < 600, "an answer has a status");
      continue;
    }
    const sandbox::RequestLabel label = simulation.label(request);
    require(label.action.find(':') != std::string::npos, "a label names service and action");
    const sandbox::Outcome outcome = simulation.handle(request);
    require(outcome.drop || (outcome.reply.status >= 200 && outcome.reply.status < 600), "an answer has a status");
    for (const base::HttpHeader& header : outcome.reply.headers) require(is_one_line(header.value), "an answer's headers are lines");
  }
  // What was done is written out, as the control endpoint does.
  sandbox::durable_state(world);
}

}  // namespace keyward::fuzz
