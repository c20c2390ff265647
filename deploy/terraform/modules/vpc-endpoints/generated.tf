# Written by scripts/terraform.py from deploy/cloudformation/vpc-endpoints.yaml: change that, and run it.

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

variable "vpc_id" {
  description = "The network of keyward; enableDnsSupport and enableDnsHostnames are on"
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one in each of two availability zones or more"
  type        = list(string)
}

variable "route_table_ids" {
  description = "The route tables of these subnets, for S3; empty when nothing is read from S3 (fargate needs it for the image)"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for item in var.route_table_ids : can(regex("^(?:(rtb-[0-9a-f]{8,17})?)$", item))])
    error_message = "route_table_ids looks like (rtb-[0-9a-f]{8,17})?."
  }

  validation {
    condition     = !(var.s3_prefix_list != "") || join("", var.route_table_ids) != ""
    error_message = "S3PrefixList without RouteTableIds."
  }
}

variable "s3_prefix_list" {
  description = "With RouteTableIds (aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.REGION.s3)"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(?:(pl-[0-9a-f]{8,17})?)$", var.s3_prefix_list))
    error_message = "s3_prefix_list looks like (pl-[0-9a-f]{8,17})?."
  }
}

variable "with_log" {
  description = "no for a function, which reaches its log without"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.with_log)
    error_message = "with_log is one of yes, no."
  }
}

variable "with_image_registry" {
  description = "no for a function"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.with_image_registry)
    error_message = "with_image_registry is one of yes, no."
  }
}

variable "with_metrics" {
  description = "no when metrics are embedded in the log"
  type        = string
  default     = "yes"

  validation {
    condition     = contains(["yes", "no"], var.with_metrics)
    error_message = "with_metrics is one of yes, no."
  }
}

variable "with_mail_by_api" {
  description = "yes for a channel of type ses, where the region has the endpoint"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_mail_by_api)
    error_message = "with_mail_by_api is one of yes, no."
  }
}

variable "with_mail_by_smtp" {
  description = "yes for a channel of type smtp by way of SES"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_mail_by_smtp)
    error_message = "with_mail_by_smtp is one of yes, no."
  }
}

variable "with_topics" {
  description = "yes for a channel of type sns"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_topics)
    error_message = "with_topics is one of yes, no."
  }
}

variable "with_channel_parameters" {
  description = "yes when secrets of channels are parameters (ssm:)"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_channel_parameters)
    error_message = "with_channel_parameters is one of yes, no."
  }
}

variable "with_security_hub" {
  description = "yes with report.security_hub"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_security_hub)
    error_message = "with_security_hub is one of yes, no."
  }
}

variable "with_alternate_contacts" {
  description = "yes when notify.owner has alternate_contact, where us-east-1 offers com.amazonaws.us-east-1.account"
  type        = string
  default     = "no"

  validation {
    condition     = contains(["yes", "no"], var.with_alternate_contacts)
    error_message = "with_alternate_contacts is one of yes, no."
  }
}

locals {
  has_home_services      = data.aws_region.current.region == "us-east-1"
  has_account            = local.has_home_services && var.with_alternate_contacts == "yes"
  has_s3                 = join("", var.route_table_ids) != ""
  reaches_s3             = var.s3_prefix_list != ""
  has_log                = var.with_log == "yes"
  has_image_registry     = var.with_image_registry == "yes"
  has_metrics            = var.with_metrics == "yes"
  has_mail_by_api        = var.with_mail_by_api == "yes"
  has_mail_by_smtp       = var.with_mail_by_smtp == "yes"
  has_topics             = var.with_topics == "yes"
  has_channel_parameters = var.with_channel_parameters == "yes"
  has_security_hub       = var.with_security_hub == "yes"
  s3_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "arn:${data.aws_partition.current.partition}:s3:::prod-${data.aws_region.current.region}-starport-layer-bucket/*"
      },
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
            "aws:ResourceOrgID"  = var.organization_id
          }
        }
      },
    ]
  })
  sts_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = ["sts:AssumeRole", "sts:GetCallerIdentity"]
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  secrets_manager_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "secretsmanager:CreateSecret",
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetResourcePolicy",
          "secretsmanager:PutResourcePolicy",
          "secretsmanager:PutSecretValue",
          "secretsmanager:ReplicateSecretToRegions",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  logs_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  images_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetAuthorizationToken",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  image_registry_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetAuthorizationToken",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  metrics_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  mail_by_api_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = ["ses:SendEmail", "ses:SendRawEmail"]
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  topics_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  channel_parameters_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "ssm:GetParameter"
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  security_hub_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "securityhub:BatchImportFindings"
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  iam_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "iam:CreateAccessKey",
          "iam:DeleteAccessKey",
          "iam:GenerateCredentialReport",
          "iam:GetAccessKeyLastUsed",
          "iam:GetCredentialReport",
          "iam:GetGroup",
          "iam:ListAccessKeys",
          "iam:ListAttachedUserPolicies",
          "iam:ListUserTags",
          "iam:ListUsers",
          "iam:TagUser",
          "iam:UpdateAccessKey",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  organizations_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "organizations:DescribeOrganization",
          "organizations:ListAccounts",
          "organizations:ListAccountsForParent",
          "organizations:ListOrganizationalUnitsForParent",
          "organizations:ListRoots",
          "organizations:ListTagsForResource",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
  account_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "account:GetAlternateContact"
        Resource  = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalOrgID" = var.organization_id
          }
        }
      },
    ]
  })
}
