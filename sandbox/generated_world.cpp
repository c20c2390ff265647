#include <array>
#include <cstdio>

#include "sandbox/scenario.hpp"

namespace keyward::sandbox {
namespace {

using std::chrono::days;

std::string numbered(const char* format, int number) {
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, number);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

void used(World& world, AccessKey& key, int days_ago) {
  static constexpr std::array<const char*, 4> k_services = {"s3", "ec2", "dynamodb", "sqs"};
  static constexpr std::array<const char*, 3> k_regions = {"eu-central-1", "us-east-1", "eu-west-1"};
  const char* service = k_services[world.random.below(k_services.size())];
  key.last_used = LastUsed{world.now() - days(days_ago) - std::chrono::minutes(world.random.below(600)), service,
                           k_regions[world.random.below(k_regions.size())]};
}

void deactivate(World& world, AccessKey& key, int days_ago) {
  key.active = false;
  key.changed = world.now() - days(days_ago);
}

int between(World& world, int low, int high) {
  return low + static_cast<int>(world.random.below(static_cast<std::uint64_t>(high - low) + 1));
}

/// The situations of the decision table, dealt in turn. The first account's first users always show the first ones.
constexpr int k_situations = 10;

void make_situation(World& world, Account& account, User& user, int situation) {
  // Each draw of chance stands in a statement of its own: the order in which arguments are evaluated is the compiler's,
  // and the same seed must give the same world with each of them.
  const auto key = [&](int low, int high) -> AccessKey& {
    const int age = between(world, low, high);
    return make_key(world, account, user, days(age));
  };
  const auto used_key = [&](int low, int high, int idle_low, int idle_high) -> AccessKey& {
    AccessKey& made = key(low, high);
    const int idle = between(world, idle_low, idle_high);
    used(world, made, idle);
    return made;
  };
  switch (situation % k_situations) {
    case 0:  // young
      used_key(1, 60, 0, 0);
      break;
    case 1:  // overdue, the only key
      used_key(91, 300, 0, 5);
      break;
    case 2:  // soon due
      used_key(77, 89, 1, 1);
      break;
    case 3:  // overdue and never used
      key(95, 250);
      break;
    case 4:  // two keys, the newer one in use: it can stand in for the older
      used_key(120, 200, 10, 40);
      used_key(15, 60, 0, 0);
      break;
    case 5:  // two used keys, both overdue
      used_key(150, 400, 1, 20);
      used_key(95, 140, 1, 20);
      break;
    case 6:  // the older one was switched off by a human
      deactivate(world, used_key(120, 300, 60, 60), 20);
      used_key(5, 50, 0, 0);
      break;
    case 7:  // exempt
      used_key(200, 900, 0, 0);
      user.groups.insert(k_exemption_group);
      break;
    case 8:  // somebody switched the newer one off and went back
      used_key(100, 200, 0, 0);
      deactivate(world, key(5, 60), 3);
      break;
    default:  // a person without keys
      user.has_password = true;
      break;
  }
}

std::string user_name(World& world, int number) {
  static constexpr std::array<const char*, 8> k_kinds = {"ci",  "deploy", "backup", "report",
                                                         "etl", "app",    "svc",    "monitor"};
  if (number == 4) return "team+reports=daily@example.org";  // legal in IAM, awkward for secret names
  return std::string(k_kinds[world.random.below(k_kinds.size())]) + numbered("-%03d", number);
}

void fill_account(World& world, Account& account, int account_number, int users) {
  make_group(world, account, k_exemption_group);
  for (int i = 0; i < users; ++i) {
    User& user = make_user(world, account, user_name(world, i), account.joined + days(i % 30));
    if (world.random.chance(0.3)) user.path = "/service/";
    if (world.random.chance(0.5)) user.tags["team"] = world.random.chance(0.5) ? "payments" : "platform";
    make_situation(world, account, user, i + 3 * (account_number - 1));
  }
}

std::string new_account_id(World& world) {
  while (true) {
    std::string id = numbered("%d", between(world, 2, 9));
    id += world.random.digits(11);
    if (!world.find_account(id)) return id;
  }
}

}  // namespace

void generate_organization(World& world, const GeneratedSize& size) {
  if (world.external_id.empty()) world.external_id = "sandbox-" + world.random.lower_alphanumeric(12);
  make_management(world, "111111111111");
  const auto unit = [&](const char* name, const std::string& parent) {
    world.units.push_back({"ou-" + world.root_id.substr(2) + "-" + world.random.lower_alphanumeric(8), name, parent});
    return world.units.back().id;
  };
  const std::string workloads = unit("Workloads", world.root_id);
  const std::array<std::string, 4> homes = {unit("Production", workloads), unit("Test", workloads),
                                            unit("Infrastructure", world.root_id), world.root_id};
  const std::string suspended_unit = unit("Suspended", world.root_id);

  for (int i = 1; i <= size.accounts; ++i) {
    Account& account = make_account(world, new_account_id(world), numbered("account-%02d", i),
                                    numbered("account-%02d@example.org", i));
    account.parent = homes[static_cast<std::size_t>(i - 1) % homes.size()];
    account.invited = world.random.chance(0.1);
    account.tags["environment"] = i % 2 == 1 ? "production" : "test";
    if (i % 3 != 0) account.tags["keyward"] = "enabled";
    if (world.random.chance(0.5)) account.alias = numbered("example-%02d", i);
    add_standard_roles(world, account);
    const bool without_users = size.accounts >= 5 && i == size.accounts;
    if (!without_users) fill_account(world, account, i, size.users);
  }
  if (size.accounts < 5) return;
  for (const AccountState state : {AccountState::suspended, AccountState::closed}) {
    const std::string name = state == AccountState::suspended ? "account-suspended" : "account-closed";
    Account& account = make_account(world, new_account_id(world), name, name + "@example.org");
    account.state = state;
    account.parent = suspended_unit;
    add_standard_roles(world, account);
  }
}

}  // namespace keyward::sandbox
