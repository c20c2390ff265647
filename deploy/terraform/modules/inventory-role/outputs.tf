output "role_arn" {
  description = "organization.list_role of the configuration"
  value       = aws_iam_role.inventory.arn
}
