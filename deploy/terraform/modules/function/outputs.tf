output "function_arn" {
  description = "For fanout, and for runs by hand"
  value       = aws_lambda_function.function.arn
}

output "function_name" {
  description = "function_name of alarms"
  value       = aws_lambda_function.function.function_name
}
