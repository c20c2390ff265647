# Written by scripts/terraform.py from deploy/cloudformation/member.yaml: change that, and run it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "keyward_principal" {
  description = "ARN of the role that runs keyward; control.yaml makes it. It need not exist yet"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,576})$", var.keyward_principal))
    error_message = "keyward_principal looks like arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,576}."
  }
}

variable "organization_id" {
  description = "The organization's id"
  type        = string

  validation {
    condition     = can(regex("^(?:o-[a-z0-9]{10,32})$", var.organization_id))
    error_message = "organization_id looks like o-[a-z0-9]{10,32}."
  }
}

variable "external_id" {
  description = "The external id that keyward's configuration refers to"
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@:/_-]+)$", var.external_id))
    error_message = "external_id looks like [A-Za-z0-9+=,.@:/_-]+."
  }

  validation {
    condition     = length(var.external_id) >= 2
    error_message = "external_id has at least 2 characters."
  }

  validation {
    condition     = length(var.external_id) <= 1224
    error_message = "external_id has at most 1224 characters."
  }
}

variable "role_session_name" {
  description = "role_session_name of the configuration"
  type        = string
  default     = "keyward"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{2,64})$", var.role_session_name))
    error_message = "role_session_name looks like [A-Za-z0-9+=,.@_-]{2,64}."
  }
}

variable "audit_role_name" {
  description = "audit_role of the configuration; holds no right to change anything"
  type        = string
  default     = "keyward-audit"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.audit_role_name))
    error_message = "audit_role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }

  validation {
    condition     = var.audit_role_name != var.rotate_role_name
    error_message = "Reading and rotating are roles of their own."
  }
}

variable "rotate_role_name" {
  description = "member_role of the configuration"
  type        = string
  default     = "keyward-rotate"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.rotate_role_name))
    error_message = "rotate_role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "exempt_group" {
  description = "users.exempt_group of the configuration; empty when there is none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{0,128})$", var.exempt_group))
    error_message = "exempt_group looks like [A-Za-z0-9+=,.@_-]{0,128}."
  }
}

variable "security_hub_region" {
  description = "The region in which keyward runs, when report.security_hub is true; empty otherwise"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([a-z]{2,4}(-[a-z]+)+-[0-9])?)$", var.security_hub_region))
    error_message = "security_hub_region looks like ([a-z]{2,4}(-[a-z]+)+-[0-9])?."
  }
}

variable "store" {
  description = "store.target of the configuration. central takes nothing here, central-store.yaml makes it"
  type        = string
  default     = "member"

  validation {
    condition     = contains(["member", "central"], var.store)
    error_message = "store is one of member, central."
  }
}

variable "secrets_region" {
  description = "store.region of the configuration"
  type        = string

  validation {
    condition     = can(regex("^(?:[a-z]{2,4}(-[a-z]+)+-[0-9])$", var.secrets_region))
    error_message = "secrets_region looks like [a-z]{2,4}(-[a-z]+)+-[0-9]."
  }
}

variable "replica_region" {
  description = "store.replica_regions of the configuration, the first; empty when there is none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([a-z]{2,4}(-[a-z]+)+-[0-9])?)$", var.replica_region))
    error_message = "replica_region looks like ([a-z]{2,4}(-[a-z]+)+-[0-9])?."
  }

  validation {
    condition     = !(var.replica_region != "") || var.replica_region != var.secrets_region
    error_message = "A replica is in another region than the secret."
  }

  validation {
    condition     = !(var.second_replica_region != "") || var.replica_region != ""
    error_message = "SecondReplicaRegion without ReplicaRegion."
  }
}

variable "second_replica_region" {
  description = "store.replica_regions of the configuration, the second; empty when there is none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([a-z]{2,4}(-[a-z]+)+-[0-9])?)$", var.second_replica_region))
    error_message = "second_replica_region looks like ([a-z]{2,4}(-[a-z]+)+-[0-9])?."
  }

  validation {
    condition     = !(var.second_replica_region != "") || var.second_replica_region != var.replica_region
    error_message = "The two replica regions are the same."
  }

  validation {
    condition     = !(var.second_replica_region != "") || var.second_replica_region != var.secrets_region
    error_message = "A replica is in another region than the secret."
  }
}

variable "key_alias" {
  description = "store.kms_key_id of the configuration, a key in each account and region; empty for the AWS managed key"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:(alias/[A-Za-z0-9/_-]{1,250})?)$", var.key_alias))
    error_message = "key_alias looks like (alias/[A-Za-z0-9/_-]{1,250})?."
  }
}

