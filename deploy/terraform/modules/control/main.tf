# Who keyward is in its control account, and what its job leaves: the role with its rights, the log, the key, the queue of starts
# that failed. How it runs is another module: function or task.

locals {
  log_group = "/keyward/${var.name}"
  role_arn  = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${var.role_name}"
}

resource "aws_iam_role" "keyward" {
  count                = local.makes_role ? 1 : 0
  name                 = var.role_name
  description          = "keyward runs with this role"
  max_session_duration = 3600
  assume_role_policy   = local.keyward_role_trust
}

resource "aws_iam_role_policy" "rights" {
  name   = "keyward-${data.aws_region.current.region}"
  role   = local.makes_role ? aws_iam_role.keyward[0].name : var.role_name
  policy = local.rights_policy
}

# What the place where it runs asks for, not keyward.
resource "aws_iam_role_policy" "place" {
  name   = "keyward-place-${data.aws_region.current.region}"
  role   = local.makes_role ? aws_iam_role.keyward[0].name : var.role_name
  policy = local.place_rights_policy
}

resource "aws_kms_key" "keyward" {
  description         = "Encrypts keyward's log, state and settings"
  enable_key_rotation = true
  policy              = local.key_policy

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "keyward" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.keyward.arn
}

# Starts that came to nothing, and those whose function ended with an error. What is in it says when, not what: the next run makes up for it.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}
