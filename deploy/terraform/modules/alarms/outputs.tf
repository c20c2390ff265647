output "names" {
  description = "The alarms of the daily job itself"
  value       = concat([aws_cloudwatch_metric_alarm.missing_runs.alarm_name], [for alarm in aws_cloudwatch_metric_alarm.metrics : alarm.alarm_name])
}
