# Written by scripts/terraform.py from deploy/cloudformation/alarms.yaml: change that, and run it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "organization" {
  description = "The organization's id"
  type        = string

  validation {
    condition     = can(regex("^(?:o-[a-z0-9]{10,32})$", var.organization))
    error_message = "organization looks like o-[a-z0-9]{10,32}."
  }
}

variable "topic_arn" {
  description = "The SNS topic that is told when an alarm begins and when it ends"
  type        = string

  validation {
    condition     = can(regex("^(?:arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)$", var.topic_arn))
    error_message = "topic_arn looks like arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+."
  }
}

variable "namespace" {
  description = "As in the channel's settings"
  type        = string
  default     = "keyward"
}

variable "mode" {
  description = "dry_run as long as nothing may be changed in any account"
  type        = string
  default     = "enforce"

  validation {
    condition     = contains(["enforce", "dry_run"], var.mode)
    error_message = "mode is one of enforce, dry_run."
  }
}

variable "hours_without_run" {
  description = "So long after the last run there must have been another"
  type        = number
  default     = 26

  validation {
    condition     = var.hours_without_run >= 2
    error_message = "hours_without_run is at least 2."
  }

  validation {
    condition     = var.hours_without_run <= 168
    error_message = "hours_without_run is at most 168."
  }
}

variable "oldest_key_days" {
  description = "An active key may become so old; rotate_after_days and install_grace_days of the policy together"
  type        = number
  default     = 100

  validation {
    condition     = var.oldest_key_days >= 1
    error_message = "oldest_key_days is at least 1."
  }
}

variable "function_name" {
  description = "Output of function.yaml; empty when keyward runs elsewhere"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_-]{0,64})$", var.function_name))
    error_message = "function_name looks like [A-Za-z0-9_-]{0,64}."
  }
}

variable "dead_letter_queue" {
  description = "Output of control.yaml; empty when keyward runs elsewhere"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_-]{0,80})$", var.dead_letter_queue))
    error_message = "dead_letter_queue looks like [A-Za-z0-9_-]{0,80}."
  }
}

variable "actions" {
  description = "off as long as keyward does not run in this region"
  type        = string
  default     = "on"

  validation {
    condition     = contains(["on", "off"], var.actions)
    error_message = "actions is one of on, off."
  }
}

locals {
  has_function          = var.function_name != ""
  has_dead_letter_queue = var.dead_letter_queue != ""
  acts                  = var.actions == "on"
}
