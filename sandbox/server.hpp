#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/certificate.hpp"
#include "sandbox/simulation.hpp"

namespace keyward::sandbox {

class Gate;

/// Serves a simulation over HTTP/1.1 on 127.0.0.1, with TLS when it has a certificate.
class Server {
 public:
  /// Port 0 takes any free one. Throws boost::system::system_error when the port is taken. Simulation and gate outlive
  /// the context.
  Server(boost::asio::io_context& context, Simulation& simulation, Gate& gate, std::uint16_t port,
         const std::optional<LoopbackCertificate>& certificate);
  ~Server();

  std::uint16_t port() const;
  std::string url() const;
  /// Begins to accept; the connections live until the context stops.
  void start();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keyward::sandbox