locals {
  has_exempt_group   = var.exempt_group != ""
  tells_security_hub = var.security_hub_region != ""
  stores_here        = var.store == "member"
  has_second_replica = var.second_replica_region != ""
  has_replica        = var.replica_region != ""
  has_key            = var.key_alias != ""
  has_secrets_key    = local.stores_here && local.has_key
  has_replica_here   = local.stores_here && local.has_replica
  has_replica_key    = local.has_replica_here && local.has_key
  audit_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LetKeywardIn"
        Effect = "Allow"
        Principal = {
          AWS = split(":", var.keyward_principal)[4]
        }
        Action = "sts:AssumeRole"
        Condition = {
          ArnEquals = {
            "aws:PrincipalArn" = var.keyward_principal
          }
          StringEquals = {
            "sts:RoleSessionName" = var.role_session_name
            "sts:ExternalId"      = var.external_id
            "aws:PrincipalOrgID"  = var.organization_id
          }
        }
      },
    ]
  })
  audit_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ReadCredentialReport"
          Effect   = "Allow"
          Action   = ["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListUsers"]
          Resource = "*"
        },
        {
          Sid      = "ReadUsers"
          Effect   = "Allow"
          Action   = ["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListUserTags"]
          Resource = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:user/*"
        },
      ],
      [for statement in [
        {
          Sid    = "ReadExemptGroup"
          Effect = "Allow"
          Action = "iam:GetGroup"
          Resource = [
            "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:group/${var.exempt_group}",
            "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:group/*/${var.exempt_group}",
          ]
        },
      ] : statement if local.has_exempt_group],
    )
  })
  rotate_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LetKeywardIn"
        Effect = "Allow"
        Principal = {
          AWS = split(":", var.keyward_principal)[4]
        }
        Action = "sts:AssumeRole"
        Condition = {
          ArnEquals = {
            "aws:PrincipalArn" = var.keyward_principal
          }
          StringEquals = {
            "sts:RoleSessionName" = var.role_session_name
            "sts:ExternalId"      = var.external_id
            "aws:PrincipalOrgID"  = var.organization_id
          }
        }
      },
    ]
  })
  rotate_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ChangeAccessKeys"
          Effect   = "Allow"
          Action   = ["iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]
          Resource = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:user/*"
        },
        {
          Sid      = "KeepRecordOnUsers"
          Effect   = "Allow"
          Action   = "iam:TagUser"
          Resource = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:user/*"
          Condition = {
            "ForAllValues:StringEquals" = {
              "aws:TagKeys" = "keyward:state"
            }
          }
        },
        {
          Sid      = "NameRightsOfCompromisedKey"
          Effect   = "Allow"
          Action   = "iam:ListAttachedUserPolicies"
          Resource = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:user/*"
        },
      ],
      [for statement in [
        {
          Sid    = "FindSecrets"
          Effect = "Allow"
          Action = "secretsmanager:DescribeSecret"
          Resource = [
            "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey",
            "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey-??????",
          ]
        },
      ] : statement if local.stores_here],
      [for statement in [
        {
          Sid      = "CreateSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:CreateSecret"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey-*"
          Condition = {
            StringLike = {
              "secretsmanager:Name" = "Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey"
            }
          }
        },
      ] : statement if local.stores_here],
      [for statement in [
        {
          Sid    = "WriteSecrets"
          Effect = "Allow"
          Action = [
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
            "secretsmanager:GetResourcePolicy",
          ]
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey-??????"
        },
      ] : statement if local.stores_here],
      [for statement in [
        {
          Sid      = "SayWhoReadsSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:PutResourcePolicy"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey-??????"
          Condition = {
            Bool = {
              "secretsmanager:BlockPublicPolicy" = "true"
            }
          }
        },
      ] : statement if local.stores_here],
      [for statement in [
        {
          Sid      = "ReadNoSecrets"
          Effect   = "Deny"
          Action   = "secretsmanager:GetSecretValue"
          Resource = "*"
        },
      ] : statement if local.stores_here],
      [for statement in [
        {
          Sid      = "ReplicateSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:ReplicateSecretToRegions"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_${data.aws_caller_identity.current.account_id}_User_*_AccessKey-??????"
          Condition = {
            "ForAllValues:StringEquals" = {
              "secretsmanager:AddReplicaRegions" = compact([var.replica_region, (local.has_second_replica ? var.second_replica_region : "")])
            }
          }
        },
      ] : statement if local.has_replica_here],
      [for statement in [
        {
          Sid      = "UseKeyOfSecrets"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = "arn:${data.aws_partition.current.partition}:kms:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:key/*"
          Condition = {
            "ForAnyValue:StringEquals" = {
              "kms:ResourceAliases" = var.key_alias
            }
            StringEquals = {
              "kms:ViaService" = compact([
                "secretsmanager.${var.secrets_region}.${data.aws_partition.current.dns_suffix}",
                (local.has_replica ? "secretsmanager.${var.replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
                (local.has_second_replica ? "secretsmanager.${var.second_replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
              ])
            }
          }
        },
      ] : statement if local.has_secrets_key],
      [for statement in [
        {
          Sid    = "UseKeyOfReplicas"
          Effect = "Allow"
          Action = ["kms:Encrypt", "kms:GenerateDataKey"]
          Resource = compact([
            "arn:${data.aws_partition.current.partition}:kms:${var.replica_region}:${data.aws_caller_identity.current.account_id}:key/*",
            (local.has_second_replica ? "arn:${data.aws_partition.current.partition}:kms:${var.second_replica_region}:${data.aws_caller_identity.current.account_id}:key/*" : ""),
          ])
          Condition = {
            "ForAnyValue:StringEquals" = {
              "kms:ResourceAliases" = var.key_alias
            }
            StringEquals = {
              "kms:ViaService" = compact([
                "secretsmanager.${var.secrets_region}.${data.aws_partition.current.dns_suffix}",
                "secretsmanager.${var.replica_region}.${data.aws_partition.current.dns_suffix}",
                (local.has_second_replica ? "secretsmanager.${var.second_replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
              ])
            }
          }
        },
      ] : statement if local.has_replica_key],
      [for statement in [
        {
          Sid      = "TellSecurityHub"
          Effect   = "Allow"
          Action   = "securityhub:BatchImportFindings"
          Resource = "arn:${data.aws_partition.current.partition}:securityhub:${var.security_hub_region}:${data.aws_caller_identity.current.account_id}:product/${data.aws_caller_identity.current.account_id}/default"
        },
      ] : statement if local.tells_security_hub],
    )
  })
}
