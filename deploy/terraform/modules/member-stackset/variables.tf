variable "name" {
  description = "The name of the StackSet"
  type        = string
  default     = "keyward-member"
}

variable "parameters" {
  description = "Parameters of deploy/cloudformation/member.yaml; it checks them"
  type        = map(string)
  sensitive   = true

  validation {
    condition     = alltrue([for name in ["KeywardPrincipal", "OrganizationId", "ExternalId", "SecretsRegion"] : contains(keys(var.parameters), name)])
    error_message = "parameters has KeywardPrincipal, OrganizationId, ExternalId and SecretsRegion."
  }
}

variable "organizational_unit_ids" {
  description = "Units, or the root for all accounts"
  type        = list(string)

  validation {
    condition     = length(var.organizational_unit_ids) > 0 && alltrue([for id in var.organizational_unit_ids : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$", id))])
    error_message = "organizational_unit_ids has ids such as ou-ab12-11111111 or r-ab12."
  }
}

variable "region" {
  description = "The one region whose CloudFormation makes the roles"
  type        = string
  default     = "us-east-1"
}

variable "call_as" {
  description = "DELEGATED_ADMIN outside of the management account"
  type        = string
  default     = "DELEGATED_ADMIN"

  validation {
    condition     = contains(["SELF", "DELEGATED_ADMIN"], var.call_as)
    error_message = "call_as is SELF or DELEGATED_ADMIN."
  }
}
