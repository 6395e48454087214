# Alarms that compare metrics with each other.
locals {
  insights = { for service in ["api", "worker"] : service => { ClusterName = var.service.cluster, ServiceName = var.service[service] } }

  reckoned = merge(
    {
      errors = {
        says    = "Too many requests are answered 5xx", runbook = "requests-fail"
        above   = var.thresholds.error_percent, minutes = 3
        formula = "IF(requests > 20, 100 * (FILL(refused, 0) + FILL(failed, 0)) / requests, 0)" # of 20 requests one says nothing
        metrics = {
          requests = { of = "AWS/ApplicationELB", metric = "RequestCount", statistic = "Sum", in = { LoadBalancer = var.service.balancer } }
          refused  = { of = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum", in = { LoadBalancer = var.service.balancer } }
          failed   = { of = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", in = { LoadBalancer = var.service.balancer } }
        }
      }
    },
    {
      for service, dimensions in local.insights : "${service}-gone" => {
        says    = "No ${service} task runs, though some should", runbook = "api-or-workers-gone"
        above   = 0, minutes = 3
        formula = "IF(FILL(wanted, 1) > 0 AND FILL(running, 0) < 1, 1, 0)" # at night none may be wanted
        metrics = {
          wanted  = { of = "ECS/ContainerInsights", metric = "DesiredTaskCount", statistic = "Maximum", in = dimensions }
          running = { of = "ECS/ContainerInsights", metric = "RunningTaskCount", statistic = "Maximum", in = dimensions }
        }
      }
    },
    var.with_sqs ? {
      jobs-wait = {
        says    = "A job's message has waited for too long", runbook = "jobs-wait-too-long"
        above   = var.thresholds.queue_age_seconds, minutes = 2
        formula = "IF(FILL(wanted, 1) > 0, FILL(age, 0), 0)" # at night they are meant to wait
        metrics = {
          age    = { of = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", in = { QueueName = var.queues.jobs } }
          wanted = { of = "ECS/ContainerInsights", metric = "DesiredTaskCount", statistic = "Maximum", in = local.insights.worker }
        }
      }
    } : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "reckoned" {
  for_each            = local.reckoned
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.says}. What to do: docs/operations.md#${each.value.runbook}"
  evaluation_periods  = each.value.minutes
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "reckoned"
    label       = each.value.says
    expression  = each.value.formula
    return_data = true
  }
  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = metric_query.value.of
        metric_name = metric_query.value.metric
        stat        = metric_query.value.statistic
        dimensions  = metric_query.value.in
        period      = 60
      }
    }
  }
}
