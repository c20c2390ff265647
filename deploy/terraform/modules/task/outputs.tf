output "task_definition_arn" {
  description = "For runs by hand (aws ecs run-task)"
  value       = aws_ecs_task_definition.task.arn
}

output "cluster_arn" {
  description = "For runs by hand (aws ecs run-task)"
  value       = aws_ecs_cluster.cluster.arn
}
