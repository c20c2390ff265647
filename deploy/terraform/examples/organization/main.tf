# A whole organization from one place: the daily job on AWS Lambda in the control account, the central store in an account of its
# own with a replica's key in a second region, and the roles in every account. Each provider has credentials of its account.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "organization_id" {
  description = "The organization's id"
  type        = string
}

variable "root_id" {
  description = "The organization's root"
  type        = string
}

variable "external_id" {
  description = "What all roles ask keyward for"
  type        = string
  sensitive   = true
}

variable "artifact" {
  description = "The zip: bucket, version and SHA-256 in base64"
  type        = object({ bucket = string, version = string, hash = string })
}

variable "topic_arn" {
  description = "Who is told by alarms"
  type        = string
}

variable "accounts" {
  description = "Profiles of the control, store and management accounts"
  type        = object({ control = string, store = string, management = string })
}

provider "aws" {
  region  = "eu-central-1"
  profile = var.accounts.control
}

provider "aws" {
  alias   = "store"
  region  = "eu-central-1"
  profile = var.accounts.store
}

provider "aws" {
  alias   = "store_replica"
  region  = "eu-west-1"
  profile = var.accounts.store
}

provider "aws" {
  alias   = "management"
  region  = "us-east-1"
  profile = var.accounts.management
}

data "aws_caller_identity" "control" {}

locals {
  # Known before the role is made: the trust policies name it by a condition.
  principal = "arn:aws:iam::${data.aws_caller_identity.control.account_id}:role/keyward"
  trust     = { keyward_principal = local.principal, organization_id = var.organization_id, external_id = var.external_id }
  regions   = { secrets_region = "eu-central-1", replica_region = "eu-west-1" }
}

module "inventory" {
  source            = "../../modules/inventory-role"
  providers         = { aws = aws.management }
  keyward_principal = local.trust.keyward_principal
  organization_id   = local.trust.organization_id
  external_id       = local.trust.external_id
}

module "store" {
  source            = "../../modules/central-store"
  providers         = { aws = aws.store }
  keyward_principal = local.trust.keyward_principal
  organization_id   = local.trust.organization_id
  external_id       = local.trust.external_id
  secrets_region    = local.regions.secrets_region
  replica_region    = local.regions.replica_region
}

module "store_replica" {
  source            = "../../modules/central-store"
  providers         = { aws = aws.store_replica }
  make_role         = "no"
  keyward_principal = local.trust.keyward_principal
  organization_id   = local.trust.organization_id
  external_id       = local.trust.external_id
  secrets_region    = local.regions.secrets_region
  replica_region    = local.regions.replica_region
}

module "members" {
  source                  = "../../modules/member-stackset"
  providers               = { aws = aws.management }
  call_as                 = "SELF"
  organizational_unit_ids = [var.root_id]

  parameters = {
    KeywardPrincipal = local.principal
    OrganizationId   = var.organization_id
    ExternalId       = var.external_id
    Store            = "central"
    SecretsRegion    = local.regions.secrets_region
    ReplicaRegion    = local.regions.replica_region
  }
}

module "control" {
  source             = "../../modules/control"
  organization_id    = var.organization_id
  inventory_role_arn = module.inventory.role_arn
  store_role_arn     = module.store.role_arn
  sender             = "keyward@example.org"
}

module "function" {
  source                = "../../modules/function"
  role_arn              = module.control.role_arn
  key_arn               = module.control.key_arn
  log_group             = module.control.log_group
  dead_letter_queue_arn = module.control.dead_letter_queue_arn
  external_id           = var.external_id
  artifact_bucket       = var.artifact.bucket
  artifact_version      = var.artifact.version
  artifact_hash         = var.artifact.hash
  time_zone             = "Europe/Berlin"
}

module "alarms" {
  source            = "../../modules/alarms"
  organization      = var.organization_id
  topic_arn         = var.topic_arn
  mode              = "dry_run"
  function_name     = module.function.function_name
  dead_letter_queue = module.control.dead_letter_queue
}

output "configuration" {
  description = "Goes into config.yaml"
  value       = module.control.configuration
}
