output "client_security_group" {
  description = "security_group of task, security_group_ids of function"
  value       = aws_security_group.client.id
}

output "endpoint_security_group" {
  description = "The security group of the endpoints"
  value       = aws_security_group.endpoints.id
}
