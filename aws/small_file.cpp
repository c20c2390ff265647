#include "aws/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keyward::aws {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

}  // namespace

base::Result<base::Body> read_small_file(const std::string& path, std::size_t limit) {
  const auto failed = [&](const std::string& why) {
    return base::Error{base::ErrorKind::invalid, "credentials", "UnreadableFile", "", path + ": " + why};
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed(std::strerror(errno));
  base::WipedVector bytes(limit + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(std::strerror(errno));
    if (count == 0) return base::Body(std::string_view(bytes.data(), size));
    size += static_cast<std::size_t>(count);
  }
  return failed("larger than " + std::to_string(limit) + " bytes");
}

}  // namespace keyward::aws
