// Feeds the files of a folder to a target: fuzz_replay TARGET FOLDER. The corpus is a test of every build under AddressSanitizer.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

int main(int count, char** words) {
  using namespace keyward::fuzz;
  if (count != 3) {
    std::fputs("usage: fuzz_replay TARGET FOLDER\n", stderr);
    return 2;
  }
  const std::string_view name = words[1];
  const auto target = std::ranges::find(targets(), name, &Registered::name);
  if (target == targets().end()) {
    std::fprintf(stderr, "there is no target %s\n", words[1]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(words[2])) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout);  // the last name is the culprit's
    target->run(bytes);
  }
  std::printf("%zu files\n", files.size());
  return files.empty() ? 1 : 0;
}
