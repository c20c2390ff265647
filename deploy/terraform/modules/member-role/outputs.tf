output "audit_role_arn" {
  description = "The role that reads"
  value       = aws_iam_role.audit.arn
}

output "rotate_role_arn" {
  description = "The role that rotates"
  value       = aws_iam_role.rotate.arn
}
