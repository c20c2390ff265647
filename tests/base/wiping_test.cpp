// Freed memory holds no secret. An executable of its own, because it replaces operator new and delete.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "base/curl_transport.hpp"
#include "base/secret.hpp"
#include "support/certificates.hpp"
#include "support/run.hpp"
#include "support/scripted_server.hpp"

namespace keyward::base {
namespace {

/// A secret whose plain text is nowhere in the program's image: each byte is kept changed.
class Marker {
 public:
  explicit Marker(char salt) {
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      changed_[i] = static_cast<char>((static_cast<std::size_t>(salt) * 31 + i * 7) % 26 + 'a' + 1) ^ k_mask;
    }
  }
  Secret plain() const {
    Body text;
    for (const char c : changed_) {
      const char byte = static_cast<char>(c ^ k_mask);
      text.append({&byte, 1});
    }
    return Secret(text.view());
  }
  /// Occurrences in a piece of memory.
  int count(const char* begin, const char* end) const {
    int found = 0;
    for (const char* at = begin; at + changed_.size() <= end; ++at) found += matches(at) ? 1 : 0;
    return found;
  }

 private:
  static constexpr char k_mask = 0x55;
  bool matches(const char* at) const {
    for (std::size_t i = 0; i < changed_.size(); ++i) {
      if ((at[i] ^ k_mask) != changed_[i]) return false;
    }
    return true;
  }
  std::array<char, 40> changed_{};
};

/// Occurrences in all writable memory but stacks.
int count_in_memory(const Marker& marker) {
  const int here = 0;
  const auto own_stack = reinterpret_cast<std::uintptr_t>(&here);
  const std::unique_ptr<FILE, int (*)(FILE*)> maps(std::fopen("/proc/self/maps", "r"), &std::fclose);
  std::array<char, 512> line{};
  int found = 0;
  while (std::fgets(line.data(), static_cast<int>(line.size()), maps.get()) != nullptr) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::array<char, 5> access{};
    if (std::sscanf(line.data(), "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end, access.data()) != 3) continue;
    if (access[0] != 'r' || access[1] != 'w' || (own_stack >= begin && own_stack < end)) continue;
    found += marker.count(reinterpret_cast<const char*>(begin), reinterpret_cast<const char*>(end));
  }
  return found;
}

const Marker k_sent(1);
const Marker k_received(2);

/// A server in a process of its own, so that its memory is not ours.
class ServerProcess {
 public:
  explicit ServerProcess(const test::Certificate* certificate) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      boost::asio::io_context loop;
      auto script = [](const test::SeenRequest&) { return test::answer(200, k_received.plain().expose()); };
      auto server = certificate == nullptr
                        ? std::make_unique<test::ScriptedServer>(loop.get_executor(), script)
                        : std::make_unique<test::ScriptedServer>(loop.get_executor(), script, *certificate);
      const std::uint16_t port = server->port();
      if (::write(pipe[1], &port, sizeof port) != sizeof port) ::_exit(1);
      loop.run();
      ::_exit(0);
    }
    ::close(pipe[1]);
    if (::read(pipe[0], &port_, sizeof port_) != sizeof port_) throw std::runtime_error("no server");
    ::close(pipe[0]);
  }
  ~ServerProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  pid_t child_ = 0;
  std::uint16_t port_ = 0;
};

HttpRequest secret_request(std::string url, Idempotency idempotency) {
  HttpRequest request;
  request.operation = "test:Secret";
  request.url = std::move(url);
  request.headers = {{"X-Amz-Security-Token", std::string(k_sent.plain().expose())}};
  request.body = Body(k_sent.plain().expose());
  request.idempotency = idempotency;
  return request;
}

void exchange_and_look(CurlTransportSettings settings, const std::string& url, Idempotency idempotency) {
  boost::asio::io_context loop;
  {
    CurlTransport transport(loop.get_executor(), std::move(settings));
    {
      const auto response = test::run(loop, transport.send(secret_request(url, idempotency)));
      ASSERT_TRUE(response) << describe(response.error());
      const std::string_view body = response->body.view();
      EXPECT_EQ(k_received.count(body.data(), body.data() + body.size()), 1);
      EXPECT_GE(count_in_memory(k_received), 1) << "the scan must find a living secret";
    }
    // What is kept for the next exchange (connections, their buffers) holds nothing of this one.
    EXPECT_EQ(count_in_memory(k_sent), 0);
    EXPECT_EQ(count_in_memory(k_received), 0);
  }
  EXPECT_EQ(count_in_memory(k_sent), 0);
  EXPECT_EQ(count_in_memory(k_received), 0);
}

TEST(FreedMemory, HoldsNoSecretAfterAPlainExchange) {
  const ServerProcess server(nullptr);
  for (const auto idempotency : {Idempotency::idempotent, Idempotency::non_idempotent}) {
    exchange_and_look({}, "http://" + server.authority() + "/", idempotency);
  }
}

TEST(FreedMemory, HoldsNoSecretAfterAnExchangeOverTls) {
  const test::Authority authority;
  const test::Certificate certificate = authority.issue("127.0.0.1");
  const test::TemporaryFile trusted(authority.certificate());
  const ServerProcess server(&certificate);
  CurlTransportSettings settings;
  settings.ca_file = trusted.path();
  for (const auto idempotency : {Idempotency::idempotent, Idempotency::non_idempotent}) {
    exchange_and_look(settings, "https://" + server.authority() + "/", idempotency);
  }
}

TEST(FreedMemory, OfStringsAndVectorsIsWiped) {
  {
    const Secret plain = k_sent.plain();
    const std::string copy(plain.expose());
    EXPECT_GE(count_in_memory(k_sent), 2);
  }
  EXPECT_EQ(count_in_memory(k_sent), 0);
}

}  // namespace
}  // namespace keyward::base
