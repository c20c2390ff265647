# Alarms about keyward's daily job, for the metrics that a channel of type metrics writes (docs/channels.md). Each goes back by
# itself with the next run that is as it should be.

locals {
  dimensions = { Organization = var.organization, Mode = var.mode }
  of_metrics = {
    failures = {
      metric      = "Failures", statistic = "Sum", threshold = 0,
      description = "keyward could not do what was due, or could not read a user; the run's report names them"
    }
    accounts-not-covered = {
      metric      = "AccountsNotCovered", statistic = "Sum", threshold = 0,
      description = "keyward could not cover every account that takes part; the run's report names them"
    }
    old-key = {
      metric      = "OldestActiveKeyDays", statistic = "Maximum", threshold = var.oldest_key_days,
      description = "An active access key is older than it may become"
    }
  }
}

# Breaching in every hour but those of a run: without one for so many hours all are.
resource "aws_cloudwatch_metric_alarm" "missing_runs" {
  alarm_name          = "${var.name}-missing-runs"
  alarm_description   = "The daily job of keyward did not run, or did not come to its end"
  namespace           = var.namespace
  metric_name         = "Runs"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.hours_without_run
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  actions_enabled     = local.acts
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

# These keep their state from run to run: every run writes its zeros, too.
resource "aws_cloudwatch_metric_alarm" "metrics" {
  for_each            = local.of_metrics
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = var.namespace
  metric_name         = each.value.metric
  dimensions          = local.dimensions
  statistic           = each.value.statistic
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "ignore"
  actions_enabled     = local.acts
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

# Of the place where it runs: the job did not begin, or was killed before it could say anything.
resource "aws_cloudwatch_metric_alarm" "failed_function" {
  count               = local.has_function ? 1 : 0
  alarm_name          = "${var.name}-failed-function"
  alarm_description   = "The function of keyward ended with an error or ran out of time; its log says why"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = var.function_name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "ignore"
  actions_enabled     = local.acts
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "failed_starts" {
  count               = local.has_dead_letter_queue ? 1 : 0
  alarm_name          = "${var.name}-failed-starts"
  alarm_description   = "A start of keyward came to nothing, or its function ended with an error; the queue holds it. Empty the queue when the cause is mended"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.dead_letter_queue }
  statistic           = "Maximum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  actions_enabled     = local.acts
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
