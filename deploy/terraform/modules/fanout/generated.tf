# Written by scripts/terraform.py from deploy/fanout/fanout.yaml: change that, and run it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "function_arn" {
  description = "Output of function.yaml"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64})$", var.function_arn))
    error_message = "function_arn looks like arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}."
  }
}

variable "function_role_name" {
  description = "RoleName of control.yaml"
  type        = string
  default     = "keyward"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=,.@_-]{1,64})$", var.function_role_name))
    error_message = "function_role_name looks like [A-Za-z0-9+=,.@_-]{1,64}."
  }
}

variable "key_arn" {
  description = "Output of control.yaml"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)$", var.key_arn))
    error_message = "key_arn looks like arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+."
  }
}

variable "topic_arn" {
  description = "The SNS topic that is told of executions that failed"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)$", var.topic_arn))
    error_message = "topic_arn looks like arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+."
  }
}

variable "max_concurrency" {
  description = "Accounts at the same time; at most ReservedConcurrency of function.yaml"
  type        = number
  default     = 40

  validation {
    condition     = var.max_concurrency >= 1
    error_message = "max_concurrency is at least 1."
  }

  validation {
    condition     = var.max_concurrency <= 1000
    error_message = "max_concurrency is at most 1000."
  }
}

variable "tolerated_failure_percentage" {
  description = "So many of the calls for accounts may fail; above it the execution fails and can be redriven"
  type        = number
  default     = 10

  validation {
    condition     = var.tolerated_failure_percentage >= 0
    error_message = "tolerated_failure_percentage is at least 0."
  }

  validation {
    condition     = var.tolerated_failure_percentage <= 100
    error_message = "tolerated_failure_percentage is at most 100."
  }
}

variable "record_days" {
  description = "So long records are kept"
  type        = number
  default     = 400

  validation {
    condition     = var.record_days >= 30
    error_message = "record_days is at least 30."
  }

  validation {
    condition     = var.record_days <= 3653
    error_message = "record_days is at most 3653."
  }
}

variable "schedule_expression" {
  description = "When the job starts"
  type        = string
  default     = "cron(30 2 * * ? *)"

  validation {
    condition     = can(regex("^(?:(cron|rate)\\([^()]+\\))$", var.schedule_expression))
    error_message = "schedule_expression looks like (cron|rate)\\([^()]+\\)."
  }
}

variable "time_zone" {
  description = "The schedule's time zone, such as Europe/Berlin"
  type        = string
  default     = "Etc/UTC"

  validation {
    condition     = can(regex("^(?:[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2})$", var.time_zone))
    error_message = "time_zone looks like [A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}."
  }
}

variable "flexible_minutes" {
  description = "The job starts within so many minutes"
  type        = number
  default     = 15

  validation {
    condition     = var.flexible_minutes >= 1
    error_message = "flexible_minutes is at least 1."
  }

  validation {
    condition     = var.flexible_minutes <= 1440
    error_message = "flexible_minutes is at most 1440."
  }
}

variable "schedule_state" {
  description = "DISABLED in the standby region"
  type        = string
  default     = "ENABLED"

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state is one of ENABLED, DISABLED."
  }
}

variable "actions" {
  description = "As in alarms.yaml"
  type        = string
  default     = "on"

  validation {
    condition     = contains(["on", "off"], var.actions)
    error_message = "actions is one of on, off."
  }
}

locals {
  acts = var.actions == "on"
  records_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "OnlyEncrypted"
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Action   = "s3:*"
        Resource = [aws_s3_bucket.records.arn, "${aws_s3_bucket.records.arn}/*"]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
  function_rights_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "KeepRecords"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.records.arn}/runs/*"
      },
      {
        Sid      = "FindRecords"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.records.arn
      },
      {
        Sid      = "UseKeyOfRecords"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.key_arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = "s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"
          }
        }
      },
    ]
  })
  machine_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "states.amazonaws.com"
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
  machine_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CallFunction"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = var.function_arn
      },
      {
        Sid      = "ReadList"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.records.arn}/runs/*/accounts.jsonl"
      },
      {
        Sid      = "WriteResults"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
        Resource = "${aws_s3_bucket.records.arn}/runs/*/results/*"
      },
      {
        Sid      = "UseKeyOfRecords"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.key_arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = "s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"
          }
        }
      },
      {
        Sid    = "WriteLog"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
    ]
  })
  map_rights_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "StartAccounts"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = aws_sfn_state_machine.machine.arn
      },
      {
        Sid      = "FollowAndRedriveAccounts"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
        Resource = "arn:${data.aws_partition.current.partition}:states:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:execution:${aws_sfn_state_machine.machine.name}/*"
      },
    ]
  })
  schedule_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "scheduler.amazonaws.com"
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
  schedule_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = aws_sfn_state_machine.machine.arn
      },
    ]
  })
}
