#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "base/clock.hpp"
#include "sandbox/gate.hpp"
#include "sandbox/scenario.hpp"
#include "sandbox/server.hpp"
#include "sandbox/simulation.hpp"

namespace {

using namespace keyward::sandbox;

struct Options {
  GeneratedSize size;
  std::uint64_t seed = 1;
  std::uint16_t port = 0;
  bool tls = false;
  std::string scenario, latency, faults, env_file;
  std::string propagation = "300ms";
  std::string start;
  std::string region = "us-east-1";
};

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::invalid_argument("cannot write " + path.string());
}

boost::json::object read_scenario(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("cannot read " + path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) throw std::invalid_argument(path + ": not a JSON object: " + error.message());
  return std::move(value.get_object());
}

std::string environment(World& world, const Options& options, const std::string& url, const std::string& ca_file) {
  const Account& management = world.accounts.at(world.management_account);
  const AccessKey& hub = management.users.at(k_hub_user).keys.at(0);
  const AccessKey& admin = management.users.at(k_admin_user).keys.at(0);
  std::string text = "# The simulated organization of keyward-sandbox; nothing in here opens anything real.\n";
  const auto set = [&](const char* name, const std::string& value) {
    text += std::string("export ") + name + "='" + value + "'\n";
  };
  set("AWS_ENDPOINT_URL", url);
  set("AWS_ACCESS_KEY_ID", hub.id);
  set("AWS_SECRET_ACCESS_KEY", hub.secret);
  set("AWS_REGION", options.region);
  set("AWS_DEFAULT_REGION", options.region);
  if (!world.external_id.empty()) set("KEYWARD_EXTERNAL_ID", world.external_id);
  if (!ca_file.empty()) set("AWS_CA_BUNDLE", ca_file);
  // An administrator of the management account, for tests that prepare something.
  set("SANDBOX_ADMIN_ACCESS_KEY_ID", admin.id);
  set("SANDBOX_ADMIN_SECRET_ACCESS_KEY", admin.secret);
  return text + "unset AWS_SESSION_TOKEN AWS_PROFILE\n";
}

int run(const Options& options) {
  auto start = keyward::base::parse_iso8601(options.start);
  // The host's time unless told: boto3 and the AWS CLI sign with it and correct no skew.
  if (options.start.empty()) start = keyward::base::HostClock().now();
  if (!start) throw std::invalid_argument("--start must be a time such as 2026-01-01T00:00:00Z");
  World world(options.seed, VirtualClock(*start));
  world.propagation = parse_duration(options.propagation);
  if (options.scenario.empty()) {
    generate_organization(world, options.size);
  } else {
    load_scenario(world, read_scenario(options.scenario));
  }
  Faults faults(options.seed);
  if (!options.faults.empty()) faults.set_rates(options.faults);
  if (!options.latency.empty()) faults.set_latency(options.latency);

  std::optional<LoopbackCertificate> certificate;
  std::string ca_file;
  if (options.tls) {
    if (options.env_file.empty())
      throw std::invalid_argument("--tls needs --env-file: the CA's certificate is written beside it");
    certificate = make_loopback_certificate();
    ca_file = std::filesystem::absolute(options.env_file + ".ca.pem").string();
    write_file(ca_file, certificate->ca_pem);
  }
  Simulation simulation(world, faults);
  Gate gate;
  boost::asio::io_context context(1);
  Server server(context, simulation, gate, options.port, certificate);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) context.stop();
  });
  if (!options.env_file.empty()) write_file(options.env_file, environment(world, options, server.url(), ca_file));
  server.start();
  std::cout << server.url() << '\n' << std::flush;
  context.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"A simulated AWS organization on loopback, for demos and tests of keyward."};
  app.add_option("--accounts", options.size.accounts, "Active member accounts beside the management account")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000));
  app.add_option("--users", options.size.users, "Users in each member account")
      ->capture_default_str()
      ->check(CLI::Range(0, 5000));
  app.add_option("--seed", options.seed, "The same seed gives the same world, ids included")->capture_default_str();
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0 takes any free one")->capture_default_str();
  app.add_flag("--tls", options.tls, "Serve https with a certificate made at start");
  app.add_option("--scenario", options.scenario, "JSON file that describes the world (docs/sandbox.md)");
  app.add_option("--latency", options.latency, "Time each answer takes: 40ms..90ms");
  app.add_option("--faults", options.faults,
                 "Part of the requests that goes wrong: throttle=0.05,error=0.02,drop=0.01");
  app.add_option("--env-file", options.env_file, "Write the environment of the calling identity here, to source");
  app.add_option("--propagation", options.propagation, "Time until a new key is known everywhere")
      ->capture_default_str();
  app.add_option("--start", options.start,
                 "The virtual clock at start: 2026-01-01T00:00:00Z; the host's time unless given");
  app.add_option("--region", options.region, "AWS_REGION of the environment file")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "keyward-sandbox: " << error.what() << "\n";
    return 2;
  }
}
