#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/configuration_file.hpp"

namespace keyward::orchestrator {

/// A folder of its own for each test, and the sources of one configuration in it.
class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() {
    std::string pattern = testing::TempDir() + "keyward-config-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    sources_.now = std::chrono::sys_days{std::chrono::year(2026) / 11 / 21};
  }
  ~ConfigurationTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  /// Loads `text` as config.yaml.
  LoadedOrRefused load(std::string_view text) {
    write("config.yaml", text);
    sources_.file = folder_ / "config.yaml";
    return load_configuration(sources_);
  }

  /// The problems with the file's folder cut off: "config.yaml:1:2: path: message".
  std::vector<std::string> problems(const LoadedOrRefused& answer) const {
    std::vector<std::string> lines;
    for (const Problem& problem : answer.problems) {
      std::string line = describe(problem);
      const std::string folder = folder_.string() + "/";
      for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder)) line.erase(at, folder.size());
      lines.push_back(std::move(line));
    }
    return lines;
  }
  std::vector<std::string> problems_of(std::string_view text) { return problems(load(text)); }

  /// Loads `text` behind lines that need no mail sender and let every account take part, so that nothing else is wrong.
  /// The text begins in line 3.
  static std::string sound(std::string_view text) {
    return "notify: {channels: [{type: file}]}\naccounts: {default: opt-out}\n" + std::string(text);
  }
  Configuration configuration_of(std::string_view text) {
    auto answer = load(text);
    for (const std::string& line : problems(answer)) ADD_FAILURE() << line;
    return answer.loaded ? std::move(answer.loaded->configuration) : Configuration{};
  }

  std::filesystem::path folder_;
  ConfigurationSources sources_;
};

inline accounts::Account account(std::string_view id, std::vector<std::string> path = {}) {
  return {*base::AccountId::parse(id),
          "name",
          "owner@example.org",
          accounts::AccountState::active,
          false,
          std::move(path),
          {}};
}

using Lines = std::vector<std::string>;

}  // namespace keyward::orchestrator
