output "role_arn" {
  description = "keyward_principal of the other modules"
  value       = local.makes_role ? aws_iam_role.keyward[0].arn : local.role_arn
}

output "key_arn" {
  description = "key_arn of function and task"
  value       = aws_kms_key.keyward.arn
}

output "log_group" {
  description = "log_group of function and task"
  value       = aws_cloudwatch_log_group.keyward.name
}

output "dead_letter_queue_arn" {
  description = "dead_letter_queue_arn of function and task"
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue" {
  description = "dead_letter_queue of alarms"
  value       = aws_sqs_queue.dead_letters.name
}

output "configuration" {
  description = "What this module stands for in config.yaml"
  value = yamlencode({
    organization = { id = var.organization_id, list_role = var.inventory_role_arn }
    member_role  = var.rotate_role_name
    audit_role   = var.audit_role_name
    external_id  = "env:KEYWARD_EXTERNAL_ID"
    notify = merge(
      local.has_sender ? { sender = var.sender } : {},
      {
        channels = concat(
          local.calls_for_metrics ? [{ type = "metrics" }] : [],
          local.calls_for_metrics ? [] : [{ type = "metrics", embedded = true }],
          [for sender in compact([var.sender]) : merge({ type = "ses" }, local.has_configuration_set ? { configuration_set = var.configuration_set } : {})],
          [for topic in compact([var.topic_arn]) : { type = "sns", topic_arn = topic }],
        )
      },
    )
  })
}
