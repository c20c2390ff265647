#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "notify/channel.hpp"

namespace keyward::notify {

inline constexpr std::string_view k_file_channel = "file";

/// Writes every message as `NNN-recipient.eml` into a directory, numbered in the order of delivery and onwards from
/// what is there already. A file appears whole or not at all, readable by its owner only. The directory is made when it
/// is missing (its owner's only as well).
class FileChannel final : public Channel {
 public:
  explicit FileChannel(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::string_view name() const noexcept override { return k_file_channel; }
  /// Returns the file's name. Errors: `invalid` (cannot be written), `limit_exceeded` (the disk is full).
  base::Task<base::Result<std::string>> deliver(const Message& message) override;

 private:
  base::Result<std::string> write(const Message& message);

  std::filesystem::path directory_;
  std::size_t last_number_ = 0;
  bool prepared_ = false;
};

}  // namespace keyward::notify
