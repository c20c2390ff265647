# Written by scripts/terraform.py from deploy/cloudformation/task.yaml: change that, and run it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "role_arn" {
  description = "Output of control.yaml"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_-]{1,64})$", var.role_arn))
    error_message = "role_arn looks like arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_-]{1,64}."
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

variable "log_group" {
  description = "Output of control.yaml"
  type        = string

  validation {
    condition     = can(regex("^(?:/keyward/[A-Za-z0-9-]{1,128})$", var.log_group))
    error_message = "log_group looks like /keyward/[A-Za-z0-9-]{1,128}."
  }
}

variable "dead_letter_queue_arn" {
  description = "Output of control.yaml"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80})$", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn looks like arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}."
  }
}

variable "external_id" {
  description = "The external id that all other roles ask for; the program reads it from KEYWARD_EXTERNAL_ID"
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

variable "image_uri" {
  description = "The container image by its digest, config.yaml within"
  type        = string

  validation {
    condition     = can(regex("^(?:[a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64})$", var.image_uri))
    error_message = "image_uri looks like [a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}."
  }
}

variable "repository_arn" {
  description = "The repository of the image"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/-]+)$", var.repository_arn))
    error_message = "repository_arn looks like arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/-]+."
  }
}

variable "vpc_id" {
  description = "The network"
  type        = string
}

variable "subnet_a" {
  description = "A private subnet"
  type        = string

  validation {
    condition     = var.subnet_a != var.subnet_b
    error_message = "SubnetA and SubnetB are the same."
  }
}

variable "subnet_b" {
  description = "A private subnet in another availability zone"
  type        = string
}

variable "security_group" {
  description = "Output ClientSecurityGroup of vpc-endpoints.yaml, or one of your own"
  type        = string
}

variable "architecture" {
  description = "What the program was built for"
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture is one of x86_64, arm64."
  }
}

variable "memory" {
  description = "MiB"
  type        = string
  default     = "512"

  validation {
    condition     = contains(["512", "1024", "2048"], var.memory)
    error_message = "memory is one of 512, 1024, 2048."
  }
}

variable "dry_run" {
  description = "DryRunFlag: true changes nothing anywhere, whatever config.yaml says"
  type        = string
  default     = "true"

  validation {
    condition     = contains(["true", "false"], var.dry_run)
    error_message = "dry_run is one of true, false."
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
  description = "DISABLED in the standby region, and where deploy/fanout has the schedule"
  type        = string
  default     = "ENABLED"

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state is one of ENABLED, DISABLED."
  }
}

variable "state_copy_region" {
  description = "Keeps a copy of the records in that region; empty for none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([a-z]{2,4}(-[a-z]+)+-[0-9])?)$", var.state_copy_region))
    error_message = "state_copy_region looks like ([a-z]{2,4}(-[a-z]+)+-[0-9])?."
  }
}

locals {
  is_arm       = var.architecture == "arm64"
  copies_state = var.state_copy_region != ""
  state_files_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource = "*"
      },
      {
        Effect = "Deny"
        Principal = {
          AWS = "*"
        }
        Action   = "*"
        Resource = "*"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
  state_rights_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "UseStateFolder"
        Effect   = "Allow"
        Action   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource = aws_efs_file_system.state.arn
        Condition = {
          StringEquals = {
            "elasticfilesystem:AccessPointArn" = aws_efs_access_point.state.arn
          }
        }
      },
    ]
  })
  task_start_role_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
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
  task_start_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.repository_arn
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:log-group:${var.log_group}:*"
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
        Action   = "sqs:SendMessage"
        Resource = var.dead_letter_queue_arn
      },
      {
        Effect   = "Allow"
        Action   = "ecs:RunTask"
        Resource = aws_ecs_task_definition.task.arn
        Condition = {
          ArnEquals = {
            "ecs:cluster" = aws_ecs_cluster.cluster.arn
          }
        }
      },
      {
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = [aws_iam_role.task_start.arn, var.role_arn]
        Condition = {
          StringEquals = {
            "iam:PassedToService" = "ecs-tasks.amazonaws.com"
          }
        }
      },
    ]
  })
}
