#pragma once

#include <iosfwd>

#include "accounts/inventory.hpp"
#include "report/output.hpp"

namespace keyward::report {

/// Every account: id, name, state, the path of organizational units, whether it takes part and why not; totals.
void print_inventory(std::ostream& out, const accounts::Inventory& inventory, const Output& output);

}  // namespace keyward::report
