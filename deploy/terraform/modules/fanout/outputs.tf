output "state_machine_arn" {
  description = "The daily job; for runs by hand (aws stepfunctions start-execution), and to redrive one that failed"
  value       = aws_sfn_state_machine.machine.arn
}

output "records_bucket" {
  description = "What it leaves"
  value       = aws_s3_bucket.records.id
}
