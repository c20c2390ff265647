#include "orchestrator/policy_template.hpp"

#include <boost/json/array.hpp>
#include <utility>

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

/// Texts that CloudFormation has to fill in say so.
json::value with_substitutions(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    json::object result;
    for (const auto& [key, member] : *object) result[key] = with_substitutions(member);
    return result;
  }
  if (const json::array* array = value.if_array()) {
    json::array result;
    for (const json::value& item : *array) result.push_back(with_substitutions(item));
    return result;
  }
  const json::string* text = value.if_string();
  if (text == nullptr || text->find(k_stack_account) == json::string::npos) return value;
  return json::object{{"Fn::Sub", *text}};
}

json::object reasons(const Permissions& permissions) {
  json::object why;
  for (const PolicyStatement& statement : permissions.statements) why[statement.sid] = statement.why;
  return why;
}

json::object template_of(const std::string& description, const Permissions& permissions, json::object parameters,
                         json::object resources, json::object outputs) {
  json::object result{{"AWSTemplateFormatVersion", "2010-09-09"},
                      {"Description", description},
                      {"Metadata", json::object{{"Why", reasons(permissions)}}}};
  if (!parameters.empty()) result["Parameters"] = std::move(parameters);
  result["Resources"] = std::move(resources);
  result["Outputs"] = std::move(outputs);
  return result;
}

json::object output(std::string_view description, json::value value) {
  return {{"Description", description}, {"Value", std::move(value)}};
}

/// A reference to a parameter, which is declared.
json::value parameter(json::object& parameters, std::string_view name, json::object declaration) {
  parameters[name] = std::move(declaration);
  return json::object{{"Ref", name}};
}

/// The fifth part of an ARN that only CloudFormation knows.
json::value account_in(const json::value& arn) {
  const json::object parts{{"Fn::Split", json::array{":", arn}}};
  return json::object{{"Fn::Select", json::array{4, parts}}};
}

}  // namespace

json::object role_template(const RoleTemplate& role, const Permissions& permissions) {
  json::object parameters;
  Trust trust;
  if (role.principal.empty()) {
    trust.identity = parameter(parameters, "KeywardPrincipal",
                               {{"Type", "String"},
                                {"Description", "ARN of the role or user that runs keyward"},
                                {"AllowedPattern", "arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,576}"}});
    trust.account = account_in(trust.identity);
  } else {
    trust = trust_in(role.principal);
  }
  trust.organization = role.organization;
  trust.session_name = role.session_name;
  if (role.asks_external_id) {
    trust.external_id = parameter(parameters, "ExternalId",
                                  {{"Type", "String"},
                                   {"Description", "The external id that keyward's configuration refers to"},
                                   {"NoEcho", true},
                                   {"MinLength", 2},
                                   {"MaxLength", 1224}});
  } else if (!role.external_id.empty()) {
    trust.external_id = json::string(role.external_id);
  }
  const auto slash = role.role.rfind('/');
  json::object policy{{"PolicyName", "keyward"}, {"PolicyDocument", with_substitutions(identity_policy(permissions))}};
  json::array policies;
  policies.push_back(std::move(policy));
  json::object properties{{"RoleName", role.role.substr(slash == std::string::npos ? 0 : slash + 1)}};
  if (slash != std::string::npos) properties["Path"] = "/" + role.role.substr(0, slash + 1);
  properties["Description"] = role.description;
  properties["MaxSessionDuration"] = 3600;
  properties["AssumeRolePolicyDocument"] = trust_policy(trust);
  properties["Policies"] = std::move(policies);
  json::object resource{{"Type", "AWS::IAM::Role"}, {"Properties", std::move(properties)}};
  json::array arn{"KeywardRole", "Arn"};
  return template_of(role.description, permissions, std::move(parameters), {{"KeywardRole", std::move(resource)}},
                     {{"RoleArn", output("The role", json::object{{"Fn::GetAtt", std::move(arn)}})}});
}

json::object policy_template(const std::string& description, const std::string& principal,
                             const Permissions& permissions) {
  json::object properties{{"Description", description},
                          {"PolicyDocument", with_substitutions(identity_policy(permissions))}};
  const bool is_role = principal.find(":role/") != std::string::npos;
  if (is_role || principal.find(":user/") != std::string::npos) {
    json::array names;
    names.emplace_back(principal.substr(principal.rfind('/') + 1));
    properties[is_role ? "Roles" : "Users"] = std::move(names);
  }
  json::object resource{{"Type", "AWS::IAM::ManagedPolicy"}, {"Properties", std::move(properties)}};
  return template_of(description, permissions, {}, {{"KeywardPolicy", std::move(resource)}},
                     {{"PolicyArn", output("To be attached to the identity that runs keyward",
                                           json::object{{"Ref", "KeywardPolicy"}})}});
}

}  // namespace keyward::orchestrator
