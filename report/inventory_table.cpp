#include "report/inventory_table.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <ostream>

#include "report/layout.hpp"

namespace keyward::report {
namespace {

std::string path_text(const accounts::Account& account) {
  std::string path;
  for (const std::string& part : account.path) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

struct InventoryTotals {
  long long accounts = 0;
  long long participating = 0;
  std::map<std::string, long long> skipped;
};

InventoryTotals totals_of(const accounts::Inventory& inventory) {
  InventoryTotals totals;
  for (const accounts::InventoryEntry& entry : inventory.entries) {
    ++totals.accounts;
    if (entry.skip == accounts::Skip::none) {
      ++totals.participating;
    } else {
      ++totals.skipped[std::string(accounts::describe(entry.skip))];
    }
  }
  return totals;
}

boost::json::object inventory_json(const accounts::InventoryEntry& entry) {
  const accounts::Account& account = entry.account;
  boost::json::object line;
  line["account"] = account.id.str();
  line["name"] = valid_utf8(account.name);
  line["email"] = valid_utf8(account.email);
  line["state"] = accounts::to_string(account.state);
  line["path"] = valid_utf8(path_text(account));
  line["management"] = account.management;
  line["takes_part"] = entry.skip == accounts::Skip::none;
  if (entry.skip != accounts::Skip::none) line["why_not"] = accounts::describe(entry.skip);
  return line;
}

boost::json::object inventory_totals_json(const accounts::Inventory& inventory) {
  const InventoryTotals totals = totals_of(inventory);
  boost::json::object line;
  line["organization"] = valid_utf8(inventory.organization_id);
  line["accounts"] = totals.accounts;
  line["takes_part"] = totals.participating;
  boost::json::object skipped;
  for (const auto& [reason, count] : totals.skipped) skipped[reason] = count;
  line["skipped"] = std::move(skipped);
  return line;
}

void print_inventory_table(std::ostream& out, const accounts::Inventory& inventory, const Output& output) {
  Table table({{"ACCOUNT"}, {"NAME", Room::cut}, {"STATE"}, {"TAKES PART", Room::cut}, {"PATH", Room::expendable}});
  std::string rows;
  for (const accounts::InventoryEntry& entry : inventory.entries) {
    const bool in = entry.skip == accounts::Skip::none;
    rows += table.pack({{entry.account.id.str()},
                        {entry.account.name + (entry.account.management ? " (management)" : "")},
                        {std::string(accounts::to_string(entry.account.state))},
                        {in ? "yes" : "no: " + std::string(accounts::describe(entry.skip)), in ? Tone::good : Tone::dim},
                        {path_text(entry.account), Tone::dim}});
  }
  const Table::LaidOut laid_out = table.lay_out(output);
  out << laid_out.header() << laid_out.rows(rows);
  const InventoryTotals totals = totals_of(inventory);
  out << '\n'
      << paint(output, Tone::bold,
               counted(totals.accounts, "account") + " in " + printable(inventory.organization_id) + ": " +
                   grouped(totals.participating) + " taking part, " + grouped(totals.accounts - totals.participating) +
                   " not")
      << '\n';
  constexpr std::size_t k_reason = 10;  // the column where reasons begin
  for (const auto& [reason, count] : totals.skipped)
    out << "  " << fit(grouped(count), 6, Align::right) << "  " << wrapped(reason, prose_width(output) - k_reason, k_reason);
}

}  // namespace

void print_inventory(std::ostream& out, const accounts::Inventory& inventory, const Output& output) {
  switch (output.format) {
    case Format::table: print_inventory_table(out, inventory, output); return;
    case Format::json: {
      out << "{\"accounts\":[";
      std::string_view separator = "\n";
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        out << separator << boost::json::serialize(inventory_json(entry));
        separator = ",\n";
      }
      out << "\n],\"totals\":" << boost::json::serialize(inventory_totals_json(inventory)) << "}\n";
      return;
    }
    case Format::jsonl: {
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        boost::json::object line;
        line["type"] = "account";
        for (const auto& member : inventory_json(entry)) line[member.key()] = member.value();
        out << boost::json::serialize(line) << '\n';
      }
      boost::json::object line;
      line["type"] = "totals";
      for (const auto& member : inventory_totals_json(inventory)) line[member.key()] = member.value();
      out << boost::json::serialize(line) << '\n';
      return;
    }
    case Format::csv:
      out << csv_line({"account", "name", "email", "state", "path", "management", "takes_part", "why_not"});
      for (const accounts::InventoryEntry& entry : inventory.entries) {
        const bool in = entry.skip == accounts::Skip::none;
        out << csv_line({entry.account.id.str(), entry.account.name, entry.account.email,
                         std::string(accounts::to_string(entry.account.state)), path_text(entry.account),
                         entry.account.management ? "true" : "false", in ? "true" : "false",
                         in ? "" : std::string(accounts::describe(entry.skip))});
      }
      return;
  }
}

}  // namespace keyward::report
