output "key_arn" {
  description = "The key; who reads from another account needs kms:Decrypt on it in an identity policy"
  value       = aws_kms_key.store.arn
}

output "role_arn" {
  description = "store.role of the configuration; null in a replica's region"
  value       = one(aws_iam_role.store[*].arn)
}
