# Written by scripts/terraform.py from deploy/cloudformation/function.yaml: change that, and run it.

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
  description = "The container image by its digest, config.yaml within; empty for a zip"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:([a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64})?)$", var.image_uri))
    error_message = "image_uri looks like ([a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64})?."
  }
}

variable "artifact_bucket" {
  description = "The bucket that holds the zip, with versioning; none with ImageUri"
  type        = string
  default     = "none"

  validation {
    condition     = can(regex("^(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$", var.artifact_bucket))
    error_message = "artifact_bucket looks like [a-z0-9][a-z0-9.-]{1,61}[a-z0-9]."
  }

  validation {
    condition     = !(var.image_uri == "") || var.artifact_bucket != "none"
    error_message = "Without ImageUri there is a zip in ArtifactBucket."
  }
}

variable "artifact_key" {
  description = "The zip in that bucket"
  type        = string
  default     = "keyward.zip"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9!_.*'()/-]{1,1024})$", var.artifact_key))
    error_message = "artifact_key looks like [A-Za-z0-9!_.*'()/-]{1,1024}."
  }
}

variable "artifact_version" {
  description = "The version of the object, so that nobody replaces the program unnoticed; none with ImageUri"
  type        = string
  default     = "none"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9._-]{1,1024})$", var.artifact_version))
    error_message = "artifact_version looks like [A-Za-z0-9._-]{1,1024}."
  }

  validation {
    condition     = !(var.image_uri == "") || var.artifact_version != "none"
    error_message = "A zip needs ArtifactVersion; turn on the bucket's versioning."
  }
}

variable "artifact_hash" {
  description = "The zip's SHA-256 (openssl dgst -sha256 -binary keyward.zip | base64): the stack fails when the code is another"
  type        = string
  default     = "none"

  validation {
    condition     = can(regex("^(?:none|[A-Za-z0-9+/]{43}=)$", var.artifact_hash))
    error_message = "artifact_hash looks like none|[A-Za-z0-9+/]{43}=."
  }

  validation {
    condition     = !(var.image_uri == "") || var.artifact_hash != "none"
    error_message = "A zip needs ArtifactHash."
  }
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
  type        = number
  default     = 512

  validation {
    condition     = contains([512, 1024, 2048, 4096], var.memory)
    error_message = "memory is one of 512, 1024, 2048, 4096."
  }
}

variable "reserved_concurrency" {
  description = "Functions at the same time; 1 for the daily job, more for deploy/fanout"
  type        = number
  default     = 1

  validation {
    condition     = var.reserved_concurrency >= 1
    error_message = "reserved_concurrency is at least 1."
  }

  validation {
    condition     = var.reserved_concurrency <= 1000
    error_message = "reserved_concurrency is at most 1000."
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

variable "subnet_ids" {
  description = "Private subnets in two availability zones, when the function shall be in a network (FunctionInNetwork of control.yaml)"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for item in var.subnet_ids : can(regex("^(?:(subnet-[0-9a-f]{8,17})?)$", item))])
    error_message = "subnet_ids looks like (subnet-[0-9a-f]{8,17})?."
  }
}

variable "security_group_ids" {
  description = "Output ClientSecurityGroup of vpc-endpoints.yaml, or one of your own; with SubnetIds"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for item in var.security_group_ids : can(regex("^(?:(sg-[0-9a-f]{8,17})?)$", item))])
    error_message = "security_group_ids looks like (sg-[0-9a-f]{8,17})?."
  }
}

locals {
  is_zip      = var.image_uri == ""
  has_network = join("", var.subnet_ids) != ""
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
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.function.arn
      },
    ]
  })
}
