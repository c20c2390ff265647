# keyward's daily job over many accounts, by a Distributed Map of AWS Step Functions: the function lists the accounts, goes to
# each by a call of its own, and makes one report and one digest per owner of all. In place of the schedule of function
# (schedule_state = "DISABLED" there, reserved_concurrency at least max_concurrency here).

# Lists of accounts, what each call answered, and the merged records. No secret is among them.
resource "aws_s3_bucket" "records" {
  bucket_prefix = "${var.name}-records-"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "records" {
  bucket = aws_s3_bucket.records.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "records" {
  bucket                  = aws_s3_bucket.records.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "records" {
  bucket = aws_s3_bucket.records.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "records" {
  bucket = aws_s3_bucket.records.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "records" {
  bucket = aws_s3_bucket.records.id

  rule {
    id     = "records"
    status = "Enabled"

    filter {}

    expiration {
      days = var.record_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "records" {
  bucket = aws_s3_bucket.records.id
  policy = local.records_policy
}

# The function writes the list and the merged record, and reads what each call answered.
resource "aws_iam_role_policy" "function" {
  name   = "keyward-fanout-${data.aws_region.current.region}"
  role   = var.function_role_name
  policy = local.function_rights_policy
}

resource "aws_cloudwatch_log_group" "machine" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = 400
}

resource "aws_iam_role" "machine" {
  name_prefix        = "${var.name}-"
  description        = "AWS Step Functions drives keyward's daily job with this role"
  assume_role_policy = local.machine_role_trust
}

resource "aws_iam_role_policy" "machine" {
  name   = "drive"
  role   = aws_iam_role.machine.id
  policy = local.machine_role_policy
}

# A Distributed Map starts executions of its own machine.
resource "aws_iam_role_policy" "map" {
  name   = "map"
  role   = aws_iam_role.machine.id
  policy = local.map_rights_policy
}

resource "aws_sfn_state_machine" "machine" {
  name     = var.name
  type     = "STANDARD"
  role_arn = aws_iam_role.machine.arn

  definition = templatefile("${path.module}/../../../fanout/state-machine.asl.json", {
    Partition                  = data.aws_partition.current.partition
    FunctionArn                = var.function_arn
    Bucket                     = aws_s3_bucket.records.id
    MaxConcurrency             = var.max_concurrency
    ToleratedFailurePercentage = var.tolerated_failure_percentage
  })

  # Failures only, and without what passes through: mail addresses of accounts are personal data.
  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
  }

  depends_on = [aws_iam_role_policy.machine]
}

# A map that has failed has been to some accounts, whose owners must hear of it today; a redrive merges again. So has one whose
# results could not be written. Not after the merge itself, which has told what it says, nor where a merge would end the same.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-failed"
  description = "What an execution did before it failed is reported"

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [aws_sfn_state_machine.machine.arn]
      status          = ["FAILED", "TIMED_OUT"]
      error = [{
        "anything-but" = [
          "Function.Configuration", "Function.Partial", "Function.PreflightFailed",
          "Function.RecoveryNeeded", "Function.SafetyStop", "Function.UnknownEvent",
        ]
      }]
    }
  })
}

resource "aws_cloudwatch_event_target" "merge" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = var.function_arn

  input_transformer {
    input_paths    = { name = "$.detail.name" }
    input_template = "{\"action\": \"merge\", \"bucket\": \"${aws_s3_bucket.records.id}\", \"prefix\": \"runs/<name>\"}"
  }
}

resource "aws_lambda_permission" "merge" {
  action         = "lambda:InvokeFunction"
  function_name  = var.function_arn
  principal      = "events.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = aws_cloudwatch_event_rule.failed.arn
}

resource "aws_iam_role" "schedule" {
  name_prefix        = "${var.name}-"
  description        = "Amazon EventBridge Scheduler starts keyward with this role"
  assume_role_policy = local.schedule_role_trust
}

resource "aws_iam_role_policy" "schedule" {
  name   = "start"
  role   = aws_iam_role.schedule.id
  policy = local.schedule_role_policy
}

resource "aws_scheduler_schedule" "daily" {
  name                         = "${var.name}-fanout"
  description                  = "The daily job of keyward"
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.time_zone
  state                        = var.schedule_state

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = aws_sfn_state_machine.machine.arn
    role_arn = aws_iam_role.schedule.arn
    input    = "{}"

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.name}-failed-executions"
  alarm_description   = "The daily job of keyward failed; mend the cause and redrive the execution"
  namespace           = "AWS/States"
  metric_name         = "ExecutionsFailed"
  dimensions          = { StateMachineArn = aws_sfn_state_machine.machine.arn }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  actions_enabled     = local.acts
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
