# Written by scripts/terraform.py from deploy/cloudformation/central-store.yaml: change that, and run it.

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

variable "role_name" {
  description = "The name of the role"
  type        = string
  default     = "keyward-store"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.role_name))
    error_message = "role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "make_role" {
  description = "no in a replica's region, because IAM is global"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.make_role)
    error_message = "make_role is one of yes, no."
  }
}

variable "key_alias" {
  description = "store.kms_key_id of the configuration"
  type        = string
  default     = "alias/keyward"

  validation {
    condition     = can(regex("^(?:alias/[A-Za-z0-9/_-]{1,250})$", var.key_alias))
    error_message = "key_alias looks like alias/[A-Za-z0-9/_-]{1,250}."
  }

  validation {
    condition     = var.key_alias != "alias/aws/secretsmanager"
    error_message = "The AWS managed key cannot be read from another account."
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

locals {
  makes_role         = var.make_role == "yes"
  has_replica        = var.replica_region != ""
  has_second_replica = var.second_replica_region != ""
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AdministerInThisAccount"
        Effect = "Allow"
        Principal = {
          AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action = [
          "kms:CancelKeyDeletion",
          "kms:CreateAlias",
          "kms:DeleteAlias",
          "kms:DescribeKey",
          "kms:DisableKey",
          "kms:DisableKeyRotation",
          "kms:EnableKey",
          "kms:EnableKeyRotation",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListGrants",
          "kms:ListKeyPolicies",
          "kms:ListKeyRotations",
          "kms:ListResourceTags",
          "kms:PutKeyPolicy",
          "kms:RotateKeyOnDemand",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:UpdateAlias",
          "kms:UpdateKeyDescription",
        ]
        Resource = "*"
      },
      {
        Sid    = "WriteSecretsInThisAccount"
        Effect = "Allow"
        Principal = {
          AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        Resource = "*"
        Condition = {
          StringEquals = {
            "kms:ViaService" = compact([
              "secretsmanager.${var.secrets_region}.${data.aws_partition.current.dns_suffix}",
              (local.has_replica ? "secretsmanager.${var.replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
              (local.has_second_replica ? "secretsmanager.${var.second_replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
            ])
          }
        }
      },
      {
        Sid    = "ReadSecretsInTheOrganization"
        Effect = "Allow"
        Principal = {
          AWS = "*"
        }
        Action   = "kms:Decrypt"
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
            "kms:ViaService" = compact([
              "secretsmanager.${var.secrets_region}.${data.aws_partition.current.dns_suffix}",
              (local.has_replica ? "secretsmanager.${var.replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
              (local.has_second_replica ? "secretsmanager.${var.second_replica_region}.${data.aws_partition.current.dns_suffix}" : ""),
            ])
          }
        }
      },
    ]
  })
  store_role_trust = jsonencode({
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
  store_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "FindSecrets"
          Effect = "Allow"
          Action = "secretsmanager:DescribeSecret"
          Resource = [
            "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey",
            "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey-??????",
          ]
        },
        {
          Sid      = "CreateSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:CreateSecret"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey-*"
          Condition = {
            StringLike = {
              "secretsmanager:Name" = "Account_*_User_*_AccessKey"
            }
          }
        },
        {
          Sid    = "WriteSecrets"
          Effect = "Allow"
          Action = [
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
            "secretsmanager:GetResourcePolicy",
          ]
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey-??????"
        },
        {
          Sid      = "SayWhoReadsSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:PutResourcePolicy"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey-??????"
          Condition = {
            Bool = {
              "secretsmanager:BlockPublicPolicy" = "true"
            }
          }
        },
        {
          Sid      = "ReadNoSecrets"
          Effect   = "Deny"
          Action   = "secretsmanager:GetSecretValue"
          Resource = "*"
        },
      ],
      [for statement in [
        {
          Sid      = "ReplicateSecrets"
          Effect   = "Allow"
          Action   = "secretsmanager:ReplicateSecretToRegions"
          Resource = "arn:${data.aws_partition.current.partition}:secretsmanager:${var.secrets_region}:${data.aws_caller_identity.current.account_id}:secret:Account_*_User_*_AccessKey-??????"
          Condition = {
            "ForAllValues:StringEquals" = {
              "secretsmanager:AddReplicaRegions" = compact([var.replica_region, (local.has_second_replica ? var.second_replica_region : "")])
            }
          }
        },
      ] : statement if local.has_replica],
      [
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
      ],
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
      ] : statement if local.has_replica],
    )
  })
}
