#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// The size of a generated organization.
struct GeneratedSize {
  int accounts = 3;  ///< active member accounts, beside the management account
  int users = 5;     ///< in each of them
};

/// Fills an empty world: an organization with nested units, the management account 111111111111 with the user `hub`
/// (the caller's identity) and `admin`, and member accounts whose users show every situation of the decision table.
/// From five accounts on there is also a suspended and a closed one, and one account has no users at all.
void generate_organization(World& world, const GeneratedSize& size);

/// Fills an empty world from a scenario (docs/sandbox.md). Throws std::invalid_argument with the place and what is
/// wrong.
void load_scenario(World& world, const boost::json::object& scenario);

// Parts that both share.

/// The organization itself and its management account with `hub`, `admin` and the roles.
Account& make_management(World& world, const std::string& id);
/// An account of which only id, name and mail address are set yet.
Account& make_account(World& world, const std::string& id, const std::string& name, const std::string& email);
/// keyward-rotate, which trusts the hub with the external id, and OrganizationAccountAccessRole.
void add_standard_roles(World& world, Account& account);
User& make_user(World& world, Account& account, const std::string& name, base::Instant created);
/// A key that has long been known everywhere. `age` counts back from now.
AccessKey& make_key(World& world, Account& account, User& user, std::chrono::seconds age);
Group& make_group(World& world, Account& account, const std::string& name);

inline constexpr const char* k_hub_user = "hub";
inline constexpr const char* k_admin_user = "admin";
inline constexpr const char* k_member_role = "keyward-rotate";
inline constexpr const char* k_exemption_group = "IAMKeyRotationExemptionGroup";

}  // namespace keyward::sandbox
