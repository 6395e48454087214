# Few messages that have waited for long are no backlog, and yet late: each minute of it brings another worker.
resource "aws_appautoscaling_policy" "worker_late" {
  count              = var.broker.is_sqs ? 1 : 0
  name               = "${var.name}-worker-late"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension
  resource_id        = aws_appautoscaling_target.worker.resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 60
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = var.scaling.late_after_seconds
      scaling_adjustment          = 1
    }
    step_adjustment {
      metric_interval_lower_bound = var.scaling.late_after_seconds
      scaling_adjustment          = 2
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "worker_late" {
  count               = var.broker.is_sqs ? 1 : 0
  alarm_name          = "${var.name}-worker-late"
  alarm_description   = "Wakes nobody: starts another worker"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.broker.queue.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.scaling.late_after_seconds
  treat_missing_data  = "notBreaching" # a queue that nobody uses tells nothing
  alarm_actions       = [aws_appautoscaling_policy.worker_late[0].arn]
}
