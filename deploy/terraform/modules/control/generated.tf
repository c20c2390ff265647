# Written by scripts/terraform.py from deploy/cloudformation/control.yaml: change that, and run it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "organization_id" {
  description = "The organization's id"
  type        = string

  validation {
    condition     = can(regex("^(?:o-[a-z0-9]{10,32})$", var.organization_id))
    error_message = "organization_id looks like o-[a-z0-9]{10,32}."
  }
}

variable "inventory_role_arn" {
  description = "Output RoleArn of inventory.yaml. It need not exist yet"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576})$", var.inventory_role_arn))
    error_message = "inventory_role_arn looks like arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576}."
  }
}

variable "store_role_arn" {
  description = "Output RoleArn of central-store.yaml; empty when secrets stay in the accounts"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576})?)$", var.store_role_arn))
    error_message = "store_role_arn looks like (arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576})?."
  }
}

variable "audit_role_name" {
  description = "As in member.yaml"
  type        = string
  default     = "keyward-audit"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.audit_role_name))
    error_message = "audit_role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "rotate_role_name" {
  description = "As in member.yaml"
  type        = string
  default     = "keyward-rotate"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.rotate_role_name))
    error_message = "rotate_role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "sender" {
  description = "notify.sender, when a channel of type ses sends mail"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([^@\\s]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+)?)$", var.sender))
    error_message = "sender looks like ([^@\\s]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+)?."
  }
}

variable "configuration_set" {
  description = "configuration_set of that channel"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_-]{0,64})$", var.configuration_set))
    error_message = "configuration_set looks like [A-Za-z0-9_-]{0,64}."
  }
}

variable "topic_arn" {
  description = "topic_arn of a channel of type sns"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?)$", var.topic_arn))
    error_message = "topic_arn looks like (arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?."
  }
}

variable "channel_parameters" {
  description = "ARNs of the parameters that hold secrets of channels"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for item in var.channel_parameters : can(regex("^(?:(arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]+)?)$", item))])
    error_message = "channel_parameters looks like (arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]+)?."
  }
}

variable "metrics" {
  description = "How metrics reach CloudWatch: a function writes them to its log, anything else calls PutMetricData"
  type        = string
  default     = "log"

  validation {
    condition     = contains(["log", "calls"], var.metrics)
    error_message = "metrics is one of log, calls."
  }
}

variable "function_in_network" {
  description = "yes when function.yaml gets SubnetIds"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.function_in_network)
    error_message = "function_in_network is one of yes, no."
  }
}

variable "log_retention_days" {
  description = "So long the log is kept"
  type        = number
  default     = 400

  validation {
    condition     = contains([30, 90, 180, 365, 400, 731, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of 30, 90, 180, 365, 400, 731, 1827, 3653."
  }
}

variable "role_name" {
  description = "The role of the job, whom all other roles trust"
  type        = string
  default     = "keyward"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.role_name))
    error_message = "role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "make_role" {
  description = "no in the standby region, because IAM is global"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.make_role)
    error_message = "make_role is one of yes, no."
  }
}

locals {
  makes_role             = var.make_role == "yes"
  has_store              = var.store_role_arn != ""
  has_sender             = var.sender != ""
  has_configuration_set  = var.configuration_set != ""
  has_topic              = var.topic_arn != ""
  has_channel_parameters = join("", var.channel_parameters) != ""
  has_network            = var.function_in_network == "yes"
  calls_for_metrics      = var.metrics == "calls"
  keyward_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
      {
        Effect = "Allow"
        Principal = {
          Service = "ecs-tasks.amazonaws.com"
        }
        Action = "sts:AssumeRole"
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
      },
    ]
  })
  rights_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "AssumeRolesInAccounts"
          Effect = "Allow"
          Action = "sts:AssumeRole"
          Resource = [
            "arn:${data.aws_partition.current.partition}:iam::*:role/${var.rotate_role_name}",
            "arn:${data.aws_partition.current.partition}:iam::*:role/${var.audit_role_name}",
          ]
          Condition = {
            StringEquals = {
              "aws:ResourceOrgID" = var.organization_id
            }
          }
        },
        {
          Sid      = "AssumeRolesForListingAndStoring"
          Effect   = "Allow"
          Action   = "sts:AssumeRole"
          Resource = compact([var.inventory_role_arn, (local.has_store ? var.store_role_arn : "")])
        },
      ],
      [for statement in [
        {
          Sid    = "SendMail"
          Effect = "Allow"
          Action = ["ses:SendEmail", "ses:SendRawEmail"]
          Resource = compact([
            "arn:${data.aws_partition.current.partition}:ses:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:identity/${var.sender}",
            "arn:${data.aws_partition.current.partition}:ses:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:identity/${split("@", "${var.sender}@")[1]}",
            (local.has_configuration_set ? "arn:${data.aws_partition.current.partition}:ses:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:configuration-set/${var.configuration_set}" : ""),
          ])
          Condition = {
            StringEquals = {
              "ses:FromAddress" = var.sender
            }
          }
        },
      ] : statement if local.has_sender],
      [for statement in [
        {
          Sid      = "PublishRuns"
          Effect   = "Allow"
          Action   = "sns:Publish"
          Resource = var.topic_arn
        },
      ] : statement if local.has_topic],
      [for statement in [
        {
          Sid      = "ReadSecretsOfChannels"
          Effect   = "Allow"
          Action   = "ssm:GetParameter"
          Resource = var.channel_parameters
        },
      ] : statement if local.has_channel_parameters],
      [for statement in [
        {
          Sid      = "WriteMetrics"
          Effect   = "Allow"
          Action   = "cloudwatch:PutMetricData"
          Resource = "*"
          Condition = {
            StringEquals = {
              "cloudwatch:namespace" = "keyward"
            }
          }
        },
      ] : statement if local.calls_for_metrics],
    )
  })
  place_rights_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "WriteLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:${local.log_group}:*"
        },
        {
          Sid      = "KeepWhatFailed"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = aws_sqs_queue.dead_letters.arn
        },
      ],
      [for statement in [
        {
          Sid    = "ConnectFunctionToNetwork"
          Effect = "Allow"
          Action = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = "*"
        },
      ] : statement if local.has_network],
      [for statement in [
        {
          Sid      = "OnlyLambdaConnects"
          Effect   = "Deny"
          Action   = "ec2:*"
          Resource = "*"
          Condition = {
            ArnLike = {
              "lambda:SourceFunctionArn" = "arn:${data.aws_partition.current.partition}:lambda:*:${data.aws_caller_identity.current.account_id}:function:*"
            }
          }
        },
      ] : statement if local.has_network],
    )
  })
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AsThisAccountSays"
        Effect = "Allow"
        Principal = {
          AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid    = "EncryptLog"
        Effect = "Allow"
        Principal = {
          Service = "logs.${data.aws_region.current.region}.amazonaws.com"
        }
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource = "*"
        Condition = {
          ArnEquals = {
            "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:/keyward/${var.name}"
          }
        }
      },
    ]
  })
}
