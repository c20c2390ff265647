# Written by scripts/terraform.py from deploy/cloudformation/inventory.yaml: change that, and run it.

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
  default     = "keyward-inventory"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.role_name))
    error_message = "role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "by_unit" {
  description = "yes when a rule of accounts names an organizational unit"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.by_unit)
    error_message = "by_unit is one of yes, no."
  }
}

variable "by_tag" {
  description = "yes when a rule of accounts names a tag, or tags of accounts name owners (notify.owner has account_tag)"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.by_tag)
    error_message = "by_tag is one of yes, no."
  }
}

variable "alternate_contacts" {
  description = "yes when notify.owner has alternate_contact, as is the default"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.alternate_contacts)
    error_message = "alternate_contacts is one of yes, no."
  }
}

locals {
  walks_units    = var.by_unit == "yes"
  reads_tags     = var.by_tag == "yes"
  reads_contacts = var.alternate_contacts == "yes"
  inventory_role_trust = jsonencode({
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
  inventory_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ListAccounts"
          Effect   = "Allow"
          Action   = ["organizations:DescribeOrganization", "organizations:ListAccounts"]
          Resource = "*"
        },
      ],
      [for statement in [
        {
          Sid      = "ListRoots"
          Effect   = "Allow"
          Action   = "organizations:ListRoots"
          Resource = "*"
        },
      ] : statement if local.walks_units],
      [for statement in [
        {
          Sid    = "WalkUnits"
          Effect = "Allow"
          Action = ["organizations:ListOrganizationalUnitsForParent", "organizations:ListAccountsForParent"]
          Resource = [
            "arn:${data.aws_partition.current.partition}:organizations::*:root/${var.organization_id}/*",
            "arn:${data.aws_partition.current.partition}:organizations::*:ou/${var.organization_id}/*",
          ]
        },
      ] : statement if local.walks_units],
      [for statement in [
        {
          Sid      = "ReadTagsOfAccounts"
          Effect   = "Allow"
          Action   = "organizations:ListTagsForResource"
          Resource = "arn:${data.aws_partition.current.partition}:organizations::*:account/${var.organization_id}/*"
        },
      ] : statement if local.reads_tags],
      [for statement in [
        {
          Sid    = "ReadAlternateContacts"
          Effect = "Allow"
          Action = "account:GetAlternateContact"
          Resource = [
            "arn:${data.aws_partition.current.partition}:account::*:account",
            "arn:${data.aws_partition.current.partition}:account::*:account/${var.organization_id}/*",
          ]
          Condition = {
            "ForAnyValue:StringEquals" = {
              "account:AlternateContactTypes" = ["SECURITY", "OPERATIONS"]
            }
          }
        },
      ] : statement if local.reads_contacts],
    )
  })
}
