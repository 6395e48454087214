# Alarms on one metric. `runbook` is a section of docs/operations.md, which says what to do.
locals {
  on_queues = var.with_sqs ? {
    dead-letters = {
      says = "A message could not be handled; its job is not harmed", runbook = "dead-letters"
      of   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
      in   = { QueueName = var.queues.dead_letters }, above = 0, minutes = 1
    }
  } : {}

  on_redis = var.with_sqs ? {} : merge([
    for node in ["001", "002"] : {
      "redis-memory-${node}" = {
        says = "Redis is nearly full, and takes no more messages when it is", runbook = "sends-fail"
        of   = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum"
        in   = { CacheClusterId = "${var.redis_id}-${node}" }, above = 80, minutes = 5
      }
      "redis-cpu-${node}" = {
        says = "Redis has more to do than one core can", runbook = "sends-fail"
        of   = "AWS/ElastiCache", metric = "EngineCPUUtilization", statistic = "Average"
        in   = { CacheClusterId = "${var.redis_id}-${node}" }, above = 90, minutes = 10
      }
    }
  ]...)

  on_balancer = {
    unhealthy-hosts = {
      says = "An API task is not ready; a database that is down makes all of them so", runbook = "api-or-workers-gone"
      of   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Maximum"
      in   = { LoadBalancer = var.service.balancer, TargetGroup = var.service.target }, above = 0, minutes = 5
    }
  }

  on_database = {
    database-cpu = {
      says = "Postgres is at its limit", runbook = "database-down"
      of   = "AWS/RDS", metric = "CPUUtilization", statistic = "Average"
      in   = { DBInstanceIdentifier = var.database.id }, above = 80, minutes = 15
    }
    database-connections = {
      says = "Four of five connections to Postgres are taken", runbook = "database-down"
      of   = "AWS/RDS", metric = "DatabaseConnections", statistic = "Maximum"
      in   = { DBInstanceIdentifier = var.database.id }, above = floor(var.database.max_connections * 0.8), minutes = 5
    }
  }

  # What runs low rather than high.
  on_reserves = merge(
    {
      database-storage = {
        says = "Postgres's disk is nearly full: it grew as far as it may, or could not", runbook = "the-disk-fills"
        of   = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum"
        in   = { DBInstanceIdentifier = var.database.id }, below = floor(var.database.storage * 0.08 * pow(1024, 3)), minutes = 15
      }
      database-memory = {
        says = "Postgres has hardly any memory left", runbook = "database-down"
        of   = "AWS/RDS", metric = "FreeableMemory", statistic = "Minimum"
        in   = { DBInstanceIdentifier = var.database.id }, below = 100 * pow(1024, 2), minutes = 15
      }
    },
    startswith(var.database.class, "db.t") ? {
      database-credits = {
        says = "Postgres has used up its CPU credits, and each further one is paid for", runbook = "database-down"
        of   = "AWS/RDS", metric = "CPUCreditBalance", statistic = "Minimum"
        in   = { DBInstanceIdentifier = var.database.id }, below = 10, minutes = 30
      }
    } : {},
  )

  too_high = merge(local.on_queues, local.on_redis, local.on_balancer, local.on_database)
}

resource "aws_cloudwatch_metric_alarm" "too_high" {
  for_each            = local.too_high
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.says}. What to do: docs/operations.md#${each.value.runbook}"
  namespace           = each.value.of
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.in
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching" # a queue or a balancer that nobody uses tells nothing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "too_low" {
  for_each            = local.on_reserves
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.says}. What to do: docs/operations.md#${each.value.runbook}"
  namespace           = each.value.of
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.in
  period              = 300
  evaluation_periods  = each.value.minutes / 5
  comparison_operator = "LessThanThreshold"
  threshold           = each.value.below
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
