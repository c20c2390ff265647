#include "sandbox/account_service.hpp"

#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

[[noreturn]] void deny() { throw ApiError(403, "AccessDeniedException", "You don't have permission to do this."); }

json::object get_alternate_contact(const Call& call, const JsonParameters& parameters) {
  const std::string type = parameters.require("AlternateContactType", "ValidationException");
  if (type != "BILLING" && type != "OPERATIONS" && type != "SECURITY") throw ApiError(400, "ValidationException", "AlternateContactType");
  const auto named = parameters.find("AccountId");
  const std::string arn = "arn:aws:account::" + call.world.management_account + ":account" +
                          (named ? "/" + call.world.organization_id + "/" + *named : "");
  authorize(call, Access{"account:GetAlternateContact", arn, call.account.id, "", PolicyKind::resource,
                         {{"account:alternatecontacttypes", {type}}}});
  // Only the management account asks for others, and nobody names his own.
  if (named && (call.account.id != call.world.management_account || *named == call.account.id)) deny();
  const Account* account = named ? call.world.find_account(*named) : &call.account;
  if (!account) deny();
  const auto contact = account->contacts.find(type);
  if (contact == account->contacts.end()) throw ApiError(404, "ResourceNotFoundException", "No contact of this type found.");
  return {{"AlternateContact", json::object{{"AlternateContactType", type},
                                            {"EmailAddress", contact->second},
                                            {"Name", "On Call"},
                                            {"PhoneNumber", "+1 555 0100"},
                                            {"Title", "Team"}}}};
}

}  // namespace

std::string account_action(const WireRequest& request) {
  return request.method == "POST" && request.path() == "/getAlternateContact" ? "GetAlternateContact" : "";
}

json::object handle_account(const Call& call, const JsonParameters& parameters) {
  if (call.action == "GetAlternateContact") return get_alternate_contact(call, parameters);
  throw ApiError(404, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
