#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/caller.hpp"

namespace keyward::aws {

/// Amazon DynamoDB (JSON 1.0), for reading.
class DynamoDbClient {
 public:
  explicit DynamoDbClient(Caller& caller) : caller_(caller) {}

  /// An item's attributes that are strings.
  using Item = std::map<std::string, std::string>;

  /// Every item of the table, with no attributes but these. Read to its end, or an error.
  base::Task<base::Result<std::vector<Item>>> scan(std::string table, std::vector<std::string> attributes);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
