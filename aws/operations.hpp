#pragma once

#include <array>

#include "aws/operation.hpp"

/// Every AWS API call that keyward makes, and there is no way to make another: the clients take their calls from here.
/// The read-only session policy of a dry run is made from this list, and `keyward policy` is compared with it.
namespace keyward::aws::operations {

using base::Idempotency;

// Organizations
inline constexpr Operation k_describe_organization{Service::organizations, "DescribeOrganization", Effect::read,
                                                   Idempotency::idempotent};
inline constexpr Operation k_list_accounts{Service::organizations, "ListAccounts", Effect::read,
                                           Idempotency::idempotent};
inline constexpr Operation k_list_roots{Service::organizations, "ListRoots", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_list_organizational_units_for_parent{
    Service::organizations, "ListOrganizationalUnitsForParent", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_list_accounts_for_parent{Service::organizations, "ListAccountsForParent", Effect::read,
                                                      Idempotency::idempotent};
inline constexpr Operation k_list_tags_for_resource{Service::organizations, "ListTagsForResource", Effect::read,
                                                    Idempotency::idempotent};

// STS
inline constexpr Operation k_get_caller_identity{Service::sts, "GetCallerIdentity", Effect::read,
                                                 Idempotency::idempotent};
inline constexpr Operation k_assume_role{Service::sts, "AssumeRole", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_assume_role_with_web_identity{Service::sts, "AssumeRoleWithWebIdentity", Effect::read,
                                                           Idempotency::idempotent, Signing::none};

// IAM
inline constexpr Operation k_list_users{Service::iam, "ListUsers", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_list_access_keys{Service::iam, "ListAccessKeys", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_get_access_key_last_used{Service::iam, "GetAccessKeyLastUsed", Effect::read,
                                                      Idempotency::idempotent};
inline constexpr Operation k_create_access_key{Service::iam, "CreateAccessKey", Effect::write,
                                               Idempotency::non_idempotent};
inline constexpr Operation k_update_access_key{Service::iam, "UpdateAccessKey", Effect::write, Idempotency::idempotent};
inline constexpr Operation k_delete_access_key{Service::iam, "DeleteAccessKey", Effect::write, Idempotency::idempotent};
inline constexpr Operation k_list_user_tags{Service::iam, "ListUserTags", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_tag_user{Service::iam, "TagUser", Effect::write, Idempotency::idempotent};
inline constexpr Operation k_list_attached_user_policies{Service::iam, "ListAttachedUserPolicies", Effect::read,
                                                         Idempotency::idempotent};
inline constexpr Operation k_generate_credential_report{Service::iam, "GenerateCredentialReport", Effect::read,
                                                         Idempotency::idempotent};
inline constexpr Operation k_get_credential_report{Service::iam, "GetCredentialReport", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_simulate_principal_policy{Service::iam, "SimulatePrincipalPolicy", Effect::read,
                                                       Idempotency::idempotent};
inline constexpr Operation k_get_group{Service::iam, "GetGroup", Effect::read, Idempotency::idempotent};

// Secrets Manager. A run writes secrets and never reads one; GetSecretValue is for the rotation of a secret by Secrets
// Manager's own event alone (secret_value_client.hpp).
inline constexpr Operation k_describe_secret{Service::secrets_manager, "DescribeSecret", Effect::read,
                                             Idempotency::idempotent};
inline constexpr Operation k_create_secret{Service::secrets_manager, "CreateSecret", Effect::write,
                                           Idempotency::idempotent};
inline constexpr Operation k_get_secret_value{Service::secrets_manager, "GetSecretValue", Effect::reveal,
                                              Idempotency::idempotent};
inline constexpr Operation k_put_secret_value{Service::secrets_manager, "PutSecretValue", Effect::write,
                                              Idempotency::idempotent};
inline constexpr Operation k_update_secret_version_stage{Service::secrets_manager, "UpdateSecretVersionStage",
                                                         Effect::write, Idempotency::idempotent};
inline constexpr Operation k_get_resource_policy{Service::secrets_manager, "GetResourcePolicy", Effect::read,
                                                 Idempotency::idempotent};
inline constexpr Operation k_put_resource_policy{Service::secrets_manager, "PutResourcePolicy", Effect::write,
                                                 Idempotency::idempotent};
inline constexpr Operation k_replicate_secret_to_regions{Service::secrets_manager, "ReplicateSecretToRegions",
                                                         Effect::write, Idempotency::idempotent};
inline constexpr Operation k_delete_secret{Service::secrets_manager, "DeleteSecret", Effect::write,
                                           Idempotency::idempotent};

// KMS
inline constexpr Operation k_describe_key{Service::kms, "DescribeKey", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_get_key_policy{Service::kms, "GetKeyPolicy", Effect::read, Idempotency::idempotent};

// SES v2
inline constexpr Operation k_send_email{Service::ses, "SendEmail", Effect::send, Idempotency::non_idempotent};
inline constexpr Operation k_get_account{Service::ses, "GetAccount", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_get_email_identity{Service::ses, "GetEmailIdentity", Effect::read,
                                                Idempotency::idempotent};

// SNS: no idempotency token but in FIFO topics
inline constexpr Operation k_publish{Service::sns, "Publish", Effect::send, Idempotency::non_idempotent};
inline constexpr Operation k_get_topic_attributes{Service::sns, "GetTopicAttributes", Effect::read,
                                                  Idempotency::idempotent};

// CloudWatch
inline constexpr Operation k_put_metric_data{Service::cloudwatch, "PutMetricData", Effect::send, Idempotency::non_idempotent};

// SSM
inline constexpr Operation k_get_parameter{Service::ssm, "GetParameter", Effect::read, Idempotency::idempotent};

// Account Management
inline constexpr Operation k_get_alternate_contact{Service::account, "GetAlternateContact", Effect::read,
                                                   Idempotency::idempotent};

// Security Hub: what is imported under an Id that is there updates it
inline constexpr Operation k_batch_import_findings{Service::security_hub, "BatchImportFindings", Effect::write,
                                                   Idempotency::idempotent};

// DynamoDB
inline constexpr Operation k_scan{Service::dynamodb, "Scan", Effect::read, Idempotency::idempotent};

// S3
inline constexpr Operation k_get_object{Service::s3, "GetObject", Effect::read, Idempotency::idempotent};
inline constexpr Operation k_put_object{Service::s3, "PutObject", Effect::send, Idempotency::idempotent};

inline constexpr auto k_all = std::to_array<Operation>({
    k_describe_organization,
    k_list_accounts,
    k_list_roots,
    k_list_organizational_units_for_parent,
    k_list_accounts_for_parent,
    k_list_tags_for_resource,
    k_get_caller_identity,
    k_assume_role,
    k_assume_role_with_web_identity,
    k_list_users,
    k_list_access_keys,
    k_generate_credential_report,
    k_get_credential_report,
    k_get_access_key_last_used,
    k_create_access_key,
    k_update_access_key,
    k_delete_access_key,
    k_list_user_tags,
    k_tag_user,
    k_list_attached_user_policies,
    k_get_group,
    k_simulate_principal_policy,
    k_describe_secret,
    k_create_secret,
    k_get_secret_value,
    k_put_secret_value,
    k_update_secret_version_stage,
    k_get_resource_policy,
    k_put_resource_policy,
    k_replicate_secret_to_regions,
    k_delete_secret,
    k_describe_key,
    k_get_key_policy,
    k_send_email,
    k_get_account,
    k_get_email_identity,
    k_publish,
    k_get_topic_attributes,
    k_put_metric_data,
    k_get_parameter,
    k_get_alternate_contact,
    k_batch_import_findings,
    k_scan,
    k_get_object,
    k_put_object,
});

}  // namespace keyward::aws::operations
