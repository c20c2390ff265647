variable "name" {
  description = "Names what this module makes"
  type        = string
  default     = "keyward"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.name))
    error_message = "name has up to 31 small letters, digits and hyphens."
  }
}
