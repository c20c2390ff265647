# The daily job of keyward as a function of AWS Lambda, started by a schedule. It ends after 15 minutes at most: for many accounts
# take task, or fanout.

resource "aws_lambda_function" "function" {
  function_name                  = var.name
  description                    = "Keeps the IAM access keys of the organization inside policy"
  role                           = var.role_arn
  package_type                   = local.is_zip ? "Zip" : "Image"
  runtime                        = local.is_zip ? "provided.al2023" : null
  handler                        = local.is_zip ? "bootstrap" : null
  s3_bucket                      = local.is_zip ? var.artifact_bucket : null
  s3_key                         = local.is_zip ? var.artifact_key : null
  s3_object_version              = local.is_zip ? var.artifact_version : null
  image_uri                      = local.is_zip ? null : var.image_uri
  architectures                  = [var.architecture]
  memory_size                    = var.memory
  timeout                        = 900
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.key_arn

  environment {
    variables = {
      KEYWARD_EXTERNAL_ID = var.external_id
      DryRunFlag          = var.dry_run
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = var.log_group
  }

  dead_letter_config {
    target_arn = var.dead_letter_queue_arn
  }

  dynamic "vpc_config" {
    for_each = local.has_network ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  lifecycle {
    # AWS tells the hash of what it was given.
    postcondition {
      condition     = !local.is_zip || self.code_sha256 == var.artifact_hash
      error_message = "The function has another code than artifact_hash says."
    }
  }
}

# A job that failed is not begun again by AWS: the next day's does, and retries within a run are keyward's own.
resource "aws_lambda_function_event_invoke_config" "function" {
  function_name                = aws_lambda_function.function.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 3600
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
  name                         = var.name
  description                  = "The daily job of keyward"
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.time_zone
  state                        = var.schedule_state

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = aws_lambda_function.function.arn
    role_arn = aws_iam_role.schedule.arn
    input    = "{}"

    # Of the start, when AWS did not take it; a run right after another does nothing twice.
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = var.dead_letter_queue_arn
    }
  }
}
