// What AWS Lambda starts: runs keyward with the libraries of the package, whatever those of the system are. Linked statically,
// so that it needs neither of them, nor a shell.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

/// The folder that this program lies in.
std::string package(const char* called_as) {
  std::string path(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  path = length > 0 ? path.substr(0, static_cast<std::size_t>(length)) : called_as;
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string libraries = package(argc > 0 ? argv[0] : "bootstrap") + "/lib";
  const std::string loader = libraries + "/" KEYWARD_LOADER;
  const std::string program = libraries + "/keyward";
  // The cache names the system's libraries.
  std::vector<std::string> words{loader, "--inhibit-cache", "--library-path", libraries, program};
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(loader.c_str(), arguments.data());
  std::perror(loader.c_str());
  return EXIT_FAILURE;
}
